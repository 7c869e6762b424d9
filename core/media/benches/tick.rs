//! Prints the cost of a tick per leg: all legs in a single room, all speaking, packets in and out,
//! but no sockets. Run with `cargo bench -p confab-media`.

use std::hint::black_box;
use std::time::{Duration, Instant as Clock};

use confab_codec::encode;
use confab_media::{Command, Component, Engine, EngineConfig, LegMedia, Output, RoomChange};
use confab_rtp::{HEADER_BYTES, Header};
use confab_terms::{
    Audibility, Codec, Instant, IpAddr, Ipv4Addr, LegId, OpusLimit, Rate, ReceivedTypes, RoomId,
    SocketAddr, Voice,
};

const TICKS: u32 = 500;

fn address(leg: u64) -> SocketAddr {
    let port = u16::try_from(10_000 + leg * 2).expect("a port");
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

fn conference(legs: u64, talkers: u64) -> Engine {
    let mut engine = Engine::new(EngineConfig::default());
    let (room, rate, now) = (RoomId(1), Rate::Hz8000, Instant(0));
    engine.apply(now, Command::OpenRoom { room, rate });
    for id in 1..=legs {
        let leg = LegId(id);
        let add = Command::AddLeg {
            leg,
            ssrc: id as u32,
            sequence: 0,
            timestamp: 0,
        };
        let media = LegMedia {
            remote_rtp: address(id),
            remote_rtcp: address(id + 20_000),
            signalling_address: address(id).ip(),
            trusts_sdp: true,
            verified: true,
            codec: Codec::Pcmu,
            payload_type: 0,
            digits_payload_type: None,
            digits_clock_rate: 8_000,
            received: ReceivedTypes::same(0, None, None),
            opus_limit: OpusLimit::None,
            sends: true,
            receives: true,
            srtp: None,
        };
        let voice = if id <= talkers {
            Voice::ToEveryone
        } else {
            Voice::ToNobody
        };
        let change = RoomChange {
            seat: vec![(leg, Audibility { voice, hears: true })],
            ..RoomChange::default()
        };
        let change = Command::Change {
            room,
            number: id,
            change,
        };
        for command in [add, Command::SetMedia { leg, media }, change] {
            engine.apply(now, command);
        }
    }
    engine
}

fn cost(legs: u64, talkers: u64) -> [f64; 2] {
    let mut engine = conference(legs, talkers);
    let mut packet = [0; HEADER_BYTES + 160];
    let frame: [i16; 160] = std::array::from_fn(|at| (at as i16 * 37) % 500);
    encode(Codec::Pcmu, &frame, &mut packet[HEADER_BYTES..]);
    let (mut receiving, mut ticking) = (Duration::ZERO, Duration::ZERO);
    for tick in 1..=TICKS {
        let now = Instant(u64::from(tick) * 20_000_000);
        let start = Clock::now();
        for leg in 1..=legs {
            let header = Header {
                payload_type: 0,
                marker: false,
                sequence: tick as u16,
                timestamp: tick * 160,
                ssrc: leg as u32,
            };
            header.write(&mut packet);
            engine.receive(now, LegId(leg), Component::Rtp, address(leg), &packet);
            while engine.poll_output().is_some() {}
        }
        receiving += start.elapsed();
        let start = Clock::now();
        engine.tick(now);
        while let Some(output) = engine.poll_output() {
            if let Output::Packet { bytes, .. } = output {
                black_box(bytes);
            }
        }
        ticking += start.elapsed();
    }
    [receiving, ticking].map(|spent| spent.as_secs_f64() * 1e6 / f64::from(TICKS) / legs as f64)
}

/// Returns the resident memory of this process, in kB.
fn resident_kb() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<f64>().ok());
    pages.unwrap_or(0.0) * 4.0
}

fn main() {
    let before = resident_kb();
    let engine = conference(5_000, 5_000);
    println!("{:.1} KB a leg", (resident_kb() - before) / 5_000.0);
    drop(engine);
    println!("µs per leg and tick:  legs  talkers  receive    tick     all");
    for legs in [5, 50, 200, 1_000] {
        for talkers in [legs, 3] {
            let [receive, tick] = cost(legs, talkers);
            let all = receive + tick;
            println!("{legs:>26}  {talkers:>7}  {receive:>7.3} {tick:>7.3} {all:>7.3}");
        }
    }
}
