//! Connections that flood, frame by frame: HTTP/2 streams opened and reset, headers and pings
//! without an end. Clients that send nothing, or never read a response. The server ends each
//! connection.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use common::running::{Dir, Running, client, run};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Timeout of a test: longer than the server's limit for a silent client (10 s), as buffers have to
/// fill first.
const GIVEN_UP: Duration = Duration::from_secs(60);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const ENHANCE_YOUR_CALM: u32 = 11;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// GET https://localhost/healthz in HPACK.
const GET: &[u8] = b"\x82\x87\x44\x08/healthz\x41\x09localhost";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Connects a client whose receive buffer fills soon with unread responses.
async fn with_little_room(to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(to).await.unwrap()
}

async fn connect(dir: &Dir, running: &Running) -> TlsStream<TcpStream> {
    let mut config = client(&dir.0, &[&rustls::version::TLS13]);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let tcp = with_little_room(running.tls).await;
    let name = ServerName::try_from("localhost").unwrap();
    connector.connect(name, tcp).await.unwrap()
}

/// Time without a GOAWAY after which the next burst of a flood is sent.
const BURST_PAUSE: Duration = Duration::from_millis(100);

/// Sends burst after burst until the server sends GOAWAY; returns the error of that frame and the
/// number of bursts. Each burst is read before the next one: a server that closes a connection
/// with unread bytes resets it, and its GOAWAY may be lost.
async fn flood(mut stream: TlsStream<TcpStream>, burst: impl Fn(u32) -> Vec<u8>) -> (u32, u32) {
    stream.write_all(PREFACE).await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, b"")).await.unwrap();
    let mut answer = Vec::new();
    for n in 0..200 {
        let _ended = stream.write_all(&burst(n)).await;
        loop {
            let read = tokio::time::timeout(BURST_PAUSE, stream.read_buf(&mut answer)).await;
            if let Some(error) = goaway(&answer) {
                return (error, n + 1);
            }
            match read {
                Err(_elapsed) => break,
                Ok(read) => assert!(read.unwrap() > 0, "the end without GOAWAY"),
            }
        }
    }
    panic!("it goes on")
}

/// Returns the error code of the first GOAWAY among these frames.
fn goaway(frames: &[u8]) -> Option<u32> {
    let mut rest = frames;
    while let [a, b, c, kind, _, _, _, _, _, after @ ..] = rest {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        if *kind == GOAWAY && after.len() >= 8 {
            let error: [u8; 4] = after[4..8].try_into().unwrap();
            return Some(u32::from_be_bytes(error));
        }
        rest = after.get(length..)?;
    }
    None
}

async fn is_served(running: &Running) {
    let mut stream = TcpStream::connect(running.plain).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_without_an_end_are_ended() {
    let dir = Dir::new("rapid");
    let running = run(&dir.0).await;
    let (error, bursts) = flood(connect(&dir, &running).await, |n| {
        let both = |stream: u32| {
            let mut both = frame(HEADERS, END_STREAM | END_HEADERS, stream, GET);
            both.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
            both
        };
        (200 * n..200 * (n + 1))
            .flat_map(|n| both(2 * n + 1))
            .collect()
    })
    .await;
    assert_eq!((error, bursts), (ENHANCE_YOUR_CALM, 1));
    is_served(&running).await;
}

#[tokio::test]
async fn headers_without_an_end_are_ended() {
    let dir = Dir::new("continued");
    let running = run(&dir.0).await;
    let (error, bursts) = flood(connect(&dir, &running).await, |n| {
        // A literal header of slightly less than 16 kB, never indexed.
        let name = [&b"\x10\x01x\x7f\xd1\x7d"[..], &[b'y'; 16_208]].concat();
        match n {
            0 => frame(HEADERS, END_STREAM, 1, GET),
            _ => frame(CONTINUATION, 0, 1, &name),
        }
    })
    .await;
    assert_eq!(error, ENHANCE_YOUR_CALM);
    assert!(bursts < 20, "{bursts} headers of 16 kB were read");
    is_served(&running).await;
}

/// Writes without reading, so that the server's responses fill the buffers, until the server
/// closes.
async fn write_until_ended(mut stream: impl AsyncWriteExt + Unpin, bytes: &[u8], what: &str) {
    let writing = async {
        for _ in 0..10_000_000 {
            if stream.write_all(bytes).await.is_err() {
                return;
            }
        }
    };
    let ended = tokio::time::timeout(GIVEN_UP, writing).await;
    assert!(ended.is_ok(), "{what} goes on");
}

#[tokio::test]
async fn whoever_never_begins_or_never_takes_an_answer_is_ended() {
    let dir = Dir::new("silent");
    let running = run(&dir.0).await;
    let mut silent = connect(&dir, &running).await;
    let never_begins = async {
        let mut nothing = Vec::new();
        let reading = silent.read_to_end(&mut nothing);
        let ended = tokio::time::timeout(GIVEN_UP, reading).await;
        assert!(ended.is_ok(), "a silent client of HTTP/2 keeps its seat");
    };
    let mut pinging = connect(&dir, &running).await;
    pinging.write_all(PREFACE).await.unwrap();
    let settings = frame(SETTINGS, 0, 0, b"");
    pinging.write_all(&settings).await.unwrap();
    let pings = frame(PING, 0, 0, &[7; 8]).repeat(500);
    let plain = with_little_room(running.plain).await;
    let requests = b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(500);
    tokio::join!(
        never_begins,
        write_until_ended(pinging, &pings, "a flood of pings"),
        write_until_ended(plain, &requests, "a flood of requests"),
    );
    is_served(&running).await;
}
