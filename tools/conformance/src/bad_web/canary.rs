//! Canary: listens on all addresses. On public addresses, serves as the application; on all others,
//! counts connections.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::case::{Case, REDIRECTED_TO, escaped};

/// Addresses of the application.
pub const PUBLIC: [IpAddr; 1] = [IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34))];
/// Listening ports on each address: those of HTTP, of often attacked services, and the last one.
pub const PORTS: [u16; 15] = [
    80, 443, 3_000, 5_000, 8_000, 8_080, 8_443, 9_200, 2_375, 6_379, 10_250, 11_211, 22, 25, 65_535,
];

/// Connections and calls so far.
#[derive(Default)]
struct Seen {
    /// Connections to addresses that are not public.
    hits: Vec<SocketAddr>,
    /// Number of connections to public addresses.
    visits: usize,
    /// Call of each dialed user.
    calls: BTreeMap<String, String>,
}

/// Canary; listens until the process ends.
#[derive(Clone)]
pub struct Canary {
    seen: Arc<Mutex<Seen>>,
    cases: Arc<Vec<Case>>,
}

impl Canary {
    /// Listens on all addresses.
    pub fn start(cases: Arc<Vec<Case>>) -> Result<Self> {
        let canary = Self {
            seen: Arc::default(),
            cases,
        };
        for port in PORTS {
            // Both families: a peer over IPv4 has a mapped address.
            let listener = TcpListener::bind(("::", port)).with_context(|| format!("{port}"))?;
            let canary = canary.clone();
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let canary = canary.clone();
                    std::thread::spawn(move || canary.meet(stream));
                }
            });
        }
        Ok(canary)
    }

    /// Returns the forbidden connections.
    #[must_use]
    pub fn hits(&self) -> Vec<SocketAddr> {
        self.seen().hits.clone()
    }

    /// Returns the number of connections to the application.
    #[must_use]
    pub fn visits(&self) -> usize {
        self.seen().visits
    }

    /// Returns the call to this user.
    #[must_use]
    pub fn call_of(&self, user: &str) -> Option<String> {
        self.seen().calls.get(user).cloned()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn meet(&self, mut stream: TcpStream) {
        let Ok(here) = stream.local_addr() else {
            return;
        };
        let here = SocketAddr::new(here.ip().to_canonical(), here.port());
        let answer = if PUBLIC.contains(&here.ip()) {
            self.seen().visits += 1;
            let _patience = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let Some(request) = read(&mut stream) else {
                return;
            };
            self.answer(&request)
        } else {
            self.seen().hits.push(here);
            document("")
        };
        let _asker_gone = stream.write_all(answer.as_bytes());
    }

    /// Returns the application's response.
    fn answer(&self, request: &str) -> String {
        let (head, body) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
        let path = head.split(' ').nth(1).unwrap_or("/");
        let host = head.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.unwrap_or_default();
        if host.starts_with("rebind-") {
            // The name has another address by then.
            return redirect(302, &format!("http://{host}{path}"));
        }
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match parts.as_slice() {
            ["voice"] => {
                self.remember(body);
                lobby()
            }
            ["lobby"] => lobby(),
            ["to", status, target, mark] => {
                let target = target
                    .parse()
                    .ok()
                    .and_then(|n: usize| REDIRECTED_TO.get(n));
                let to = target.map_or_else(String::new, |target| target.replace("{m}", mark));
                redirect(status.parse().unwrap_or(302), &to)
            }
            [verb @ ("Play" | "Redirect"), number] => {
                let number = number.parse().ok().and_then(|n: usize| self.cases.get(n));
                let url = number.map_or("", |case| &case.url);
                document(&format!("<{verb}>{}</{verb}>", escaped(url)))
            }
            _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".into(),
        }
    }

    fn remember(&self, form: &str) {
        let value = |name: &str| {
            let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .into_iter()
                .find_map(|(key, value)| (key == name).then_some(value))
        };
        if let (Some(user), Some(call)) = (value("SipUser"), value("CallSid")) {
            self.seen().calls.insert(user.to_owned(), call.to_owned());
        }
    }
}

fn lobby() -> String {
    document("<Dial><Conference beep=\"false\">lobby</Conference></Dial>")
}

fn document(verbs: &str) -> String {
    let body = format!("<Response>{verbs}</Response>");
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
}

fn redirect(status: u16, to: &str) -> String {
    format!(
        "HTTP/1.1 {status} Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    )
}

/// Reads a request with its complete body.
fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap_or(0));
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
    }
}
