//! Unusual SDP, payload types, sources of RTP, bursts and clocks, from phones with SDP and RTP
//! written by the tests; audibility is measured at another phone.

use std::net::UdpSocket;
use std::time::Duration;

use confab_codec::{Encoder, OpusSettings, PAYLOAD_BYTES_MAX};
use confab_conformance::api::Api;
use confab_conformance::by_hand::{HandCall, Talker, rtp_address};
use confab_conformance::ear::{self, SSRC};
use confab_conformance::party::{Caller, DBFS, TONES, call, heard, settle};
use confab_conformance::server::{Server, pause};
use confab_phone::Phones;
use confab_terms::Codec;

const HZ: f64 = TONES[1];
const EVENTS: &str = "a=rtpmap:101 telephone-event/8000\r\n";

fn offer(host: &str, port: u16, more: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n{EVENTS}{more}"
    )
}

struct Room {
    api: Api,
    listener: Caller,
    _phones: Phones,
    server: Server,
    name: &'static str,
}

impl Room {
    fn open(name: &'static str, environment: &[(&str, &str)]) -> Self {
        let server = Server::start(environment).unwrap();
        let api = Api::new(&server).unwrap();
        let phones = Phones::new().unwrap();
        let listener = call(&phones, &server, name, "listener", TONES[0]).unwrap();
        api.seated(name, 1).unwrap();
        Self {
            api,
            listener,
            _phones: phones,
            server,
            name,
        }
    }

    fn phone(&self) -> HandCall {
        HandCall::new(self.server.sip.parse().unwrap(), self.name).unwrap()
    }

    /// Returns whether the listener receives the tone of the test's phone.
    fn hears(&self) -> bool {
        let phone = &self.listener.phone;
        let frames = phone.listen_in_time(Duration::from_millis(400)).unwrap();
        heard("listener", &frames, &[("hand", HZ)]).unwrap() == ["hand"]
    }

    /// Ends the call of the test's phone by the API.
    fn remove(&self) {
        let (conference, seated) = self.api.seated(self.name, 2).unwrap();
        let call = seated[1]["call_sid"].as_str().unwrap();
        let path = format!("/Conferences/{conference}/Participants/{call}");
        assert_eq!(self.api.delete(&path).unwrap().status, 204);
    }
}

fn socket() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

fn tone() -> confab_conformance::by_hand::Says {
    Box::new(|n| vec![ear::packet(n, HZ, DBFS)])
}

#[test]
fn odd_sdp_is_answered_heard_and_ended_by_us() {
    let room = Room::open("odd", &[]);
    for (host, more) in [
        ("127.0.0.1", "m=video 0 RTP/AVP 96\r\na=rtpmap:96\r\n"),
        ("127.0.0.1", "m=video 0 RTP/AVP\r\n"),
        (
            "127.0.0.1",
            "m=video 5000 RTP/AVP 99\r\na=rtpmap:99 H264/\r\n",
        ),
        ("127.0.0.1", "a=rtpmap:18 G729/\r\na=rtcp:\r\n"),
        ("127.0.0.1", "  \r\na=sendrecv\r\n  \r\n"),
        ("127.0.0.1", "a=sendrecv\r\n\0"),
        ("127.0.0.1\t", "a=ptime:20\t\r\n"),
        ("localhost", ""),
    ] {
        let (socket, port) = socket();
        let mut phone = room.phone();
        let to = phone.talk(&offer(host, port, more)).unwrap();
        let talker = Talker::start(socket, to, tone()).unwrap();
        settle();
        assert!(room.hears(), "{host} {more}");
        room.remove();
        phone.wait_for_bye().unwrap();
        drop(talker);
        room.api.seated(room.name, 1).unwrap();
    }
    let mut phone = room.phone();
    let refused = phone.invite(&offer("no-such-host.invalid", 9, "")).unwrap();
    assert!(refused.starts_with("SIP/2.0 488 "), "{refused}");
    phone.acknowledge("").unwrap();
}

#[test]
fn payload_types_of_our_offer_and_of_the_answer_are_received() {
    let codecs = [("CONFAB_CODECS", "opus,PCMU")];
    let room = Room::open("numbers", &codecs);
    for sent in [111, 96] {
        let (socket, port) = socket();
        let mut phone = room.phone();
        let answer = phone.invite("").unwrap();
        assert!(answer.contains("a=rtpmap:111 opus/48000/2"), "{answer}");
        let theirs = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n"
        );
        phone.acknowledge(&theirs).unwrap();
        let mut encoder = Encoder::new(Codec::Opus, OpusSettings::default());
        let says = move |n| vec![opus(&mut encoder, n, sent)];
        let to = rtp_address(&answer).unwrap();
        let talker = Talker::start(socket, to, Box::new(says)).unwrap();
        room.api.seated(room.name, 2).unwrap();
        settle();
        assert!(room.hears(), "{sent}");
        phone.hang_up().unwrap();
        drop(talker);
        room.api.seated(room.name, 1).unwrap();
    }
}

