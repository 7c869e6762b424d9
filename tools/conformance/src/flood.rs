//! Ten callers in a room, and a flood to each port that the room needs: effects on the calls, the
//! log, the memory and the API. The flood is spread evenly over its time, so that the callers on
//! the same machine are not starved.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use confab_phone::heard::{Continuity, Frame, Presence, continuity, phase_jumps, presence};
use confab_phone::{Phone, PhoneConfig, Phones, Voice};

use crate::api::Api;
use crate::hostile::{Known, MediaJunk, SipJunk};
use crate::party::sought;
use crate::ports::free_media_ports;
use crate::raw_call::RawCall;
use crate::server::{Server, pause};

/// Tones of the ten callers, 300 Hz apart.
const TONES: [f64; 10] = [
    400.0, 700.0, 1_000.0, 1_300.0, 1_600.0, 1_900.0, 2_200.0, 2_500.0, 2_800.0, 3_100.0,
];
const DBFS: f64 = -26.0;
/// Number of media ports: two legs more than the ten callers need, used by calls of strangers.
const PORTS: u16 = 24;
/// Number of strangers: each has an address and a socket of its own.
const STRANGERS: u8 = 64;
const BURST: Duration = Duration::from_millis(10);
/// Datagrams to the SIP and media ports before the first measurement of memory.
const WARM_UP: (usize, usize) = (10_000, 20_000);
const ROOM: &str = "flooded";

/// Size of a flood.
pub struct Size {
    /// Number of datagrams to the SIP port.
    pub sip: usize,
    /// Number of datagrams to the media ports.
    pub media: usize,
    /// Duration of the flood in seconds.
    pub seconds: u64,
}

/// Audio received by a caller.
pub struct Listener {
    /// Continuity of the packets' sequence numbers.
    pub continuity: Continuity,
    /// Number of other callers' tones that were present in each frame.
    pub heard: usize,
    /// Tones that were present in some frames only.
    pub partly: Vec<String>,
    /// Jumps of phase in all tones: late or concealed audio at the server.
    pub jumps: usize,
}

/// Results of a flood.
pub struct Outcome {
    /// Audio of each of the ten callers.
    pub listeners: Vec<Listener>,
    /// Resident memory before and after, in kB.
    pub resident_kb: (u64, u64),
    /// Number of log lines.
    pub log_lines: usize,
    /// True if the log contains a panic.
    pub panicked: bool,
    /// Number of datagrams that reached the server's SIP socket.
    pub sip_arrived: f64,
    /// Number of API requests during the flood, all answered, and the slowest response time.
    pub answers: (usize, Duration),
}

/// Room of ten callers.
struct Room {
    server: Server,
    /// First of the `PORTS` media ports.
    first_port: u16,
    api: Api,
    _phones: Phones,
    nine: Vec<Phone>,
    tenth: RawCall,
}

/// Runs a flood.
pub fn run(size: &Size) -> Result<Outcome> {
    let room = Room::open()?;
    // Excludes memory that is allocated once, for the first calls of strangers and by the database.
    room.flood(&Size {
        sip: WARM_UP.0,
        media: WARM_UP.1,
        seconds: 5,
    })?;
    let before = room.server.memory_kb("VmRSS:")?;
    let from = confab_phone::now();
    let answers = room.flood(size)?;
    // Packets in buffers belong to the flood.
    pause(Duration::from_millis(200));
    let to = confab_phone::now();
    let after = room.server.memory_kb("VmRSS:")?;
    let mut listeners = Vec::new();
    for (n, phone) in room.nine.iter().enumerate() {
        listeners.push(listener(n, &phone.frames_between(from, to)));
    }
    let mut last = room.tenth.ear.since(from);
    last.retain(|frame| frame.arrived < to);
    listeners.push(listener(9, &last));
    room.tenth.hang_up()?;
    let sip_arrived = room.figure("confab_sip_datagrams_total{way=\"in\"}")?;
    let log = room.server.log();
    Ok(Outcome {
        listeners,
        resident_kb: (before, after),
        log_lines: log.lines().count(),
        panicked: log.contains("panicked"),
        sip_arrived,
        answers,
    })
}

fn listener(own: usize, frames: &[Frame]) -> Listener {
    let mut told = Listener {
        continuity: continuity(frames),
        heard: 0,
        partly: Vec::new(),
        jumps: 0,
    };
    for (_, hz) in TONES.iter().enumerate().filter(|(n, _)| *n != own) {
        let mut tone = sought("tone", *hz);
        tone.dbfs = DBFS;
        told.jumps += phase_jumps(frames, *hz, DBFS);
        match presence(frames, &tone) {
            Presence::Heard => told.heard += 1,
            other => told.partly.push(format!("{hz} Hz: {other:?}")),
        }
    }
    told
}

