//! TCP that never blocks: a listening socket, and streams accepted or opened.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use crate::address::to_kernel;
use crate::limits::of_calls;

/// How long the other end may leave what was sent unacknowledged, or its window shut.
const UNHEARD_MAX: Duration = Duration::from_secs(32);
/// Silence after which the kernel asks whether the other end is still there.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);

/// Connections that may wait to be accepted; the kernel's `somaxconn` may be less.
const WAITING_MAX: libc::c_int = 4_096;

/// A listening socket.
#[derive(Debug)]
pub struct Listening(TcpListener);

impl Listening {
    /// Binds and listens.
    ///
    /// # Errors
    ///
    /// The port is taken, or the address is not ours.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        // The standard library lets 128 wait: a burst of strangers costs others a SYN, and 1 s.
        // SAFETY: the descriptor is that of a listening socket, which lives through the call.
        match unsafe { libc::listen(listener.as_raw_fd(), WAITING_MAX) } {
            0 => Ok(Self(listener)),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// The system says no.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// The next one that waits; `None`: nobody does.
    ///
    /// # Errors
    ///
    /// There are no descriptors left, and whoever waits goes on waiting; or only reserved ones, and
    /// the connection is closed.
    pub fn accept(&self) -> io::Result<Option<(Tcp, SocketAddr)>> {
        loop {
            match self.0.accept() {
                Ok((stream, from)) => return Ok(Some((Tcp::of(of_calls(stream)?)?, from))),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return Ok(None),
                    // It gave up while it waited: the next one may be there all the same.
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

/// One stream.
#[derive(Debug)]
pub struct Tcp(TcpStream);

impl Tcp {
    fn of(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        // A message is written at once, and waits for nothing that may follow.
        stream.set_nodelay(true)?;
        let tcp = Self(stream);
        let ms = libc::c_int::try_from(UNHEARD_MAX.as_millis()).unwrap_or(libc::c_int::MAX);
        let idle = libc::c_int::try_from(KEEPALIVE_AFTER.as_secs()).unwrap_or(libc::c_int::MAX);
        tcp.set(libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT, ms);
        tcp.set(libc::SOL_SOCKET, libc::SO_KEEPALIVE, 1);
        tcp.set(libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, idle);
        Ok(tcp)
    }

    /// Begins to open a stream. Once it can be written to, `opened` says what came of it.
    ///
    /// # Errors
    ///
    /// No route, no descriptor; or it was refused already.
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
        // SAFETY: a new descriptor that nobody else owns.
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

    /// What came of opening it, and who is at the other end.
    ///
    /// # Errors
    ///
    /// It was refused, or nobody is there.
    pub fn opened(&self) -> io::Result<SocketAddr> {
        match self.0.take_error()? {
            Some(error) => Err(error),
            None => self.0.peer_addr(),
        }
    }

    /// Reads what is there, at most `room` full. `Ok(None)`: nothing now.
    ///
    /// # Errors
    ///
    /// It is closed, by them or by the network.
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

    /// Writes what the kernel takes now, and says how much that was.
    ///
    /// # Errors
    ///
    /// It is closed.
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

    /// Says that nothing more will be sent; what they still send may be read.
    pub fn finish(&self) {
        let _gone_already = self.0.shutdown(std::net::Shutdown::Write);
    }

    fn set(&self, level: libc::c_int, option: libc::c_int, value: libc::c_int) {
        // SAFETY: `value` lives through the call, and its size is told.
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
