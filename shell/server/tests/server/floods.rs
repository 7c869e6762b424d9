//! Tens of thousands of junk packets on every port during a call of two phones. No frame is
//! missing, the log remains short, the memory bounded.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use confab_phone::heard::{continuity, frames};
use confab_phone::{Phone, PhoneConfig, Phones, State, Voice};

use crate::process::{Folder, Server, command};

const PATIENCE: Duration = Duration::from_secs(5);
const SIP_JUNK: usize = 20_000;
const MEDIA_JUNK: usize = 50_000;
/// Number of bursts of the flood, with a packet of the call between them.
const BURSTS: usize = 100;
/// Number of media ports: two pairs.
const PORTS: u16 = 4;

fn call(phones: &Phones, server: &Server, hz: f64) -> Phone {
    let voice = Voice::Tone { hz, dbfs: -20.0 };
    let config = PhoneConfig::new(server.sip, "flooded", &format!("tone{hz}")).saying(voice);
    let phone = phones.call(&config).expect("a call");
    phone.wait_until_talking(PATIENCE).expect("a call");
    phone.wait_for_packets(25, PATIENCE).expect("a call");
    phone
}

/// Returns the first of `PORTS` consecutive free ports, an even number.
fn free_ports() -> u16 {
    let is_free = |port: &u16| UdpSocket::bind(("127.0.0.1", *port)).is_ok();
    for _ in 0..1_000 {
        let one = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let first = one.local_addr().expect("a socket").port() & !1;
        drop(one);
        if first < u16::MAX - PORTS && (first..first + PORTS).all(|port| is_free(&port)) {
            return first;
        }
    }
    panic!("nowhere are {PORTS} ports free in a row");
}

/// Writes the n-th SIP junk: nonsense, half a message, a stranger's BYE, control characters.
fn sip_junk(n: usize, bytes: &mut Vec<u8>) {
    bytes.clear();
    match n % 5 {
        0 => bytes.extend((0..n % 1_400).map(|at| (at * 31 + n * 7) as u8)),
        1 => bytes.extend_from_slice(b"INVITE sip:flooded@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP"),
        2 => {
            let via = format!("SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{n}");
            let bye = format!(
                "BYE sip:x@127.0.0.1 SIP/2.0\r\nVia: {via}\r\nFrom: <sip:a@b>;tag={n}\r\n\
                 To: <sip:c@d>;tag=wrong\r\nCall-ID: {n}@junk\r\nCSeq: 1 BYE\r\n\
                 Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
            );
            bytes.extend_from_slice(bye.as_bytes());
        }
        3 => bytes.extend_from_slice(b"SIP/2.0 200 \x1b[31m\r\nCSeq: \x00\r\n\r\n"),
        _ => bytes.extend_from_slice(&[b'\n'; 700]),
    }
}

/// Writes the n-th media junk: RTP of a foreign stream, RTCP with BYE, nonsense, an empty packet.
fn media_junk(n: usize, bytes: &mut Vec<u8>) {
    bytes.clear();
    match n % 4 {
        0 => {
            let (high, low) = ((n >> 8) as u8, n as u8);
            bytes.extend_from_slice(&[0x80, 0, high, low, 0, 0, high, low, 1, 2, 3, 4]);
            bytes.resize(172, 0x55);
        }
        1 => bytes.extend_from_slice(&[0x81, 203, 0, 1, 1, 2, 3, 4]),
        2 => bytes.extend((0..n % 1_500).map(|at| (at * 13 + n) as u8)),
        _ => {}
    }
}

#[test]
fn junk_on_every_port_leaves_a_call_and_the_log_alone() {
    let folder = Folder::new();
    let first = free_ports();
    let range = format!("{first}-{}", first + PORTS - 1);
    let mut server = Server::from(command(&folder).env("CONFAB_RTP_PORTS", range));
    let phones = Phones::new().unwrap();
    let anna = call(&phones, &server, 600.0);
    let boris = call(&phones, &server, 1_000.0);
    let before = server.resident();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut bytes = Vec::new();
    for burst in 0..BURSTS {
        for n in burst * SIP_JUNK / BURSTS..(burst + 1) * SIP_JUNK / BURSTS {
            sip_junk(n, &mut bytes);
            // Packets lost in a full buffer are not an error of the server.
            let _lost = stranger.send_to(&bytes, server.sip);
        }
        for n in burst * MEDIA_JUNK / BURSTS..(burst + 1) * MEDIA_JUNK / BURSTS {
            media_junk(n, &mut bytes);
            let port = first + (n / 4) as u16 % PORTS;
            let _lost = stranger.send_to(&bytes, SocketAddr::from(([127, 0, 0, 1], port)));
        }
        boris.wait_for_packets(1, PATIENCE).unwrap();
    }
    assert_eq!(server.health(), 200);
    assert!(server.figure("confab_sip_datagrams_total{way=\"in\"}") > 10_000.0);
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more");
    for phone in [&anna, &boris] {
        assert_eq!(phone.state(), State::Talking);
        let heard = continuity(&frames(&phone.packets()));
        assert_eq!((heard.missing, heard.doubled), (0, 0), "{heard:?}");
        assert!(heard.received > BURSTS);
    }
    for phone in [anna, boris] {
        phone.hang_up().unwrap();
        phone.wait_until_ended(PATIENCE).unwrap();
    }
    server.wait_for_figure("confab_calls", |figure| figure == 0.0);
    let log = server.end();
    assert!(log.len() < 50, "{} lines: {log:#?}", log.len());
    assert!(!log.iter().any(|line| line.contains('\u{1b}')));
    let ended = log.iter().filter(|line| line.contains("a call ended"));
    assert_eq!(ended.count(), 2, "{log:#?}");
}