fn opus(encoder: &mut Encoder, n: u32, payload_type: u8) -> Vec<u8> {
    let peak = 32_767.0 * 10_f64.powf(DBFS / 20.0);
    let sample = |i: usize| {
        let at = f64::from(n) * 960.0 + i as f64;
        (peak * (std::f64::consts::TAU * HZ * at / 48_000.0).sin()) as i16
    };
    let samples: Vec<i16> = (0..960).map(sample).collect();
    let mut payload = [0; PAYLOAD_BYTES_MAX];
    let bytes = encoder.encode(&samples, &mut payload);
    let mut packet = vec![0x80, payload_type];
    packet.extend((n as u16).to_be_bytes());
    packet.extend((n * 960).to_be_bytes());
    packet.extend(SSRC.to_be_bytes());
    packet.extend(&payload[..bytes]);
    packet
}

#[test]
fn media_mapping_that_changes_between_hold_and_resume_is_heard_both_ways() {
    let room = Room::open("nat", &[]);
    let mut phone = room.phone();
    let private = |more: &str| offer("192.168.1.50", 4_000, more);
    let to = phone.talk(&private("")).unwrap();
    let both_ways = |talker: &Talker| {
        let theirs = talker.listen(Duration::from_millis(400));
        let listener = [("listener", TONES[0])];
        heard("hand", &theirs, &listener).unwrap() == ["listener"] && room.hears()
    };
    let first = Talker::start(socket().0, to, tone()).unwrap();
    pause(Duration::from_millis(500));
    assert!(both_ways(&first));
    // Long enough for the source to be locked.
    pause(Duration::from_millis(4_500));
    phone.talk(&private("a=inactive\r\n")).unwrap();
    drop(first);
    let second = Talker::start(socket().0, to, tone()).unwrap();
    pause(Duration::from_millis(300));
    phone.talk(&private("a=sendrecv\r\n")).unwrap();
    pause(Duration::from_millis(500));
    assert!(both_ways(&second));
    // Another port of the same host is neither mixed nor sent RTP while this port is active.
    let loud = Box::new(|n| vec![ear::packet(n, TONES[3], DBFS); 3]);
    let attacker = Talker::start(socket().0, to, loud).unwrap();
    pause(Duration::from_millis(300));
    let phone = &room.listener.phone;
    let frames = phone.listen_in_time(Duration::from_millis(400)).unwrap();
    let names = heard("listener", &frames, &[("attacker", TONES[3])]).unwrap();
    assert!(names.is_empty());
    assert!(attacker.listen(Duration::from_millis(100)).is_empty());
}

#[test]
fn slow_timestamps_and_bursts_are_heard() {
    let room = Room::open("clocks", &[]);
    for (name, says) in [
        (
            "slow",
            Box::new(|n| vec![clocked(n, n * 80)]) as confab_conformance::by_hand::Says,
        ),
        ("fast", Box::new(|n| vec![clocked(n, n * 320)])),
    ] {
        let (socket, port) = socket();
        let mut phone = room.phone();
        let to = phone.talk(&offer("127.0.0.1", port, "")).unwrap();
        let talker = Talker::start(socket, to, says).unwrap();
        pause(Duration::from_millis(1_500));
        assert!(room.hears(), "{name}");
        phone.hang_up().unwrap();
        drop(talker);
        room.api.seated(room.name, 1).unwrap();
    }
    // Every 2 s, another tone of 400 ms is delayed, and arrives at once.
    let (socket, port) = socket();
    let mut phone = room.phone();
    let to = phone.talk(&offer("127.0.0.1", port, "")).unwrap();
    let mut kept = Vec::new();
    let says = move |n: u32| {
        let held = n % 100 < 20;
        kept.push(ear::packet(n, if held { TONES[2] } else { HZ }, DBFS));
        if held {
            Vec::new()
        } else {
            std::mem::take(&mut kept)
        }
    };
    let _talker = Talker::start(socket, to, Box::new(says)).unwrap();
    pause(Duration::from_millis(1_000));
    let listener = &room.listener.phone;
    let frames = listener
        .listen_in_time(Duration::from_millis(4_000))
        .unwrap();
    let of_burst = frames.iter().filter(|frame| {
        let (mut re, mut im) = (0.0, 0.0);
        for (i, &sample) in frame.samples.iter().enumerate() {
            let at = std::f64::consts::TAU * TONES[2] * i as f64 / 8_000.0;
            re += f64::from(sample) * at.cos();
            im += f64::from(sample) * at.sin();
        }
        re.hypot(im) * 2.0 / frame.samples.len() as f64 > 2_000.0
    });
    // Two bursts; the newest 200 ms of each are played, slightly accelerated.
    let count = of_burst.count();
    assert!((12..=22).contains(&count), "{count} frames of two bursts");
}

fn clocked(n: u32, timestamp: u32) -> Vec<u8> {
    let mut packet = ear::packet(n, HZ, DBFS);
    packet[4..8].copy_from_slice(&timestamp.to_be_bytes());
    packet
}
