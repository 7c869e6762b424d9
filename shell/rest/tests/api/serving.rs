//! Real sockets: plain and TLS side by side, with the certificate made at the first start.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use crate::common::running::{Dir, client, made, run};
use crate::common::{ACCOUNT, CALL, CONFERENCE, TOKEN, basic, participant_path};
use confab_rest::{Certificate, acceptor};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;

fn head(connection: &str) -> String {
    format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\nConnection: {connection}\r\n\
         Content-Length: 10\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nMuted=true",
        participant_path(CONFERENCE, CALL),
        basic(ACCOUNT, TOKEN),
    )
}

async fn whole_answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
    stream.write_all(head("close").as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Some servers close without close_notify; only the received bytes count.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn plain_and_tls_say_the_same() {
    let dir = Dir::new("both");
    let running = run(&dir.0).await;
    let plain = whole_answer(TcpStream::connect(running.plain).await.unwrap()).await;
    assert!(plain.starts_with("HTTP/1.1 200 OK\r\n"), "{plain}");
    assert!(plain.contains("x-applied-tick: 7"));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        // A client sends no SNI for an address; the certificate also has the host's own name and
        // the configured names.
        for name in ["127.0.0.1", "localhost", "confab.example.com", "10.1.2.3"] {
            let connector = TlsConnector::from(Arc::new(client(&dir.0, &[version])));
            let tcp = TcpStream::connect(running.tls).await.unwrap();
            let name = ServerName::try_from(name).unwrap();
            let stream = connector.connect(name, tcp).await.unwrap();
            let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
            assert_eq!(body(&whole_answer(stream).await), body(&plain));
        }
    }
}

