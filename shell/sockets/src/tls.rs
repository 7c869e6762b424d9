//! Non-blocking TLS over TCP, and a stream that is either plain or encrypted.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};

use crate::Tcp;

/// Stream, plain or in TLS.
#[derive(Debug)]
pub struct Carrier {
    tcp: Tcp,
    tls: Option<Box<Tls>>,
}

#[derive(Debug)]
struct Tls {
    connection: Connection,
    /// Number of decrypted bytes that were not read yet.
    readable: usize,
}

/// Socket with the traits that `rustls` requires.
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
    /// Creates the server's end of an accepted stream, which begins with a handshake.
    ///
    /// # Errors
    ///
    /// The configuration is unusable.
    pub fn accepted(tcp: Tcp, config: Arc<ServerConfig>) -> io::Result<Self> {
        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
        Ok(Self::within(tcp, connection.into()))
    }

    /// Creates the client's end of a stream to a server with a certificate for this name or
    /// address.
    ///
    /// # Errors
    ///
    /// The name is invalid, or the configuration unusable.
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

    /// Returns the peer of a stream that was opened. The TLS handshake follows.
    ///
    /// # Errors
    ///
    /// The connection was refused, or the peer is unreachable.
    pub fn opened(&self) -> io::Result<SocketAddr> {
        self.tcp.opened()
    }

    /// Continues the handshake; returns true once the handshake is complete, or if there is none.
    ///
    /// # Errors
    ///
    /// The peer has no valid certificate, or the stream was closed.
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

    /// Returns whether bytes wait that the kernel has not accepted yet.
    #[must_use]
    pub fn wants_write(&self) -> bool {
        let tls = self.tls.as_ref();
        tls.is_some_and(|tls| tls.connection.wants_write())
    }

    /// Returns whether bytes can be read at once, even if no more arrive.
    #[must_use]
    pub fn holds_more(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.readable > 0)
    }

    /// Reads available bytes into `room`; returns `None` if there are none.
    ///
    /// # Errors
    ///
    /// The stream was closed by the peer or by the network, or the bytes are not TLS.
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

    /// Accepts as many bytes as there is room for, and sends as many as the kernel accepts. Returns
    /// the number of accepted bytes.
    ///
    /// # Errors
    ///
    /// The stream is closed.
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

    /// Ends the direction to the peer; bytes of the peer can still be read.
    pub fn finish(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.connection.send_close_notify();
            let _gone_already = tls.flush(&self.tcp);
        }
        self.tcp.finish();
    }
}

impl Tls {
    /// Processes received bytes; returns false if there are none.
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
                // The peer gets an alert with the reason.
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
