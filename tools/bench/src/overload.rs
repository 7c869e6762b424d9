//! `confab-bench overload`: two servers on one processor, with media threads that need 120 % of its
//! time. Measures the response times of SIP and API of both servers.

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use confab_sockets::{now, sleep_until};
use confab_terms::Codec;

use crate::crowd::{CALLERS_IP, Cast, Crowd, Talk};
use crate::process::look;
use crate::server::Server;
use crate::signalling::Signalling;

/// Processor of the servers; the crowds use the other.
const OF_SERVERS: usize = 1;
const OF_CROWDS: usize = 0;
/// Share of the processor that each server needs.
const EACH: f64 = 0.6;
const CALIBRATION_CALLERS: usize = 20;
const WARM: Duration = Duration::from_secs(3);
const WINDOW: Duration = Duration::from_secs(20);
/// Timeout after which a server counts as unreachable.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Server with a crowd in its rooms that does not send yet.
struct Side {
    server: Server,
    crowd: Crowd,
    places: Vec<SocketAddr>,
}

impl Side {
    fn new(callers: usize) -> Result<Self> {
        let server = Server::start_on(Some(OF_SERVERS), &[])?;
        let cast = Cast {
            callers,
            rooms: callers / 5,
            speakers: 5,
            codec: Codec::Opus,
            talk: Talk::Pilot,
        };
        let crowd = Crowd::new(cast)?;
        let from: SocketAddr = format!("{CALLERS_IP}:0").parse()?;
        let signalling = Signalling::new(server.sip, from, cast.codec)?;
        let callers = (0..callers).map(|n| Ok((format!("room{}", cast.room(n)), crowd.port(n)?)));
        let calls = signalling.call(&callers.collect::<Result<Vec<_>>>()?)?;
        let places = calls.iter().map(|call| call.media).collect();
        Ok(Self {
            server,
            crowd,
            places,
        })
    }

    /// Returns the share of a processor that the server uses during `lasting`.
    fn share(&self, lasting: Duration) -> Result<f64> {
        let before = look(self.server.pid())?;
        sleep_until(now() + lasting);
        Ok((look(self.server.pid())?.cpu_s - before.cpu_s) / lasting.as_secs_f64())
    }
}

/// Response times of one kind of request, and the number of timeouts.
#[derive(Default)]
struct Answers {
    took: Vec<Duration>,
    missing: usize,
}

impl Answers {
    fn note(&mut self, asked: impl FnOnce() -> Result<()>) {
        let begun = now();
        match asked() {
            Ok(()) => self.took.push(now().saturating_since(begun)),
            Err(_) => self.missing += 1,
        }
    }

    fn show(&mut self, name: &str) {
        self.took.sort();
        let at = |share: f64| {
            let place = (self.took.len() as f64 * share) as usize;
            let took = self.took.get(place.min(self.took.len().saturating_sub(1)));
            took.copied().unwrap_or_default().as_secs_f64() * 1_000.0
        };
        println!(
            "{name}: {} answers, median {:.1} ms, p99 {:.1} ms, longest {:.1} ms; {} without",
            self.took.len(),
            at(0.5),
            at(0.99),
            at(1.0),
            self.missing
        );
    }
}

fn options(server: SocketAddr, count: usize) -> Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let local = socket.local_addr()?;
    let request = format!(
        "OPTIONS sip:{server} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{count};rport\r\n\
         From: <sip:t@{local}>;tag=1\r\nTo: <sip:{server}>\r\nCall-ID: o{count}\r\n\
         CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send(request.as_bytes())?;
    let mut answer = [0; 2_048];
    let length = socket.recv(&mut answer)?;
    ensure!(answer[..length].starts_with(b"SIP/2.0 200"));
    Ok(())
}

/// Binds this process to the processor of the crowds.
fn move_away() -> Result<()> {
    let id = std::process::id().to_string();
    let status = Command::new("taskset")
        .args(["-p", "-c", &OF_CROWDS.to_string(), &id])
        .status()
        .context("taskset of util-linux is needed")?;
    ensure!(status.success(), "taskset ended with {status}");
    Ok(())
}

/// Measures, and prints the result.
pub(crate) fn run() -> Result<()> {
    move_away()?;
    let alone = Side::new(CALIBRATION_CALLERS)?;
    let (share, _) = alone.crowd.talk(&alone.places, || {
        sleep_until(now() + WARM);
        alone.share(WARM)
    })?;
    drop(alone);
    let callers = (EACH / share * CALIBRATION_CALLERS as f64) as usize / 5 * 5;
    println!("{callers} callers in Opus on each of two servers, on one processor");
    let (one, other) = (Side::new(callers)?, Side::new(callers)?);
    let (mut sip, mut api) = (Answers::default(), Answers::default());
    let ((shares, _), _) = one.crowd.talk(&one.places, || {
        other.crowd.talk(&other.places, || {
            let before = (look(one.server.pid())?, look(other.server.pid())?);
            let begun = now();
            for count in 0.. {
                if now().saturating_since(begun) > WINDOW {
                    break;
                }
                for side in [&one, &other] {
                    sip.note(|| options(side.server.sip, count));
                    api.note(|| side.server.api()?.healthy());
                }
                sleep_until(now() + PAUSE);
            }
            let lasted = now().saturating_since(begun).as_secs_f64();
            let used =
                |pid, before: f64| Ok::<_, anyhow::Error>((look(pid)?.cpu_s - before) / lasted);
            Ok((
                used(one.server.pid(), before.0.cpu_s)?,
                used(other.server.pid(), before.1.cpu_s)?,
            ))
        })
    })?;
    println!(
        "processor time used: {:.0} % and {:.0} %",
        shares.0 * 100.0,
        shares.1 * 100.0
    );
    sip.show("SIP OPTIONS");
    api.show("GET /healthz");
    for side in [&one, &other] {
        let log = side.server.log();
        for line in log.lines().filter(|line| line.contains("WARN")) {
            println!("log: {line}");
        }
    }
    Ok(())
}