async fn asked_for(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> String {
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn metrics_are_shown_on_the_plain_listener_alone() {
    let dir = Dir::new("metrics");
    let running = run(&dir.0).await;
    let plain = || TcpStream::connect(running.plain);
    let refused = asked_for(plain().await.unwrap(), "/2010-04-01/Accounts").await;
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    let shown = asked_for(plain().await.unwrap(), "/metrics").await;
    assert!(shown.starts_with("HTTP/1.1 200 OK\r\n"), "{shown}");
    assert!(shown.contains("content-type: text/plain; version=0.0.4"));
    for lines in [
        "# HELP confab_some Some\n# TYPE confab_some counter\nconfab_some 3\n",
        "# TYPE confab_now gauge\nconfab_now{of=\"one\"} 1.5\n",
        "# TYPE confab_long histogram\nconfab_long_bucket{le=\"0.001\"} 4\n\
         confab_long_bucket{le=\"0.01\"} 6\nconfab_long_bucket{le=\"+Inf\"} 7\n\
         confab_long_sum 0.25\nconfab_long_count 7\n",
        "confab_http_requests_total 1\n",
        "confab_http_refusals_total{status=\"401\"} 1\n",
        "confab_http_refusals_total{status=\"404\"} 0\n",
    ] {
        assert!(shown.contains(lines), "{lines} is not in {shown}");
    }
    let connector = TlsConnector::from(Arc::new(client(&dir.0, &[&rustls::version::TLS13])));
    let tcp = TcpStream::connect(running.tls).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector.connect(name, tcp).await.unwrap();
    let other = asked_for(stream, "/metrics").await;
    assert!(other.starts_with("HTTP/1.1 404"), "{other}");
}

#[tokio::test]
async fn http2_is_offered() {
    let dir = Dir::new("h2");
    let running = run(&dir.0).await;
    let mut config = client(&dir.0, &[&rustls::version::TLS13]);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let tcp = TcpStream::connect(running.tls).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector.connect(name, tcp).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    // The preface and an empty SETTINGS frame are answered by a SETTINGS frame (type 4).
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4);
}

#[tokio::test]
async fn the_certificate_is_made_once_and_its_key_is_private() {
    let dir = Dir::new("once");
    acceptor(&made(&dir.0)).unwrap();
    let read = |name: &str| std::fs::read(dir.0.join("tls").join(name)).unwrap();
    let first = (read("ca.pem"), read("cert.pem"), read("key.pem"));
    acceptor(&made(&dir.0)).unwrap();
    assert_eq!(first, (read("ca.pem"), read("cert.pem"), read("key.pem")));
    let mode = |name: &str| {
        std::fs::metadata(dir.0.join("tls").join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("key.pem"), 0o600);
    // The authority's key is not stored: it cannot sign anything else.
    let mut names: Vec<_> = std::fs::read_dir(dir.0.join("tls"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["ca.pem", "cert.pem", "key.pem"]);
}

#[test]
fn a_certificate_without_its_key_is_named_and_left_as_it_is() {
    let dir = Dir::new("half");
    let tls = dir.0.join("tls");
    std::fs::create_dir_all(&tls).unwrap();
    std::fs::write(tls.join("cert.pem"), "the operator's").unwrap();
    let error = acceptor(&made(&dir.0)).err().unwrap().to_string();
    assert!(error.contains("key.pem"), "{error}");
    let kept = std::fs::read_to_string(tls.join("cert.pem")).unwrap();
    assert_eq!(kept, "the operator's");
}

#[test]
fn a_certificate_that_is_none_is_named() {
    let dir = Dir::new("none");
    std::fs::create_dir_all(&dir.0).unwrap();
    let (chain, key) = (dir.0.join("chain.pem"), dir.0.join("other.pem"));
    let files = Certificate::Files {
        chain: chain.clone(),
        key,
    };
    let error = acceptor(&files).err().unwrap().to_string();
    assert!(error.contains("chain.pem"), "{error}");
    std::fs::write(&chain, "-----BEGIN CERTIFICATE-----\nnonsense").unwrap();
    let error = acceptor(&files).err().unwrap().to_string();
    assert!(error.contains("chain.pem"), "{error}");
}

#[tokio::test]
async fn the_end_closes_idle_connections_and_the_ports() {
    let dir = Dir::new("end");
    let running = run(&dir.0).await;
    let mut idle = TcpStream::connect(running.plain).await.unwrap();
    idle.write_all(head("keep-alive").as_bytes()).await.unwrap();
    let mut some = [0; 16];
    idle.read_exact(&mut some).await.unwrap();
    running.stop.send(()).unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(4), running.ended).await;
    ended
        .expect("the end waits for an idle connection")
        .unwrap();
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.unwrap();
    TcpListener::bind(running.plain).await.unwrap();
}

/// Returns status and Retry-After of a list requested with these credentials.
async fn logged_in(to: std::net::SocketAddr, user: &str, token: &str) -> (u16, Option<u64>) {
    let mut stream = TcpStream::connect(to).await.unwrap();
    let head = format!(
        "GET /2010-04-01/Accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: {}\r\n\
         Connection: close\r\n\r\n",
        basic(user, token)
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    let status = answer[9..12].parse().unwrap();
    let mut lines = answer.lines();
    let after = lines.find_map(|line| line.strip_prefix("retry-after: "));
    (status, after.map(|seconds| seconds.parse().unwrap()))
}

#[tokio::test]
async fn guesses_are_not_looked_at_and_credentials_that_worked_still_work() {
    let dir = Dir::new("guesses");
    let running = run(&dir.0).await;
    let to = running.plain;
    assert_eq!(logged_in(to, ACCOUNT, TOKEN).await, (200, None));
    let (mut checked, mut refused) = (0, 0);
    for n in 0..300 {
        match logged_in(to, ACCOUNT, &format!("PTguess{n}")).await {
            (401, None) => checked += 1,
            (429, Some(1..=64)) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    // Five failures are free; a second later perhaps one more.
    assert!(
        (6..=8).contains(&checked),
        "{checked} of {}",
        checked + refused
    );
    // Credentials that were correct before still work from this address; those of another user are
    // checked.
    assert_eq!(logged_in(to, ACCOUNT, TOKEN).await, (200, None));
    assert_eq!(logged_in(to, CONFERENCE, TOKEN).await, (401, None));
    let mut others = 1;
    for n in 0..300 {
        let key = format!("SK{n:032x}");
        others += u16::from(logged_in(to, &key, "x").await.0 == 401);
    }
    assert!(checked + others <= 24, "{checked} and {others}");
    let plain = TcpStream::connect(to).await.unwrap();
    let shown = asked_for(plain, "/metrics").await;
    let line = format!("confab_http_logins_failed_total {}\n", checked + others);
    assert!(shown.contains(&line), "{shown}");
}

#[tokio::test]
async fn right_token_is_held_back_where_only_guesses_came_from() {
    let dir = Dir::new("held back");
    let running = run(&dir.0).await;
    for n in 0..6 {
        logged_in(running.plain, ACCOUNT, &format!("PTguess{n}")).await;
    }
    let (status, after) = logged_in(running.plain, ACCOUNT, TOKEN).await;
    assert_eq!((status, after.is_some()), (429, true));
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    assert_eq!(logged_in(running.plain, ACCOUNT, TOKEN).await.0, 200);
}
