//! Ten callers in one room, and a flood against every port that the room needs: what became of
//! the call, the log, the memory and the API. The flood comes evenly over its time, so that the
//! machine's other half of the work, the callers, is not what starves.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use confab_phone::heard::{Continuity, Frame, Presence, continuity, phase_jumps, presence};
use confab_phone::{Phone, PhoneConfig, Phones, Voice};

use crate::api::Api;
use crate::hostile::{Known, MediaJunk, SipJunk};
use crate::party::sought;
use crate::raw_call::RawCall;
use crate::server::{Server, free_media_ports, pause};

/// Tones of the ten, 300 Hz apart.
const TONES: [f64; 10] = [
    400.0, 700.0, 1_000.0, 1_300.0, 1_600.0, 1_900.0, 2_200.0, 2_500.0, 2_800.0, 3_100.0,
];
const DBFS: f64 = -26.0;
/// Two legs more than the ten need: strangers' calls take them.
const PORTS: u16 = 24;
/// Strangers on other addresses, each with a socket of its own.
const STRANGERS: u8 = 64;
const BURST: Duration = Duration::from_millis(10);
/// Datagrams to SIP and to the media ports before memory is looked at.
const WARM_UP: (usize, usize) = (10_000, 20_000);
const ROOM: &str = "flooded";

/// How much, in how long.
pub struct Size {
    /// Datagrams to the SIP port.
    pub sip: usize,
    /// Datagrams to the media ports.
    pub media: usize,
    /// Of the flood.
    pub seconds: u64,
}

/// What a listener heard.
pub struct Listener {
    /// Packets against their numbers.
    pub continuity: Continuity,
    /// Tones of the nine others that were there in every frame.
    pub heard: usize,
    /// Tones that were there in some frames.
    pub partly: Vec<String>,
    /// Jumps of phase, all tones together: voice that was late at the server, or made up.
    pub jumps: usize,
}

/// What became of it all.
pub struct Outcome {
    /// Each of the ten.
    pub listeners: Vec<Listener>,
    /// Resident memory before and after, in kB.
    pub resident_kb: (u64, u64),
    /// Lines of the log.
    pub log_lines: usize,
    /// Whether the log tells of a panic.
    pub panicked: bool,
    /// Datagrams that reached the server's SIP socket.
    pub sip_arrived: f64,
    /// Questions to the API during the flood, all answered, and the slowest.
    pub answers: (usize, Duration),
}

/// A room of ten.
struct Room {
    server: Server,
    /// The first of its `PORTS` media ports.
    first_port: u16,
    api: Api,
    _phones: Phones,
    nine: Vec<Phone>,
    tenth: RawCall,
}

/// Does it.
pub fn run(size: &Size) -> Result<Outcome> {
    let room = Room::open()?;
    // What is taken once and kept, by the first strangers' calls and by the database, is no growth.
    room.flood(&Size {
        sip: WARM_UP.0,
        media: WARM_UP.1,
        seconds: 5,
    })?;
    let before = room.server.memory_kb("VmRSS:")?;
    let from = confab_phone::now();
    let answers = room.flood(size)?;
    // What is under way in buffers belongs to the flood.
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

    /// The slowest answer of the API meanwhile, and how many there were.
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
                // What a full buffer does not take is no fault of the server.
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
    /// What must hold, of whatever size.
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
