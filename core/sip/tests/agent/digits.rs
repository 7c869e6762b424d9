//! Digits by INFO.

use crate::network::raw::{request, say, sent_since, status, to_tag};
use crate::network::{CALLEE, CALLER, Network, OFFER, address, secs};
use confab_sip::Event;

fn info(cseq: u32, tag: &str, kind: &str, body: &str) -> String {
    let headers = format!("Content-Type: {kind}\r\n");
    let text = request("INFO", cseq, tag, &headers, b"");
    let length = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    text.replace("Content-Length: 0\r\n\r\n", &length)
}

#[test]
fn digits_are_told_once_each() {
    let mut net = Network::new(1);
    let replies = say(&mut net, &request("INVITE", 1, "", "", OFFER));
    let tag = to_tag(replies.last().unwrap());
    say(&mut net, &request("ACK", 1, &tag, "", b""));
    let (relay, event) = ("application/dtmf-relay", "audio/telephone-event");
    for (cseq, kind, body, wanted) in [
        (2, relay, "Signal=5\r\nDuration=160\r\n", "200"),
        (3, relay, "Duration = 160\nsignal= *\n", "200"),
        (4, "application/dtmf", "#", "200"),
        (5, "Application/DTMF", "10\r\n", "200"),
        (6, relay, "Signal=d", "200"),
        (7, relay, "Signal=55", "400"),
        (8, relay, "Duration=160", "400"),
        (9, "application/dtmf", "", "400"),
        (10, "application/media_control+xml", "<x/>", "415"),
        (11, event, "Signal=1\r\nDuration=100", "200"),
        (12, event, "d=2\n", "200"),
        (13, event, " 3 \r\n", "200"),
        // Bytes of RFC 4733: start, update with a longer duration; then two digits with the same
        // duration.
        (14, event, "\x04\x0a\x00\x50", "200"),
        (15, event, "\x04\x0a\x01\x40", "200"),
        (17, event, "\x0b\x0a\x00\x50", "200"),
        (18, event, "\x0b\x0a\x00\x50", "200"),
        (19, event, "\x10\x0a\x00\x50", "400"),
        (20, event, "", "400"),
    ] {
        let text = info(cseq, &tag, kind, body);
        assert_eq!(status(&say(&mut net, &text)[0]), wanted, "{text}");
        assert_eq!(status(&say(&mut net, &text)[0]), wanted, "repeated");
    }
    assert_eq!(pressed(&net), "5*#*D1234##");
    say(&mut net, &request("BYE", 21, &tag, "", b""));
    net.run_for(secs(33));
    net.assert_nothing_left("after digits");
}

#[test]
fn an_event_in_several_infos_is_one_digit() {
    let mut net = Network::new(1);
    let replies = say(&mut net, &request("INVITE", 1, "", "", OFFER));
    let tag = to_tag(replies.last().unwrap());
    say(&mut net, &request("ACK", 1, &tag, "", b""));
    // Event 7: start, update, end, then a second digit by its end only; event 8: start only, twice.
    let payloads: [[u8; 4]; 6] = [
        [7, 10, 0, 80],
        [7, 10, 1, 64],
        [7, 0x8a, 3, 32],
        [7, 0x8a, 3, 32],
        [8, 10, 0, 160],
        [8, 10, 0, 160],
    ];
    for (cseq, payload) in (2..).zip(payloads) {
        let text = info(cseq, &tag, "audio/telephone-event", "BODY");
        let mut bytes = text.into_bytes();
        let at = bytes.len() - payload.len();
        bytes[at..].copy_from_slice(&payload);
        let before = net.seen.len();
        net.deliver(CALLEE, address(CALLER), &bytes);
        assert_eq!(status(&sent_since(&net, before)[0]), "200", "{payload:?}");
    }
    assert_eq!(pressed(&net), "7788");
}

fn pressed(net: &Network) -> String {
    let events = net.events[CALLEE].iter();
    let digits = events.filter_map(|(_, event)| match event {
        Event::Pressed { digit, .. } => Some(digit.0),
        _ => None,
    });
    digits.collect()
}
