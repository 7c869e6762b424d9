//! A receiver of webhooks with bad manners: it reads what comes, and then resets the connection,
//! or answers more than anybody wants to read. It keeps no request but counts them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;

use crate::server::pause;

/// What it does to whoever asks.
#[derive(Clone, Copy, Debug)]
pub enum Manners {
    /// Closes with unread bytes in its buffer, which the kernel turns into a reset.
    Resets,
    /// Answers 200 and so many megabytes, as fast as they are taken.
    Megabytes(usize),
    /// Takes the request and never answers.
    Hangs,
}

/// It listens until the process ends.
pub struct Rude {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Rude {
    /// On a free port of 127.0.0.1.
    pub fn start(manners: Manners) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        std::thread::Builder::new().spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || {
                    // Whoever it is has gone: so much the better.
                    let _gone = answer(stream, manners);
                });
            }
        })?;
        Ok(Self { address, asked })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

fn answer(mut stream: TcpStream, manners: Manners) -> std::io::Result<()> {
    match manners {
        Manners::Resets => {
            // One byte is read; the others are there by then.
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
