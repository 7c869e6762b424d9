//! Invalid HTTP to a running server: each request receives an error in JSON or is cut off. A valid
//! client is served meanwhile, and no frame is missing in a call.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use confab_phone::heard::{continuity, frames};
use confab_phone::{Phone, PhoneConfig, Phones, Voice};
use serde_json::Value;
use tokio::net::TcpSocket;

use crate::process::{Folder, Server, base64, command};

const PATIENCE: Duration = Duration::from_secs(5);
/// Timeout: slightly more than the limit of a head or a body (10 s).
const GIVEN_UP: Duration = Duration::from_secs(15);

/// Sends bytes; returns everything received until the server closes.
fn sent(to: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(GIVEN_UP)).unwrap();
    // The server may have responded and closed before the end.
    let _early = stream.write_all(bytes);
    let mut answer = Vec::new();
    // Unread bytes at the time of closing turn the end into a reset.
    let _reset = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Returns status and JSON of a single response; both must agree.
fn answer(text: &str) -> (u16, Value) {
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("{text:?}"));
    let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
    let json: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("not JSON: {text}"));
    let kind = "content-type: application/json";
    assert!(head.to_ascii_lowercase().contains(kind), "{head}");
    if status >= 400 {
        assert_eq!(json["status"], status, "{json}");
        assert!(
            json["code"].is_u64() && json["message"].is_string(),
            "{json}"
        );
    }
    (status, json)
}

/// Returns the head of a request with valid credentials, and with further headers.
fn head(server: &Server, method: &str, path: &str, more: &str) -> String {
    let secret = base64(format!("{}:secret", server.account).as_bytes());
    let account = &server.account;
    format!(
        "{method} /api/laml/2010-04-01/Accounts/{account}/{path} HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Basic {secret}\r\n{more}\r\n"
    )
}

fn update(server: &Server, content_type: &str, body: &[u8]) -> (u16, Value) {
    let length = body.len();
    let more = format!(
        "Connection: close\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n"
    );
    let path = format!("Conferences/{0}/Participants/{0}", server.account);
    let mut request = head(server, "POST", &path, &more).into_bytes();
    request.extend_from_slice(body);
    answer(&sent(server.http, &request))
}

#[test]
fn heads_that_cannot_be_read_are_refused_in_json() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let refused = |request: &str| answer(&sent(server.http, request.as_bytes())).0;
    let long = "x".repeat(40_000);
    assert_eq!(
        refused(&format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n")),
        431
    );
    assert_eq!(
        refused(&format!(
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n"
        )),
        431
    );
    let many = "X: y\r\n".repeat(4_000);
    assert_eq!(
        refused(&format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n")),
        431
    );
    for broken in [
        "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: one\r\n two\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
        "GET / HTTP/1.1\r\nX : a\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        "G\u{e4}T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\nabcd",
        "POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03 a TLS hello, as it were\r\n\r\n",
    ] {
        assert_eq!(refused(broken), 400, "{broken:?}");
    }
    assert!(server.figure("confab_http_refusals_total{status=\"400\"}") >= 12.0);
    assert_eq!(server.health(), 200);
}

#[test]
fn what_follows_an_ambiguous_body_is_no_request() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    for lengths in [
        "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
    ] {
        let mut bytes = head(&server, "POST", "Calls/x", lengths);
        bytes.push_str("0\r\n\r\n");
        bytes.push_str(&head(&server, "GET", "Calls", ""));
        let text = sent(server.http, bytes.as_bytes());
        assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
        assert_eq!(answer(&text).0, 404);
    }
    // Junk after a valid request receives a response of its own, and the connection closes.
    let mut bytes = head(&server, "GET", "Calls", "");
    bytes.push_str("junk\r\n\r\n");
    bytes.push_str(&head(&server, "GET", "Calls", ""));
    let text = sent(server.http, bytes.as_bytes());
    let (first, second) = text.split_at(text.rfind("HTTP/1.1 400").unwrap());
    assert_eq!((answer(first).0, answer(second).0), (200, 400));
}

#[test]
fn bodies_that_are_too_much_or_of_no_sense_are_refused_in_json() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    const FORM: &str = "application/x-www-form-urlencoded";
    let before = server.resident();
    let parameters = "Muted=true&".repeat(100_000);
    let large = vec![b'a'; 3 << 20];
    for _ in 0..5 {
        assert_eq!(update(&server, FORM, parameters.as_bytes()).0, 413);
        assert_eq!(update(&server, FORM, &large).0, 413);
        assert_eq!(update(&server, FORM, b"Muted=%ff").0, 400);
        assert_eq!(
            update(&server, "application/json", b"{\"Muted\":tru").0,
            400
        );
        assert_eq!(update(&server, "multipart/form-data", b"--x\r\n").0, 400);
        assert_eq!(update(&server, "text/xml", b"<Muted/>").0, 415);
        assert_eq!(update(&server, "\u{fc}/\u{fc}", b"Muted=true").0, 415);
    }
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more");
    assert_eq!(server.health(), 200);
}

