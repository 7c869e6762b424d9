//! API behind real sockets, plain and TLS side by side.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Memory, account};
use confab_rest::{
    Api, Certificate, Dialect, Hosts, Line, Listener, Metrics, Served, acceptor, serve,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub struct Dir(pub PathBuf);

impl Dir {
    pub fn new(name: &str) -> Self {
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

pub fn made(dir: &Path) -> Certificate {
    Certificate::SelfMade {
        dir: dir.join("tls"),
        names: vec![
            "confab.example.com".to_owned(),
            "10.1.2.3".to_owned(),
            "n\u{e4}h".to_owned(),
        ],
    }
}

pub struct Running {
    pub plain: SocketAddr,
    pub tls: SocketAddr,
    pub stop: oneshot::Sender<()>,
    pub ended: tokio::task::JoinHandle<()>,
}

pub async fn run(dir: &Path) -> Running {
    let bind = || TcpListener::bind("127.0.0.1:0");
    let (plain, tls) = (bind().await.unwrap(), bind().await.unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let api = Api {
        line: Line::new(Usual),
        store: Arc::new(Memory {
            account: account(),
            keys: std::sync::Mutex::default(),
            is_degraded: Default::default(),
            conferences: vec![],
            calls: vec![],
            notices: std::sync::Mutex::default(),
            recordings: std::sync::Mutex::default(),
        }),
        dead_letters: Arc::new(super::Dead::default()),
        audio: confab_sounds::AudioFiles::new(super::recordings_dir()),
        dialect: Dialect::SignalWire,
        api_url: super::API_URL.to_owned(),
        cors_origins: vec![],
        ready: Arc::new(AtomicBool::new(true)),
        metrics: Metrics::new(super::SomeFigures),
    };
    let (plain_at, tls_at) = (plain.local_addr().unwrap(), tls.local_addr().unwrap());
    let listeners = vec![
        Listener {
            tcp: plain,
            tls: None,
            hosts: Hosts::default(),
            descriptors_max: u64::MAX,
        },
        Listener {
            tcp: tls,
            tls: Some(acceptor(&made(dir)).unwrap()),
            hosts: Hosts {
                names: vec!["named.example.com".to_owned()],
                certificate: Some(Served::load(made(dir)).unwrap()),
            },
            descriptors_max: u64::MAX,
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
            .send(super::usual(&asked.what).unwrap())
            .unwrap();
        Ok(())
    }
}

pub fn client(dir: &Path, versions: &[&'static rustls::SupportedProtocolVersion]) -> ClientConfig {
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
