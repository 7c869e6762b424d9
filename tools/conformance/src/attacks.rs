//! Attacks on a public listener, with calls of a trunk set up at the same time: idle connections,
//! logins, requests within a call, heads without an end, TLS handshakes. Requires a network
//! namespace with `addresses`.

mod peer;
mod strangers;

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::api::Api;
use crate::server::{Server, pause};
use peer::{Peer, Wire};

/// Address of the server.
pub const SERVER: &str = "192.0.2.10";
/// Addresses of the trunk: source of its calls, and target of calls to it.
const TRUNK: [&str; 2] = ["198.51.100.7", "198.51.100.8"];
/// Address of a user with a password.
const USER: &str = "203.0.113.200";
/// Addresses of the attackers.
const STRANGERS: [&str; 8] = [
    "203.0.113.1",
    "203.0.113.2",
    "203.0.113.3",
    "203.0.113.4",
    "203.0.113.5",
    "203.0.113.6",
    "203.0.113.7",
    "203.0.113.8",
];
/// Maximum time of a call setup on a processor of its own; 70 ms are the check for a quiet media
/// port.
pub const SET_UP_MAX: Duration = Duration::from_millis(200);
/// Interval between two calls of the trunk.
const EVERY: Duration = Duration::from_millis(400);
/// Time until released memory must be returned.
const RETURNED_AFTER: Duration = Duration::from_secs(15);

const FILE: &str = r#"
[[trunk]]
name = "carrier"
networks = ["198.51.100.0/24"]
address = "198.51.100.8"
transport = "tcp"

[[trunk]]
name = "anna"
user = "anna"
password = "v7Kq-2mZx-91tB"

[[trunk]]
name = "boris"
user = "boris"
password = "w8Lr-3nAy-02uC"
"#;

/// Password of a user of `FILE`.
pub(crate) fn password(user: &str) -> &'static str {
    match user {
        "anna" => "v7Kq-2mZx-91tB",
        _ => "w8Lr-3nAy-02uC",
    }
}

/// Kind of attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Idle connections.
    Connections,
    /// Logins of one user.
    Logins,
    /// INFO requests within one call.
    Requests,
    /// Heads of messages without an end.
    Heads,
    /// TLS handshakes with a key of RSA-4096.
    Handshakes,
}

/// Size of an attack.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Number of connections, logins or requests.
    pub count: usize,
    /// Time in which calls are set up.
    pub time: Duration,
}

impl Attack {
    /// Parses the number of the attack: 1, 4, 5, 7 or 8.
    #[must_use]
    pub fn of_row(row: &str) -> Option<Self> {
        match row {
            "1" => Some(Self::Connections),
            "4" => Some(Self::Logins),
            "5" => Some(Self::Requests),
            "7" => Some(Self::Heads),
            "8" => Some(Self::Handshakes),
            _ => None,
        }
    }

    /// Returns twice the size that once caused harm.
    #[must_use]
    pub fn full(self) -> Size {
        let count = match self {
            Self::Connections => 2 * 4 * 1_024,
            Self::Logins => 2 * 9_999,
            Self::Requests => 2 * 84_000,
            Self::Heads => 2 * 4_000,
            Self::Handshakes => 64,
        };
        Size {
            count,
            time: Duration::from_secs(20),
        }
    }
}

/// Result of an attack.
#[derive(Debug)]
pub struct Outcome {
    /// Number of connections, logins or requests made.
    pub made: u64,
    /// Setup times of the trunk's calls.
    pub set_up: Vec<Duration>,
    /// Setup times of calls of a user with a password.
    pub user_set_up: Vec<Duration>,
    /// Times from an API request to the INVITE at the trunk.
    pub placed: Vec<Duration>,
    /// Resident memory before, at its peak, and afterwards, in kB.
    pub resident_kb: [u64; 3],
    /// Notifications that name a limit.
    pub notices: Vec<String>,
}

impl Outcome {
    /// Returns the median setup time of the trunk's calls.
    #[must_use]
    pub fn median_of_trunk(&self) -> Option<Duration> {
        let mut times = self.set_up.clone();
        times.sort();
        times.get(times.len().saturating_sub(1) / 2).copied()
    }

    /// Returns an error if a call took longer than `within`.
    pub fn judge(&self, within: Duration) -> Result<()> {
        for (whose, times) in [
            ("the trunk's", &self.set_up),
            ("the user's", &self.user_set_up),
            ("ours", &self.placed),
        ] {
            let slowest = times.iter().max().context("no call was set up")?;
            ensure!(*slowest <= within, "{whose}: {slowest:?} of {times:?}");
        }
        Ok(())
    }
}

/// Returns the addresses that the network namespace requires.
#[must_use]
pub fn addresses() -> Vec<&'static str> {
    let mut all = vec![SERVER, TRUNK[0], TRUNK[1], USER];
    all.extend(STRANGERS);
    all
}