fn call(phones: &Phones, server: &Server, hz: f64) -> Phone {
    let voice = Voice::Tone { hz, dbfs: -20.0 };
    let config = PhoneConfig::new(server.sip, "dawdled", &format!("tone{hz}")).saying(voice);
    let phone = phones.call(&config).unwrap();
    phone.wait_until_talking(PATIENCE).unwrap();
    phone.wait_for_packets(25, PATIENCE).unwrap();
    phone
}

/// Sends an endless request, a byte each second; returns the response, and the time until the end.
async fn dawdle(to: SocketAddr, from: [u8; 4], begin: Vec<u8>) -> (String, Duration) {
    let begun = Instant::now();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    let stream = socket.connect(to).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let writing = async {
        let _closed = writer.write_all(&begin).await;
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let mut answer = Vec::new();
    let reading = reader.read_to_end(&mut answer);
    tokio::select! {
        _end = reading => {}
        () = async { writing.await; std::future::pending::<()>().await } => {}
    }
    (
        String::from_utf8_lossy(&answer).into_owned(),
        begun.elapsed(),
    )
}

#[test]
fn whoever_dawdles_is_cut_off_while_others_are_served() {
    let folder = Folder::new();
    let mut server = Server::from(command(&folder).env("CONFAB_HTTPS_LISTEN", "127.0.0.1:0"));
    let phones = Phones::new().unwrap();
    let (anna, boris) = (
        call(&phones, &server, 600.0),
        call(&phones, &server, 1_000.0),
    );
    let before = server.resident();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let body = head(
        &server,
        "POST",
        "Calls/x",
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n",
    );
    let (http, https) = (server.http, server.https);
    let mut dawdlers = Vec::new();
    for n in 0..100 {
        let from = [127, 0, 1, n];
        let heads = dawdle(
            http,
            from,
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX-".to_vec(),
        );
        dawdlers.push((0, runtime.spawn(heads)));
        dawdlers.push((
            408,
            runtime.spawn(dawdle(http, from, body.clone().into_bytes())),
        ));
        // Plain text on a TLS port, and half of a TLS hello.
        let plain = dawdle(
            https,
            from,
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        );
        dawdlers.push((1, runtime.spawn(plain)));
        dawdlers.push((
            0,
            runtime.spawn(dawdle(https, from, b"\x16\x03\x01\x02\0\x01".to_vec())),
        ));
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..50 {
        let asked = Instant::now();
        assert_eq!(server.ask("GET", "Conferences", "").0, 200);
        slowest = slowest.max(asked.elapsed());
        boris.wait_for_packets(10, PATIENCE).unwrap();
    }
    for (expected, dawdler) in dawdlers {
        let (text, took) = runtime.block_on(dawdler).unwrap();
        assert!(took < GIVEN_UP, "{took:?}: {text}");
        match expected {
            408 => assert_eq!(answer(&text).0, 408),
            // A TLS alert, or nothing.
            1 => assert!(text.len() < 20 && took < PATIENCE, "{took:?}: {text}"),
            _ => assert_eq!(text, ""),
        }
    }
    assert!(slowest < PATIENCE, "{slowest:?}");
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more");
    for phone in [&anna, &boris] {
        let heard = continuity(&frames(&phone.packets()));
        assert_eq!((heard.missing, heard.doubled), (0, 0), "{heard:?}");
    }
    drop((anna, boris));
    let log = server.end();
    assert!(log.len() < 50, "{} lines: {log:#?}", log.len());
}

/// Maximum number of connections of an address, and the time in s after which an idle connection is
/// closed.
const EACH: usize = 512;
/// Permits for probes in that time; each lasts 2 s.
const PROBES: usize = 4 * 6;
const IDLE: usize = 10;

#[test]
fn ten_thousand_idle_connections_keep_nobody_else_out() {
    let own = std::process::id().to_string();
    let more = Command::new("prlimit")
        .args(["--pid", &own, "--nofile=12000:"])
        .status();
    assert!(more.unwrap().success(), "12,000 descriptors are needed");
    let folder = Folder::new();
    let server = Server::start(&folder);
    let before = server.resident();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let begun = Instant::now();
    let mut all = Vec::new();
    for n in 0..10_000_usize {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(([127, 0, 2, (n % 3) as u8 + 1], 0).into())
            .unwrap();
        let stream = runtime.block_on(socket.connect(server.http)).unwrap();
        all.push(stream.into_std().unwrap());
        if n % 1_000 == 999 {
            assert_eq!(server.health(), 200, "after {n}");
        }
    }
    let rounds = 1 + begun.elapsed().as_secs() as usize / IDLE;
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes more");
    assert_eq!(server.ask("GET", "Conferences", "").0, 200);
    let mut turned_away = 0;
    for mut stream in all {
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(GIVEN_UP)).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        if !text.is_empty() {
            assert_eq!(answer(&text).0, 429);
            turned_away += 1;
        }
    }
    let least = 10_000_usize.saturating_sub(3 * (EACH + PROBES) * rounds);
    assert!(
        turned_away >= least.max(1),
        "{turned_away}, {rounds} rounds"
    );
}
