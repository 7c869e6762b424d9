//! Requests of browsers, over sockets: foreign pages are rejected, and responses carry the headers
//! that browsers expect.

use std::sync::Arc;

use crate::common::running::{Dir, Running, client, run};
use crate::common::{ACCOUNT, TOKEN, basic};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: &str) -> String {
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Some servers close without close_notify; only the received bytes count.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

fn form(host: &str, origin: &str) -> String {
    format!(
        "POST /2010-04-01/Accounts/{ACCOUNT}/Calls HTTP/1.1\r\nHost: {host}\r\n{origin}\
         Authorization: {}\r\nConnection: close\r\nContent-Length: 5\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\nTo=%2B",
        basic(ACCOUNT, TOKEN)
    )
}

async fn plain(running: &Running, head: &str) -> String {
    answer(TcpStream::connect(running.plain).await.unwrap(), head).await
}

async fn tls(dir: &Dir, running: &Running, head: &str) -> String {
    let config = client(&dir.0, &[&rustls::version::TLS13]);
    let tcp = TcpStream::connect(running.tls).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await;
    answer(stream.unwrap(), head).await
}

#[tokio::test]
async fn forms_of_foreign_pages_and_foreign_hosts_are_refused() {
    let dir = Dir::new("browsers");
    let running = run(&dir.0).await;
    let own = format!("localhost:{}", running.plain.port());
    for (host, origin, status) in [
        (own.as_str(), "", 422),
        (&own, &format!("Origin: http://{own}\r\n")[..], 422),
        (&own, "Origin: https://evil.example\r\n", 403),
        (&own, "Origin: null\r\n", 403),
        ("evil.example", "", 421),
        ("evil.example", "Origin: http://evil.example\r\n", 421),
        ("confab.example.com", "", 421),
    ] {
        let answer = plain(&running, &form(host, origin)).await;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{host} {origin}: {answer}");
        assert!(answer.contains("\"code\":"), "{answer}");
    }
}

#[tokio::test]
async fn names_in_the_certificate_and_the_configuration_are_hosts() {
    let dir = Dir::new("hosts");
    let running = run(&dir.0).await;
    for (host, status) in [
        ("confab.example.com", 422),
        ("CONFAB.example.com:443", 422),
        ("10.1.2.3", 422),
        ("named.example.com", 422),
        ("other.example.com", 421),
        ("10.1.2.4", 421),
    ] {
        let answer = tls(&dir, &running, &form(host, "")).await;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&expected), "{host}: {answer}");
    }
    let origin = "Origin: http://confab.example.com\r\n";
    let answer = tls(&dir, &running, &form("confab.example.com", origin)).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[tokio::test]
async fn responses_tell_browsers_to_sniff_frame_and_keep_nothing() {
    let dir = Dir::new("headers");
    let running = run(&dir.0).await;
    for head in [
        form("localhost", ""),
        form("localhost", "Origin: null\r\n"),
        form("evil.example", ""),
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_owned(),
        "nonsense\r\n\r\n".to_owned(),
    ] {
        let answer = plain(&running, &head).await.to_ascii_lowercase();
        assert!(answer.contains("\r\nx-content-type-options: nosniff\r\n"));
        assert!(
            answer.contains("\r\ncache-control: no-store\r\n"),
            "{answer}"
        );
        if head.starts_with("nonsense") {
            continue;
        }
        for header in [
            "referrer-policy: no-referrer",
            "x-frame-options: deny",
            "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        ] {
            assert!(answer.contains(&format!("\r\n{header}\r\n")), "{answer}");
        }
    }
}