impl Room {
    fn open() -> Result<Self> {
        let first_port = free_media_ports(PORTS)?;
        let ports = format!("{first_port}-{}", first_port + PORTS - 1);
        let server = Server::start(&[("CONFAB_RTP_PORTS", &ports)])?;
        let sip: SocketAddr = server.sip.parse()?;
        let phones = Phones::new()?;
        let mut nine = Vec::new();
        for hz in &TONES[..9] {
            let voice = Voice::Tone {
                hz: *hz,
                dbfs: DBFS,
            };
            let phone = phones.call(&PhoneConfig::new(sip, ROOM, "caller").saying(voice))?;
            phone.wait_until_talking(Duration::from_secs(5))?;
            nine.push(phone);
        }
        let tenth = RawCall::place(sip, ROOM, TONES[9], DBFS)?;
        let api = Api::new(&server)?;
        api.seated(ROOM, 10)?;
        Ok(Self {
            server,
            first_port,
            api,
            _phones: phones,
            nine,
            tenth,
        })
    }

    /// Sends a flood; returns the number of API responses and the slowest response time.
    fn flood(&self, size: &Size) -> Result<(usize, Duration)> {
        let sip: SocketAddr = self.server.sip.parse()?;
        let mut messages = SipJunk::new(Known {
            call_id: self.tenth.call_id.clone(),
            from_tag: self.tenth.from_tag.clone(),
            to_tag: self.tenth.to_tag.clone(),
            server: sip,
        })?;
        let mut packets = MediaJunk::default();
        let strangers: Vec<UdpSocket> = (1..=STRANGERS)
            .map(|n| UdpSocket::bind(SocketAddr::from(([127, 0, 0, n], 0))))
            .collect::<Result<_, _>>()?;
        let bursts = size.seconds * 1_000 / BURST.as_millis() as u64;
        let part = |all: usize, n: u64| all * n as usize / bursts as usize;
        let (mut answers, mut slowest) = (0, Duration::ZERO);
        let begun = Instant::now();
        for burst in 0..bursts {
            for n in part(size.sip, burst)..part(size.sip, burst + 1) {
                // Datagrams that a full buffer rejects are not the server's fault.
                let _lost = strangers[n % strangers.len()].send_to(&messages.message(n), sip);
            }
            for n in part(size.media, burst)..part(size.media, burst + 1) {
                let port = self.first_port + (n / 10 % usize::from(PORTS)) as u16;
                let to = SocketAddr::from(([127, 0, 0, 1], port));
                let _lost = strangers[n / 7 % strangers.len()].send_to(&packets.packet(n), to);
            }
            if burst % 50 == 25 {
                let asked = Instant::now();
                self.ten_are_seated()?;
                slowest = slowest.max(asked.elapsed());
                answers += 1;
            }
            let due = begun + BURST * (burst as u32 + 1);
            pause(due.saturating_duration_since(Instant::now()));
        }
        Ok((answers, slowest))
    }

    fn ten_are_seated(&self) -> Result<()> {
        self.api.seated(ROOM, 10).map(drop)
    }

    fn figure(&self, name: &str) -> Result<f64> {
        let metrics = crate::server::plain_get(&self.server.http, "/metrics")?;
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        line.context("the figure")?
            .trim()
            .parse()
            .context("a number")
    }
}

impl Outcome {
    /// Checks the requirements, which hold for any size.
    pub fn judge(&self, size: &Size) -> Result<()> {
        for (n, listener) in self.listeners.iter().enumerate() {
            let Continuity {
                received,
                missing,
                doubled,
                timestamp_jumps,
                ..
            } = listener.continuity;
            let whole = (missing, doubled, timestamp_jumps) == (0, 0, 0);
            ensure!(whole, "listener {n}: {:?}", listener.continuity);
            let least = size.seconds as usize * 50;
            ensure!(
                received >= least,
                "listener {n}: {received} of {least} frames"
            );
            let partly = &listener.partly;
            ensure!(listener.heard == 9, "listener {n}: {partly:?}");
        }
        let arrived = self.sip_arrived;
        let sent = size.sip + WARM_UP.0;
        ensure!(arrived > sent as f64 * 0.9, "only {arrived} arrived");
        ensure!(!self.panicked, "it panicked");
        ensure!(self.log_lines < 100, "{} lines of log", self.log_lines);
        let (before, after) = self.resident_kb;
        ensure!(after * 100 <= before * 105, "{before} kB became {after} kB");
        ensure!(self.answers.0 > 0, "the API was never asked");
        Ok(())
    }
}
