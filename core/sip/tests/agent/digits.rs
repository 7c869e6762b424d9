//! Digits by INFO.

use crate::network::raw::{request, say, status, to_tag};
use crate::network::{CALLEE, Network, OFFER, secs};
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
    let relay = "application/dtmf-relay";
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
    ] {
        let text = info(cseq, &tag, kind, body);
        assert_eq!(status(&say(&mut net, &text)[0]), wanted, "{text}");
        assert_eq!(status(&say(&mut net, &text)[0]), wanted, "repeated");
    }
    let pressed = net.events[CALLEE]
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Pressed { digit, .. } => Some(digit.0),
            _ => None,
        });
    assert_eq!(pressed.collect::<String>(), "5*#*D");
    say(&mut net, &request("BYE", 11, &tag, "", b""));
    net.run_for(secs(33));
    net.assert_nothing_left("after digits");
}