/// Runs an attack on a server of its own.
pub fn run(attack: Attack, size: Size) -> Result<Outcome> {
    strangers::raise_open_files()?;
    let listen = format!("{SERVER}:5060");
    let folder = tempfile::tempdir()?;
    let data = folder.path().to_string_lossy().into_owned();
    let secure = format!("{SERVER}:5061");
    let mut environment = vec![("CONFAB_SIP_LISTEN", &*listen)];
    if attack == Attack::Handshakes {
        make_rsa_key(folder.path())?;
        environment.extend([
            ("CONFAB_DATA_DIR", &*data),
            ("CONFAB_SIPS_LISTEN", &*secure),
        ]);
    }
    let server = Server::configured(FILE, &environment)?;
    let api = Api::new(&server)?;
    let trunk = TcpListener::bind((TRUNK[1], 5060))?;
    trunk.set_nonblocking(true)?;
    let before = server.memory_kb("VmRSS:")?;
    let (mut outcome, attackers) = (Outcome::new(before), Attackers::start(attack, size));
    // Wait for the peak of the attack.
    pause(size.time / 4);
    let until = Instant::now() + size.time;
    let mut n = 0;
    while Instant::now() < until {
        let begun = Instant::now();
        // Alternates between UDP and a new TCP connection.
        let wire = if n % 2 == 0 { Wire::Udp } else { Wire::Tcp };
        let call = Peer::new(TRUNK[0], wire)?.call(None);
        let took = call.with_context(|| format!("call {n} of the trunk\n{}", server.log()))?;
        outcome.set_up.push(took);
        let took = Peer::new(USER, Wire::Tcp)?.call(Some("boris"));
        let took = took.with_context(|| format!("call {n} of boris\n{}", server.log()))?;
        outcome.user_set_up.push(took);
        outcome.placed.push(place(&api, &trunk)?);
        outcome.resident_kb[1] = outcome.resident_kb[1].max(server.memory_kb("VmRSS:")?);
        pause(EVERY.saturating_sub(begun.elapsed()));
        n += 1;
    }
    outcome.made = attackers.stop()?;
    pause(RETURNED_AFTER.min(size.time));
    outcome.resident_kb[2] = server.memory_kb("VmRSS:")?;
    let notices = api.get("/Notifications.json?PageSize=1000")?.json;
    let notices = notices["notifications"].as_array().cloned();
    let texts = notices.unwrap_or_default().into_iter();
    let texts = texts.map(|notice| notice["message_text"].as_str().unwrap_or("").to_owned());
    outcome.notices = texts.filter(|text| text.contains("limit")).collect();
    Ok(outcome)
}

impl Outcome {
    fn new(resident_kb: u64) -> Self {
        Self {
            made: 0,
            set_up: Vec::new(),
            user_set_up: Vec::new(),
            placed: Vec::new(),
            resident_kb: [resident_kb; 3],
            notices: Vec::new(),
        }
    }
}

/// Creates a certificate with a key of RSA-4096 in a data folder.
fn make_rsa_key(data: &Path) -> Result<()> {
    let folder = data.join("tls");
    std::fs::create_dir(&folder)?;
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req", "-x509", "-newkey", "rsa:4096", "-nodes", "-days", "2", "-subj", "/CN=x",
    ]);
    openssl.arg("-keyout").arg(folder.join("key.pem"));
    let output = openssl.arg("-out").arg(folder.join("cert.pem")).output();
    let output = output.context("openssl cannot be run: the package openssl has it")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "openssl: {said}");
    Ok(())
}

/// Calls the trunk by the API; returns the time until the INVITE.
fn place(api: &Api, trunk: &TcpListener) -> Result<Duration> {
    let begun = Instant::now();
    let made = api.post(
        "/Calls.json",
        &[
            ("To", "+15551234567"),
            ("From", "+15557654321"),
            ("Twiml", "<Response><Hangup/></Response>"),
        ],
    )?;
    ensure!(made.status == 200, "{}", made.json);
    while begun.elapsed() < Duration::from_secs(5) {
        match trunk.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return peer::refuse(stream).map(|()| begun.elapsed());
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                pause(Duration::from_millis(1));
            }
            Err(error) => return Err(error.into()),
        }
    }
    bail!("no connection to the trunk was opened")
}

/// Threads of an attack, on the second processor.
struct Attackers {
    stop: Arc<AtomicBool>,
    made: Arc<AtomicU64>,
    thread: JoinHandle<Result<()>>,
}

impl Attackers {
    fn start(attack: Attack, size: Size) -> Self {
        let (stop, made) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&made));
        let thread = std::thread::spawn(move || {
            strangers::take_second_processor();
            strangers::run(attack, size.count, &stopped, &counted)
        });
        Self { stop, made, thread }
    }

    fn stop(self) -> Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        match self.thread.join() {
            Ok(ended) => ended?,
            Err(_) => bail!("the attack panicked"),
        }
        Ok(self.made.load(Ordering::Relaxed))
    }
}
