//! Proxy between the client and the API that records each request and response byte by byte. The
//! proxy does not change any data.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Maximum number of recorded bytes; more than any exchange of the demo.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// Recording proxy.
pub(crate) struct Tap {
    pub(crate) address: SocketAddr,
    passed: Arc<Mutex<Passed>>,
}

/// Bytes since the last `clear`.
#[derive(Default)]
struct Passed {
    sent: Vec<u8>,
    received: Vec<u8>,
}

/// Request and its response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) form: Vec<(String, String)>,
    pub(crate) status: u16,
    pub(crate) json: Value,
}

impl Tap {
    /// Starts a listener on a free port that forwards all bytes.
    pub(crate) async fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let passed = Arc::new(Mutex::new(Passed::default()));
        let kept = Arc::clone(&passed);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server, Arc::clone(&kept)));
            }
        });
        Ok(Self { address, passed })
    }

    /// Discards the recorded bytes.
    pub(crate) fn clear(&self) {
        *look(&self.passed) = Passed::default();
    }

    /// Returns the recorded bytes as an exchange, if they are a single request and its response.
    pub(crate) fn exchange(&self) -> Option<Exchange> {
        let passed = look(&self.passed);
        Exchange::read(&passed.sent, &passed.received)
    }
}

fn look(passed: &Mutex<Passed>) -> MutexGuard<'_, Passed> {
    passed.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn pass(client: TcpStream, server: SocketAddr, passed: Arc<Mutex<Passed>>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let small_packets = client.set_nodelay(true).and(server.set_nodelay(true));
    debug_assert!(small_packets.is_ok(), "it is a TCP socket");
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let sent = |bytes: &[u8]| keep(&mut look(&passed).sent, bytes);
    let received = |bytes: &[u8]| keep(&mut look(&passed).received, bytes);
    tokio::join!(
        copy(from_client, to_server, sent),
        copy(from_server, to_client, received)
    );
}

fn keep(kept: &mut Vec<u8>, bytes: &[u8]) {
    if kept.len() + bytes.len() <= KEPT_BYTES_MAX {
        kept.extend_from_slice(bytes);
    }
}

/// Copies bytes until either side closes.
async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, note: impl Fn(&[u8])) {
    let mut buffer = vec![0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        // Recorded before the bytes are forwarded: the client may read the record immediately.
        note(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    let _closed_already = to.shutdown().await;
}

impl Exchange {
    fn read(sent: &[u8], received: &[u8]) -> Option<Self> {
        let (head, form) = parts(sent)?;
        let mut words = head.split_ascii_whitespace();
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let form = url::form_urlencoded::parse(form).into_owned().collect();
        let (head, body) = parts(received)?;
        let status = head.split_ascii_whitespace().nth(1)?.parse().ok()?;
        let json = serde_json::from_slice(body).ok()?;
        Some(Self {
            method,
            path,
            form,
            status,
            json,
        })
    }
}

fn parts(message: &[u8]) -> Option<(&str, &[u8])> {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&message[..end]).ok()?;
    Some((head, &message[end + 4..]))
}
