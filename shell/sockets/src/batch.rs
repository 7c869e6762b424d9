//! Reading of all waiting datagrams of a socket with one system call.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};

use confab_terms::Instant;

use crate::address::{NAME_BYTES, from_kernel};
use crate::clock::{from_timespec, nanoseconds};
use crate::{Udp, now};

/// Size of the buffer for ancillary data; a `struct timespec` and its header take 32 bytes on 64
/// bits.
const CONTROL_BYTES: usize = 64;

/// Datagram of a batch.
#[derive(Debug)]
pub struct Datagram<'a> {
    /// Source address.
    pub from: SocketAddr,
    /// Whole payload; a datagram that did not fit is left out of the batch.
    pub bytes: &'a [u8],
    /// Time of arrival if the socket notes arrivals, otherwise the time of reading; zero in a batch
    /// without arrivals.
    pub arrived: Instant,
}

/// Buffers for the waiting datagrams of a socket; reusable for other sockets.
#[derive(Debug)]
pub struct Batch {
    // `headers` points into these boxes, which never move or change their size.
    bytes: Box<[u8]>,
    names: Box<[libc::sockaddr_storage]>,
    _iovecs: Box<[libc::iovec]>,
    controls: Box<[[u64; CONTROL_BYTES / 8]]>,
    headers: Box<[libc::mmsghdr]>,
    each: usize,
    filled: usize,
    read_at: (Instant, u64),
    noted: bool,
    refusals: u64,
}

// SAFETY: the raw pointers in `headers` point into boxes that the batch itself owns.
unsafe impl Send for Batch {}

impl Batch {
    /// Creates buffers for up to `packets` datagrams of up to `each` bytes.
    #[must_use]
    pub fn new(packets: usize, each: usize) -> Self {
        let mut bytes = vec![0u8; packets * each].into_boxed_slice();
        let mut names = vec![crate::address::empty().0; packets].into_boxed_slice();
        let mut controls = vec![[0u64; CONTROL_BYTES / 8]; packets].into_boxed_slice();
        let mut iovecs: Box<[_]> = bytes
            .chunks_exact_mut(each.max(1))
            .map(|chunk| libc::iovec {
                iov_base: chunk.as_mut_ptr().cast(),
                iov_len: chunk.len(),
            })
            .collect();
        let headers = iovecs
            .iter_mut()
            .zip(names.iter_mut())
            .zip(controls.iter_mut())
            .map(|((iovec, name), control)| {
                // SAFETY: an mmsghdr of zeros is valid.
                let mut header: libc::mmsghdr = unsafe { mem::zeroed() };
                header.msg_hdr.msg_name = std::ptr::from_mut(name).cast();
                header.msg_hdr.msg_namelen = NAME_BYTES;
                header.msg_hdr.msg_iov = std::ptr::from_mut(iovec);
                header.msg_hdr.msg_iovlen = 1;
                header.msg_hdr.msg_control = control.as_mut_ptr().cast();
                header
            })
            .collect();
        Self {
            bytes,
            names,
            _iovecs: iovecs,
            controls,
            headers,
            each,
            filled: 0,
            read_at: (Instant(0), 0),
            noted: false,
            refusals: 0,
        }
    }

    /// Creates buffers like `new`, for sockets that note arrivals.
    #[must_use]
    pub fn with_arrivals(packets: usize, each: usize) -> Self {
        let mut batch = Self::new(packets, each);
        batch.noted = true;
        batch
    }

    /// Reads the waiting datagrams, at most one batch, and returns their number. After a full
    /// batch, more may be waiting. A waiting ICMP error is skipped and counted.
    pub fn receive(&mut self, socket: &Udp) -> usize {
        for header in &mut self.headers[..self.filled] {
            header.msg_hdr.msg_namelen = NAME_BYTES;
        }
        if self.noted {
            for header in &mut self.headers {
                header.msg_hdr.msg_controllen = CONTROL_BYTES;
            }
        }
        self.filled = 0;
        let room = libc::c_uint::try_from(self.headers.len()).unwrap_or(0);
        // An error of an earlier send is reported once, in place of the waiting datagrams.
        for _ in 0..2 {
            // SAFETY: each header points to a name, an iovec and a control that the batch owns.
            let got = unsafe {
                libc::recvmmsg(
                    socket.as_fd().as_raw_fd(),
                    self.headers.as_mut_ptr(),
                    room,
                    libc::MSG_DONTWAIT,
                    std::ptr::null_mut(),
                )
            };
            if let Ok(got) = usize::try_from(got) {
                self.filled = got;
                break;
            }
            if io::Error::last_os_error().kind() == io::ErrorKind::WouldBlock {
                break;
            }
            self.refusals += 1;
        }
        if self.noted && self.filled > 0 {
            self.read_at = (now(), nanoseconds(libc::CLOCK_REALTIME));
        }
        self.filled
    }

    /// Returns the datagrams of the last `receive`, in the order of arrival.
    pub fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        (0..self.filled).filter_map(|i| {
            let header = &self.headers[i];
            let length = usize::try_from(header.msg_len).unwrap_or(usize::MAX);
            let cut = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
            if cut || length > self.each {
                return None;
            }
            Some(Datagram {
                from: from_kernel(&self.names[i])?,
                bytes: &self.bytes[i * self.each..][..length],
                arrived: self.arrived(i),
            })
        })
    }

    /// Returns whether the last `receive` filled the batch.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.filled == self.headers.len()
    }

    /// Returns the number of ICMP errors so far.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.refusals
    }

    fn arrived(&self, i: usize) -> Instant {
        let (read_at, real) = self.read_at;
        self.noted_arrival(i).map_or(read_at, |arrived| {
            // The kernel's timestamp is of CLOCK_REALTIME: only the age of the datagram is carried
            // over.
            Instant(read_at.0.saturating_sub(real.saturating_sub(arrived)))
        })
    }

    fn noted_arrival(&self, i: usize) -> Option<u64> {
        let header = &self.headers[i].msg_hdr;
        let bytes = mem::size_of::<libc::cmsghdr>() + mem::size_of::<libc::timespec>();
        if !self.noted || header.msg_controllen < bytes {
            return None;
        }
        let control = &self.controls[i];
        // SAFETY: `controls` is aligned to 8 and larger than a cmsghdr with a timespec, and the
        // kernel has written at least this number of bytes.
        unsafe {
            let head = &*control.as_ptr().cast::<libc::cmsghdr>();
            if head.cmsg_level != libc::SOL_SOCKET || head.cmsg_type != libc::SCM_TIMESTAMPNS {
                return None;
            }
            let at = &*libc::CMSG_DATA(head).cast::<libc::timespec>();
            Some(from_timespec(at))
        }
    }
}
