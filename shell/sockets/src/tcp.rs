//! Non-blocking TCP: a listening socket, and streams that were accepted or opened.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use crate::address::to_kernel;
use crate::limits::of_calls;

/// Maximum time for which the peer leaves data unacknowledged, or its window closed.
const UNHEARD_MAX: Duration = Duration::from_secs(32);
/// Time of silence after which the kernel probes the peer.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);

/// Maximum number of connections that wait to be accepted; the kernel's `somaxconn` may be lower.
const WAITING_MAX: libc::c_int = 4_096;

/// Listening socket.
#[derive(Debug)]
pub struct Listening(TcpListener);

impl Listening {
    /// Binds a socket and listens.
    ///
    /// # Errors
    ///
    /// The port is in use, or the address is not of this machine.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        // The standard library's backlog is 128: a burst of strangers would cost others a SYN, and
        // 1 s.
        // SAFETY: the descriptor is that of a listening socket, which lives through the call.
        match unsafe { libc::listen(listener.as_raw_fd(), WAITING_MAX) } {
            0 => Ok(Self(listener)),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Returns the local address.
    ///
    /// # Errors
    ///
    /// An error of the system.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Accepts the next waiting connection; returns `None` if none waits.
    ///
    /// # Errors
    ///
    /// No descriptors are left, and the connection stays in the queue; or only reserved ones are
    /// left, and the connection is closed.
    pub fn accept(&self) -> io::Result<Option<(Tcp, SocketAddr)>> {
        loop {
            match self.0.accept() {
                Ok((stream, from)) => return Ok(Some((Tcp::of(of_calls(stream)?)?, from))),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(None),
                    // The connection was aborted in the queue; another one may be waiting.
                    ErrorKind::ConnectionAborted | ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
    }
}

impl AsFd for Listening {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// TCP stream.
#[derive(Debug)]
pub struct Tcp(TcpStream);

impl Tcp {
    fn of(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        // A message is sent at once, without waiting for further data (no Nagle algorithm).
        stream.set_nodelay(true)?;
        let tcp = Self(stream);
        let ms = libc::c_int::try_from(UNHEARD_MAX.as_millis()).unwrap_or(libc::c_int::MAX);
        let idle = libc::c_int::try_from(KEEPALIVE_AFTER.as_secs()).unwrap_or(libc::c_int::MAX);
        tcp.set(libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, ms);
        tcp.set(libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1);
        tcp.set(libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, idle);
        Ok(tcp)
    }

    /// Begins to open a stream. Once the stream is writable, `opened` returns the result.
    ///
    /// # Errors
    ///
    /// No route, no descriptor, or a connection that is refused at once.
    pub fn open(to: SocketAddr) -> io::Result<Self> {
        let family = if to.is_ipv4() {
            libc::AF_INET
        } else {
            libc::AF_INET6
        };
        let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
        // SAFETY: no pointers; the result is checked below.
        let fd = unsafe { libc::socket(family, kind, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a new descriptor without another owner.
        let stream = TcpStream::from(unsafe { OwnedFd::from_raw_fd(fd) });
        let (name, bytes) = to_kernel(to);
        // SAFETY: `name` lives through the call and has at least `bytes` bytes.
        let failed = unsafe { libc::connect(fd, std::ptr::from_ref(&name).cast(), bytes) };
        if failed != 0 {
            let error = io::Error::last_os_error();
            if error.raw_os_error() != Some(libc::EINPROGRESS) {
                return Err(error);
            }
        }
        Self::of(stream)
    }

    /// Returns the peer of a stream that was opened.
    ///
    /// # Errors
    ///
    /// The connection was refused, or the peer is unreachable.
    pub fn opened(&self) -> io::Result<SocketAddr> {
        match self.0.take_error()? {
            Some(error) => Err(error),
            None => self.0.peer_addr(),
        }
    }

    /// Reads available bytes into `room`; returns `None` if there are none.
    ///
    /// # Errors
    ///
    /// The stream was closed by the peer or by the network.
    pub fn read<'a>(&self, room: &'a mut [u8]) -> io::Result<Option<&'a [u8]>> {
        loop {
            match (&self.0).read(room) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => return Ok(room.get(..count)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes as many bytes as the kernel accepts now; returns their number.
    ///
    /// # Errors
    ///
    /// The stream is closed.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut sent = 0;
        while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
            match (&self.0).write(rest) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(sent)
    }

    /// Ends the direction to the peer; bytes of the peer can still be read.
    pub fn finish(&self) {
        let _gone_already = self.0.shutdown(std::net::Shutdown::Write);
    }

    fn set(&self, level: libc::c_int, option: libc::c_int, value: libc::c_int) {
        // SAFETY: `value` lives through the call, and its size is passed.
        let _kernel_says_no = unsafe {
            libc::setsockopt(
                self.0.as_raw_fd(),
                level,
                option,
                (&raw const value).cast(),
                4,
            )
        };
    }
}

impl AsFd for Tcp {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
