//! Receiver of webhooks that resets connections, responds with too large a body, or does not
//! respond. Counts the requests.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;

use crate::server::pause;

/// Behavior of the receiver.
#[derive(Clone, Copy, Debug)]
pub enum Manners {
    /// Closes with unread octets in the receive buffer, so that the kernel sends a reset.
    Resets,
    /// Responds with 200 and a number of megabytes, as fast as the connection accepts them.
    Megabytes(usize),
    /// Reads the request and does not respond.
    Hangs,
}

/// Receiver that listens until the process ends.
pub struct Rude {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Rude {
    /// Listens on a free port of 127.0.0.1.
    pub fn start(manners: Manners) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::Builder::new().spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || {
                    // An error means that the client has disconnected.
                    let _gone = answer(stream, manners);
                });
            }
        })?;
        Ok(Self { address, asked })
    }

    /// Returns the URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns the number of requests.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn answer(mut stream: TcpStream, manners: Manners) -> std::io::Result<()> {
    match manners {
        Manners::Resets => {
            // Reads one octet; the remaining octets have arrived by then.
            let _one = stream.read(&mut [0])?;
            Ok(())
        }
        Manners::Hangs => {
            let _request = stream.read(&mut [0; 16_384])?;
            pause(std::time::Duration::from_secs(120));
            Ok(())
        }
        Manners::Megabytes(megabytes) => {
            let _request = stream.read(&mut [0; 16_384])?;
            let length = megabytes << 20;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
            )?;
            let chunk = vec![b'x'; 1 << 20];
            for _ in 0..megabytes {
                stream.write_all(&chunk)?;
            }
            Ok(())
        }
    }
}
