//! Peers whose source address is not verified, and route sets beyond the limit.

use crate::network::raw::{header, request, say, sent_since, status, to_tag};
use crate::network::{CALLEE, Network, OFFER, secs};
use crate::wire::{THEIRS, Wire, head, request as over_tcp};
use confab_sip::Ending;

fn count(sent: &[String], line: &str) -> usize {
    sent.iter().filter(|text| text.starts_with(line)).count()
}

#[test]
fn answer_without_an_ack_is_retransmitted_three_times() {
    let mut net = Network::new(1);
    let before = net.seen.len();
    say(&mut net, &request("INVITE", 1, "", "", OFFER));
    net.run_for(secs(100));
    let sent = sent_since(&net, before);
    assert_eq!(count(&sent, "SIP/2.0 200 OK"), 1 + 3, "{}", net.story());
    assert!(count(&sent, "BYE ") <= 3, "{}", net.story());
    assert_eq!(net.endings(CALLEE), [Ending::TimedOut]);
    assert_eq!(net.agents[CALLEE].leftovers(), (0, 0, 0));
}

#[test]
fn refusal_without_an_ack_is_retransmitted_three_times() {
    let mut net = Network::new(1);
    net.answers = false;
    let before = net.seen.len();
    say(&mut net, &request("INVITE", 1, "", "", OFFER));
    let dialog = net.invited().unwrap();
    net.agents[CALLEE].reject(net.now, dialog, 486);
    net.collect();
    net.run_for(secs(100));
    assert_eq!(count(&sent_since(&net, before), "SIP/2.0 486"), 1 + 3);
}

#[test]
fn reliable_180_without_a_prack_is_retransmitted_three_times() {
    let mut net = Network::new(1);
    net.answers = false;
    let before = net.seen.len();
    say(
        &mut net,
        &request("INVITE", 1, "", "Supported: 100rel\r\n", OFFER),
    );
    let dialog = net.invited().unwrap();
    net.agents[CALLEE].ring(net.now, dialog);
    net.collect();
    net.run_for(secs(31));
    assert_eq!(count(&sent_since(&net, before), "SIP/2.0 180"), 1 + 3);
}

#[test]
fn peer_that_acknowledged_gets_every_retransmission() {
    let mut net = Network::new(1);
    let replies = say(&mut net, &request("INVITE", 1, "", "", OFFER));
    let tag = to_tag(replies.last().unwrap());
    say(&mut net, &request("ACK", 1, &tag, "", b""));
    let before = net.seen.len();
    say(&mut net, &request("INVITE", 2, &tag, "", OFFER));
    net.run_for(secs(31));
    assert!(count(&sent_since(&net, before), "SIP/2.0 200 OK") > 8);
}

#[test]
fn route_set_beyond_16_entries_or_4_kb_is_refused() {
    let route = |n: usize, length: usize| format!("<sip:{}@192.0.2.{n};lr>", "p".repeat(length));
    let routes = |count: usize, length: usize| {
        let lines = (0..count).map(|n| format!("Record-Route: {}\r\n", route(n, length)));
        lines.collect::<String>()
    };
    for (headers, taken) in [
        (routes(16, 1), true),
        (routes(17, 1), false),
        (routes(16, 230), true),
        (routes(16, 240), false),
    ] {
        let mut net = Network::new(1);
        let replies = say(&mut net, &request("INVITE", 1, "", &headers, OFFER));
        let last = replies.last().unwrap();
        assert_eq!(status(last), if taken { "200" } else { "400" });
        if !taken {
            assert!(last.starts_with("SIP/2.0 400 Record-Route Beyond 16 Entries Or 4096 Bytes"));
            assert_eq!(header(last, "Record-Route"), None);
            net.run_for(secs(40));
            assert_eq!(net.agents[CALLEE].leftovers(), (0, 0, 0));
        }
    }
}

#[test]
fn response_with_a_route_set_beyond_the_limit_cannot_be_used() {
    let mut wire = Wire::new();
    wire.dial("sip:anna@192.0.2.7:5070;transport=tcp");
    let ours = wire.opening("192.0.2.7:5070");
    let peer = "192.0.2.7:5070".parse().unwrap();
    let transport = confab_sip::Transport::Tcp;
    wire.happens(
        ours,
        confab_sip::ConnectionEvent::Opened { peer, transport },
    );
    let invite = wire.sent(ours);
    let routes = "Record-Route: <sip:192.0.2.9;lr>\r\n".repeat(17);
    let contact = "Contact: <sip:anna@192.0.2.7:5070;transport=tcp>\r\n";
    let ok = crate::wire::response_to(&invite, 200);
    let ok = ok.replace(
        "Content-Length",
        &format!("{routes}{contact}Content-Length"),
    );
    wire.receive(ours, &ok);
    let did = wire.did();
    let text = format!("{did:?}");
    assert!(text.contains("ACK ") && text.contains("BYE "), "{text}");
    assert!(!text.contains("Route: "), "{text}");
}

#[test]
fn answer_over_tcp_is_retransmitted_in_full() {
    let mut wire = Wire::new();
    wire.open(THEIRS, "192.0.2.7:40001");
    wire.receive(THEIRS, &over_tcp("INVITE", 1, ""));
    let dialog = wire.invited();
    wire.did();
    wire.agent.answer(wire.now, dialog, OFFER.to_vec());
    wire.run_for(secs(31));
    let sent = wire.did().into_iter().filter_map(|did| match did {
        crate::wire::Did::Sent(_, text) => Some(text),
        _ => None,
    });
    let answers = sent.filter(|text| head(text) == "SIP/2.0 200 OK");
    assert!(answers.count() > 8);
}
