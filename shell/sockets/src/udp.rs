//! Non-blocking UDP socket.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use crate::address::{from_within_v6, within_v6};

/// Maximum number of reads for one datagram: long datagrams and errors are skipped.
const READS_MAX: usize = 4;

/// Number of values of `SO_MEMINFO` (`linux/sock_diag.h`).
const MEMORY_VALUES: usize = 9;
/// Index of `SK_MEMINFO_DROPS`.
const MEMORY_DROPS: usize = 8;

/// Non-blocking UDP socket with an exclusive address: without `SO_REUSEADDR`, binding a port in use
/// is an error.
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
    /// True if bound to an IPv6 address: IPv4 is then reached by mapped addresses, if at all.
    v6: bool,
}

impl Udp {
    /// Binds a socket.
    ///
    /// # Errors
    ///
    /// The port is in use, or the address is not of this machine.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        let v6 = address.is_ipv6();
        Ok(Self { socket, v6 })
    }

    /// Returns the local address.
    ///
    /// # Errors
    ///
    /// None in practice.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Sends to `to`; returns whether the kernel accepted the datagram.
    pub fn send_to(&self, bytes: &[u8], to: SocketAddr) -> bool {
        let to = self.reached_as(to);
        twice(|| self.socket.send_to(bytes, to))
    }

    /// Sends to the connected peer; returns whether the kernel accepted the datagram.
    pub fn send(&self, bytes: &[u8]) -> bool {
        twice(|| {
            // The bare system call: the function of libc is a cancellation point, each of which
            // costs two atomic exchanges.
            // SAFETY: `bytes` lives through the call, and its length is passed.
            let sent = unsafe {
                libc::syscall(
                    libc::SYS_sendto,
                    self.socket.as_raw_fd(),
                    bytes.as_ptr(),
                    bytes.len(),
                    0,
                    0,
                    0,
                )
            };
            length_of(sent)
        })
    }

    /// Reads a datagram, and returns its length and source; `None` if none waits. A datagram that
    /// does not fit is dropped. An ICMP error of an earlier packet is skipped.
    pub fn receive_from(&self, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        self.read(buffer, |buffer| self.socket.recv_from(buffer), |got| got.0)
            .map(|(length, from)| (length, from_within_v6(from)))
    }

    /// Reads a datagram of the connected peer; cheaper, as the kernel does not return a source.
    pub fn receive(&self, buffer: &mut [u8]) -> Option<usize> {
        let bare = |buffer: &mut [u8]| {
            // SAFETY: `buffer` lives through the call, and its length is passed.
            let got = unsafe {
                libc::syscall(
                    libc::SYS_recvfrom,
                    self.socket.as_raw_fd(),
                    buffer.as_mut_ptr(),
                    buffer.len(),
                    0,
                    0,
                    0,
                )
            };
            length_of(got)
        };
        self.read(buffer, bare, |&length| length)
    }

    fn read<T>(
        &self,
        buffer: &mut [u8],
        receive: impl Fn(&mut [u8]) -> io::Result<T>,
        length: impl Fn(&T) -> usize,
    ) -> Option<T> {
        // An error and a datagram that is too long may precede a good one.
        for _ in 0..READS_MAX {
            match receive(buffer) {
                Ok(got) if length(&got) < buffer.len() => return Some(got),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                Err(_) => {}
            }
        }
        None
    }

    /// Connects the socket: from now on only datagrams of `peer` arrive, and `send` sends to
    /// `peer`.
    ///
    /// # Errors
    ///
    /// No route.
    pub fn connect(&self, peer: SocketAddr) -> io::Result<()> {
        self.socket.connect(self.reached_as(peer))
    }

    /// Undoes `connect`; the port is kept if it was bound by number.
    ///
    /// # Errors
    ///
    /// None in practice.
    pub fn disconnect(&self) -> io::Result<()> {
        let (mut nobody, bytes) = crate::address::empty();
        nobody.ss_family = libc::sa_family_t::try_from(libc::AF_UNSPEC).unwrap_or(0);
        // SAFETY: `nobody` lives through the call and has `bytes` bytes.
        let failed = unsafe {
            libc::connect(
                self.socket.as_raw_fd(),
                std::ptr::from_ref(&nobody).cast(),
                bytes,
            )
        };
        if failed == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    /// Requests a receive buffer of this size in bytes; the kernel may grant less.
    pub fn set_receive_buffer(&self, bytes: usize) {
        self.set(libc::SO_RCVBUF, bytes);
    }

    /// Enables timestamps of arrival by the kernel, which a `Batch` reports.
    pub fn note_arrivals(&self) {
        self.set(libc::SO_TIMESTAMPNS, 1);
    }

    /// Returns the number of datagrams that the kernel dropped because the receive buffer was full.
    /// The count wraps around.
    #[must_use]
    pub fn drops(&self) -> u32 {
        let mut memory = [0_u32; MEMORY_VALUES];
        let mut length = libc::socklen_t::try_from(size_of_val(&memory)).unwrap_or(0);
        // SAFETY: `memory` and `length` live through the call, and `length` is the size of
        // `memory`.
        let failed = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_MEMINFO,
                (&raw mut memory).cast(),
                &raw mut length,
            )
        };
        if failed == 0 { memory[MEMORY_DROPS] } else { 0 }
    }

    fn reached_as(&self, to: SocketAddr) -> SocketAddr {
        if self.v6 { within_v6(to) } else { to }
    }

    fn set(&self, option: libc::c_int, value: usize) {
        let value = libc::c_int::try_from(value).unwrap_or(libc::c_int::MAX);
        // SAFETY: `value` lives through the call, and its size is passed.
        let _kernel_says_no = unsafe {
            libc::setsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_SOCKET,
                option,
                (&raw const value).cast(),
                4,
            )
        };
    }
}

fn length_of(told: libc::c_long) -> io::Result<usize> {
    usize::try_from(told).map_err(|_| io::Error::last_os_error())
}

/// Repeats a send after an error: the kernel reports an earlier ICMP error instead of sending.
fn twice(send: impl Fn() -> io::Result<usize>) -> bool {
    send().or_else(|_| send()).is_ok()
}

impl AsFd for Udp {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
