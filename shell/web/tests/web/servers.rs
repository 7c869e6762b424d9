//! Small servers with scripted responses, canaries and resolvers. Not a test itself.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use confab_switchboard::{Cookies, Fetch, FetchKind, TimeOuts};
use confab_terms::{FetchId, Method};
use confab_web::{Addresses, Resolve, SigningKey, Web, WebConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;

use crate::sink::Shelf;

pub(crate) const KEY: &str = "PSK_test_signing_key_0123456789";

/// Received request.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    pub(crate) fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Part of a response.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    Text(String),
    Bytes(Vec<u8>),
    Wait(u64),
    /// Repetition of the bytes while the client reads.
    Endlessly(Vec<u8>),
    /// Wait for a signal of the test.
    Until(Arc<Notify>),
    /// End of the connection without a response.
    Close,
}

type Answer = Arc<dyn Fn(&Seen) -> Vec<Say> + Send + Sync>;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Vec<Say> + Send + Sync + 'static) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), answer).await
    }

    pub(crate) async fn start_at(
        at: SocketAddr,
        answer: impl Fn(&Seen) -> Vec<Say> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(at).await.expect("a port");
        let server = Self {
            address: listener.local_addr().expect("bound"),
            seen: Arc::default(),
            connections: Arc::default(),
        };
        let (seen, connections) = (server.seen.clone(), server.connections.clone());
        let answer: Answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, seen.clone(), answer.clone()));
            }
        });
        server
    }

    /// Starts a server that sends the same response to every request.
    pub(crate) async fn saying(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::start(move |_| vec![Say::Text(text.clone())]).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<Seen>>>, answer: Answer) {
    while let Ok(Some(one)) = read(&mut stream).await {
        let parts = answer(&one);
        seen.lock().unwrap().push(one);
        for part in parts {
            let written = match part {
                Say::Text(text) => stream.write_all(text.as_bytes()).await,
                Say::Bytes(bytes) => stream.write_all(&bytes).await,
                Say::Wait(ms) => {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    Ok(())
                }
                Say::Until(moment) => {
                    moment.notified().await;
                    Ok(())
                }
                Say::Endlessly(bytes) => loop {
                    if let Err(error) = stream.write_all(&bytes).await {
                        break Err(error);
                    }
                },
                Say::Close => return,
            };
            if written.is_err() {
                return;
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> io::Result<Option<Seen>> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut piece = [0; 4_096];
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece[..count]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut body = bytes.split_off(end);
    let mut seen = Seen {
        head,
        body: String::new(),
    };
    let length = seen
        .header("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let have = body.len();
    body.resize(have.max(length), 0);
    stream.read_exact(&mut body[have..]).await?;
    seen.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(seen))
}

/// Returns a URL whose port refuses connections: bound until the end of the process, not listening.
pub(crate) fn refusing_url() -> String {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::new(LOOPBACK, 0)).expect("a port");
    let url = format!("http://{}/", socket.local_addr().expect("bound"));
    std::mem::forget(socket);
    url
}

/// Returns a response with a body.
pub(crate) fn ok(content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn status(status: u16) -> String {
    format!("HTTP/1.1 {status} Status\r\nContent-Length: 0\r\n\r\n")
}

pub(crate) fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

/// Resolver with scripted answers for each name, one after the other; the last one repeats.
#[derive(Default)]
pub(crate) struct Names {
    answers: Mutex<Vec<(String, Vec<Vec<IpAddr>>)>>,
    pub(crate) asked: AtomicUsize,
}

impl Names {
    pub(crate) fn new(answers: &[(&str, &[&[&str]])]) -> Arc<Self> {
        let answers = answers.iter().map(|(name, answers)| {
            let addresses = |one: &&[&str]| one.iter().map(|a| a.parse().unwrap()).collect();
            ((*name).to_owned(), answers.iter().map(addresses).collect())
        });
        let answers = Mutex::new(answers.collect());
        let asked = AtomicUsize::new(0);
        Arc::new(Self { answers, asked })
    }
}

impl Resolve for Names {
    fn resolve(&self, host: &str) -> Addresses {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let known = answers.iter_mut().find(|(name, _)| name == host);
        let answer = known.map(|(_, answers)| {
            if answers.len() > 1 {
                answers.remove(0)
            } else {
                answers[0].clone()
            }
        });
        let missing = || io::Error::new(io::ErrorKind::NotFound, "no such name");
        Box::pin(async move { answer.ok_or_else(missing) })
    }
}

/// Returns a configuration that allows the loopback.
pub(crate) fn config() -> WebConfig {
    let mut config = strict();
    config.allow.push("127.0.0.0/8".parse().unwrap());
    config
}

/// Returns a configuration that allows public addresses only.
pub(crate) fn strict() -> WebConfig {
    WebConfig::new(SigningKey::new(KEY))
}

pub(crate) fn web(config: WebConfig) -> (Web, Arc<Shelf>) {
    let shelf = Arc::new(Shelf::default());
    (Web::new(config, shelf.clone()), shelf)
}

pub(crate) fn get(kind: FetchKind, url: &str) -> Fetch {
    Fetch {
        fetch: FetchId(1),
        kind,
        method: Method::Get,
        url: url.to_owned(),
        fields: Vec::new(),
        time_outs: TimeOuts::default(),
        cookies: Cookies::default(),
    }
}

pub(crate) fn post(kind: FetchKind, url: &str, fields: &[(&str, &str)]) -> Fetch {
    let fields = fields
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Fetch {
        method: Method::Post,
        fields: fields.collect(),
        ..get(kind, url)
    }
}

pub(crate) const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
