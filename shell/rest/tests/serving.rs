//! Real sockets: plain and TLS side by side, with the certificate made at the first start.
#![allow(clippy::unwrap_used)]

mod common;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use common::{ACCOUNT, CALL, CONFERENCE, Memory, TOKEN, account, basic, participant_path};
use confab_rest::{Api, Certificate, Dialect, Line, Listener, acceptor, serve};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;

struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("confab-rest-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        Self(dir)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn made(dir: &Path) -> Certificate {
    Certificate::SelfMade {
        dir: dir.join("tls"),
        names: vec![
            "confab.example.com".to_owned(),
            "10.1.2.3".to_owned(),
            "n\u{e4}h".to_owned(),
        ],
    }
}

struct Running {
    plain: SocketAddr,
    tls: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

async fn run(dir: &Path) -> Running {
    let bind = || TcpListener::bind("127.0.0.1:0");
    let (plain, tls) = (bind().await.unwrap(), bind().await.unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let api = Api {
        line: Line::new(Usual),
        store: Arc::new(Memory {
            account: account(),
            conferences: vec![],
            calls: vec![],
            notices: vec![],
        }),
        dialect: Dialect::SignalWire,
        ready: Arc::new(AtomicBool::new(true)),
    };
    let (plain_at, tls_at) = (plain.local_addr().unwrap(), tls.local_addr().unwrap());
    let listeners = vec![
        Listener {
            tcp: plain,
            tls: None,
        },
        Listener {
            tcp: tls,
            tls: Some(acceptor(&made(dir)).unwrap()),
        },
    ];
    let ended = tokio::spawn(serve(listeners, api, async move {
        let _ = stopped.await;
    }));
    Running {
        plain: plain_at,
        tls: tls_at,
        stop,
        ended,
    }
}

struct Usual;

impl confab_rest::Switch for Usual {
    fn ask(&self, asked: confab_rest::Asked) -> Result<(), confab_rest::QueueFull> {
        asked
            .reply
            .send(common::usual(&asked.what).unwrap())
            .unwrap();
        Ok(())
    }
}

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
    // Some end without close_notify; what came is what counts.
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

fn client(dir: &Path, versions: &[&'static rustls::SupportedProtocolVersion]) -> ClientConfig {
    let pem = std::fs::read(dir.join("tls/ca.pem")).unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(&pem).unwrap())
        .unwrap();
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[tokio::test]
async fn plain_and_tls_say_the_same() {
    let dir = Dir::new("both");
    let running = run(&dir.0).await;
    let plain = whole_answer(TcpStream::connect(running.plain).await.unwrap()).await;
    assert!(plain.starts_with("HTTP/1.1 200 OK\r\n"), "{plain}");
    assert!(plain.contains("x-applied-tick: 7"));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        // An address is sent without SNI; the host's own name and those given are in it too.
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
    // The authority's key is nowhere: it can sign nothing else.
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
