//! TLS on a stream that never blocks; and a stream that may be either, for who does not care.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};

use crate::Tcp;

/// A stream, plain or within TLS.
#[derive(Debug)]
pub struct Carrier {
    tcp: Tcp,
    tls: Option<Box<Tls>>,
}

#[derive(Debug)]
struct Tls {
    connection: Connection,
    /// Decrypted and not read yet.
    readable: usize,
}

/// The socket as `rustls` wants it.
struct Raw<'a>(&'a Tcp);

impl Read for Raw<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self.0.read(room)? {
            Some(bytes) => Ok(bytes.len()),
            None => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Raw<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            sent => Ok(sent),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<Tcp> for Carrier {
    fn from(tcp: Tcp) -> Self {
        Self { tcp, tls: None }
    }
}

impl Carrier {
    /// One of theirs, that begins with a handshake.
    ///
    /// # Errors
    ///
    /// The configuration cannot be served.
    pub fn accepted(tcp: Tcp, config: Arc<ServerConfig>) -> io::Result<Self> {
        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
        Ok(Self::within(tcp, connection.into()))
    }

    /// One of ours, to whoever has a certificate of this name or address.
    ///
    /// # Errors
    ///
    /// That is no name.
    pub fn to_name(tcp: Tcp, config: Arc<ClientConfig>, name: &str) -> io::Result<Self> {
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
        Ok(Self::within(tcp, connection.into()))
    }

    fn within(tcp: Tcp, connection: Connection) -> Self {
        let readable = 0;
        let tls = Tls {
            connection,
            readable,
        };
        Self {
            tcp,
            tls: Some(Box::new(tls)),
        }
    }

    /// What came of opening it, and who is at the other end. The handshake comes after that.
    ///
    /// # Errors
    ///
    /// It was refused, or nobody is there.
    pub fn opened(&self) -> io::Result<SocketAddr> {
        self.tcp.opened()
    }

    /// Goes on with the handshake; true once it is done, and at once if there is none.
    ///
    /// # Errors
    ///
    /// They are not who they should be, or it was cut off.
    pub fn shake_hands(&mut self) -> io::Result<bool> {
        let Some(tls) = &mut self.tls else {
            return Ok(true);
        };
        while tls.connection.is_handshaking() {
            tls.flush(&self.tcp)?;
            if !tls.take(&self.tcp)? {
                return Ok(false);
            }
        }
        tls.flush(&self.tcp)?;
        Ok(true)
    }

    /// Whether something waits that the kernel has not taken yet.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        let tls = self.tls.as_ref();
        tls.is_some_and(|tls| tls.connection.wants_write())
    }

    /// Whether more can be read at once, though nothing more may come.
    #[must_use]
    pub fn holds_more(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.readable > 0)
    }

    /// Reads what is there, at most `room` full. `Ok(None)`: nothing now.
    ///
    /// # Errors
    ///
    /// It is closed, by them or by the network, or what came is no TLS.
    pub fn read<'a>(&mut self, room: &'a mut [u8]) -> io::Result<Option<&'a [u8]>> {
        let Some(tls) = &mut self.tls else {
            return self.tcp.read(room);
        };
        while tls.readable == 0 {
            let came = tls.take(&self.tcp)?;
            tls.flush(&self.tcp)?;
            if !came {
                return Ok(None);
            }
        }
        let count = tls.connection.reader().read(room)?;
        tls.readable = tls.readable.saturating_sub(count);
        Ok(room.get(..count))
    }

    /// Takes what there is room for, and says how much that was; sends it as far as the kernel
    /// takes it.
    ///
    /// # Errors
    ///
    /// It is closed.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return self.tcp.write(bytes);
        };
        let mut taken = 0;
        loop {
            let rest = bytes.get(taken..).unwrap_or_default();
            let more = tls.connection.writer().write(rest)?;
            taken += more;
            tls.flush(&self.tcp)?;
            if more == 0 {
                return Ok(taken);
            }
        }
    }

    /// Says that nothing more will be sent; what they still send may be read.
    pub fn finish(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.connection.send_close_notify();
            let _gone_already = tls.flush(&self.tcp);
        }
        self.tcp.finish();
    }
}

impl Tls {
    /// Takes what has come; false: nothing has.
    fn take(&mut self, tcp: &Tcp) -> io::Result<bool> {
        match self.connection.read_tls(&mut Raw(tcp)) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
        match self.connection.process_new_packets() {
            Ok(state) => {
                self.readable = state.plaintext_bytes_to_read();
                let is_over = state.peer_has_closed() && self.readable == 0;
                if is_over {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                Ok(true)
            }
            Err(error) => {
                // They are told what was wrong.
                let _gone_already = self.flush(tcp);
                Err(io::Error::new(ErrorKind::InvalidData, error))
            }
        }
    }

    fn flush(&mut self, tcp: &Tcp) -> io::Result<()> {
        while self.connection.wants_write() {
            match self.connection.write_tls(&mut Raw(tcp)) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl AsFd for Carrier {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.tcp.as_fd()
    }
}
