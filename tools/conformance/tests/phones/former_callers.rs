//! Phones that continue to send after the server was killed or ended: the new process does not mix
//! their audio, and sends nothing to them.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::by_hand::{HandCall, Says, Talker};
use confab_conformance::ear;
use confab_conformance::party::{DBFS, TONES, heard, settle};
use confab_conformance::ports::free_media_ports;
use confab_conformance::server::{Server, pause};
use confab_phone::heard::Frame;
use confab_phone::machine;

const PAIRS: u16 = 8;
/// Number of former callers; two pairs of ports remain.
const FORMER: u16 = 6;
const FORMER_HZ: f64 = TONES[2];

/// Returns a tone after a number of silent packet times.
fn tone(hz: f64, after: u32) -> Says {
    Box::new(move |n| match n < after {
        true => Vec::new(),
        false => vec![ear::packet(n, hz, DBFS)],
    })
}

struct Hand {
    call: HandCall,
    talker: Talker,
}

fn sdp(port: u16) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    )
}

impl Hand {
    fn place(sip: SocketAddr, room: &str, says: Says) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let mut call = HandCall::new(sip, room).unwrap();
        let to = call.talk(&sdp(port)).unwrap();
        let talker = Talker::start(socket, to, says).unwrap();
        Self { call, talker }
    }

    /// Returns the tones in the received frames, and checks for former callers. A measurement with
    /// a tone in some frames only is repeated, because a sender in this process was late.
    fn hears(&self, name: &str) -> Vec<String> {
        let voices = [("anna", TONES[0]), ("boris", TONES[1]), ("clara", TONES[3])];
        for _ in 0..10 {
            let frames = self.talker.listen(Duration::from_millis(400));
            no_former_caller(name, &frames);
            if let Ok(names) = heard(name, &frames, &voices) {
                return names;
            }
            machine::note_repeated("a talker was late");
        }
        panic!("{name} hears voices now and then only");
    }
}

fn no_former_caller(name: &str, frames: &[Frame]) {
    let former = heard(name, frames, &[("former", FORMER_HZ)]).unwrap();
    assert!(former.is_empty(), "{name} hears a former caller");
}

/// Ends the process that has the former callers. They respond to a BYE, and continue to send.
fn end(mut server: Server, former: &[Hand], by_signal: bool) {
    if !by_signal {
        // SIGKILL.
        return drop(server);
    }
    std::thread::scope(|scope| {
        for hand in former {
            scope.spawn(|| hand.call.wait_for_bye().unwrap());
        }
        assert!(server.terminate().unwrap().success());
    });
}

fn former_callers_are_apart(by_signal: bool) {
    let first = free_media_ports(2 * PAIRS).unwrap();
    let range = format!("{first}-{}", first + 2 * PAIRS - 1);
    let settings = [
        ("CONFAB_RTP_PORTS", range.as_str()),
        ("CONFAB_DRAIN_SECONDS", "1"),
    ];
    let server = Server::start(&settings).unwrap();
    let sip: SocketAddr = server.sip.parse().unwrap();
    let former: Vec<Hand> = (0..FORMER)
        .map(|_| Hand::place(sip, "before", tone(FORMER_HZ, 0)))
        .collect();
    Api::new(&server).unwrap().seated("before", 6).unwrap();
    for hand in &former {
        assert!(hand.talker.listen(Duration::from_millis(100)).len() > 2);
    }
    let address = sip.to_string();
    end(server, &former, by_signal);

    let mut settings = settings.to_vec();
    settings.push(("CONFAB_SIP_LISTEN", &address));
    let server = Server::start(&settings).unwrap();
    let begun = confab_phone::now();
    let anna = Hand::place(sip, "after", tone(TONES[0], 0));
    // The phone starts to send after the learning of sources.
    let boris = Hand::place(sip, "after", tone(TONES[1], 150));
    Api::new(&server).unwrap().seated("after", 2).unwrap();
    settle();
    assert!(anna.hears("anna").is_empty());
    assert_eq!(boris.hears("boris"), ["anna"]);
    pause(Duration::from_millis(2_500));
    assert_eq!(anna.hears("anna"), ["boris"]);
    assert_eq!(boris.hears("boris"), ["anna"]);

    // All other ports receive packets of former callers, so that the next call is rejected.
    let mut third = HandCall::new(sip, "after").unwrap();
    let refused = third.invite(&sdp(9)).unwrap();
    assert!(refused.starts_with("SIP/2.0 503 "), "{refused}");
    third.acknowledge("").unwrap();
    let given_up = server.metric("confab_media_ports_given_up_total").unwrap();
    assert!(given_up >= u64::from(FORMER), "{given_up}");
    for hand in &former {
        let sent = hand.talker.since(begun);
        assert!(sent.is_empty(), "{} frames to a former caller", sent.len());
    }
    // The ports are used again once the former callers are silent.
    drop(former);
    let clara = Hand::place(sip, "after", tone(TONES[3], 0));
    settle();
    assert_eq!(clara.hears("clara"), ["anna", "boris"]);
    assert_eq!(anna.hears("anna"), ["boris", "clara"]);
    for (name, hand) in [("anna", &anna), ("boris", &boris), ("clara", &clara)] {
        no_former_caller(name, &hand.talker.since(begun));
    }
}

#[test]
fn former_callers_are_neither_heard_nor_sent_anything_after_sigkill() {
    former_callers_are_apart(false);
}

#[test]
fn former_callers_are_neither_heard_nor_sent_anything_after_sigterm() {
    former_callers_are_apart(true);
}
