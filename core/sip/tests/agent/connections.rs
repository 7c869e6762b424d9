//! Calls over TCP: which connection a message takes, what happens without one, and every bound.

use std::time::Duration;

use crate::network::ANSWER;
use crate::wire::{Did, THEIRS, Wire, head, lines, request, response_to};
use confab_sip::{ConnectionEvent, ConnectionId, Ending, Event, Target, Transport, check_dialled};
use confab_terms::limits::{
    SIP_CONNECTION_GREETING, SIP_CONNECTION_IDLE, SIP_CONNECTION_OPENING, SIP_CONNECTIONS_MAX,
    SIP_CONNECTIONS_OF_ADDRESS_MAX,
};

const SECOND: Duration = Duration::from_secs(1);
/// An INVITE that was accepted is remembered for 32 s (RFC 6026): transactions, dialogs, timers.
const ONLY_TIMER_L: (usize, usize, usize) = (1, 0, 1);

#[test]
fn a_call_stays_on_its_connection() {
    let mut wire = Wire::new();
    wire.open(THEIRS, "192.0.2.7:40001");
    wire.receive(THEIRS, &request("INVITE", 1, ""));
    let dialog = wire.invited();
    let trying = wire.sent(THEIRS);
    assert_eq!(head(&trying), "SIP/2.0 100 Trying");
    wire.agent.answer(wire.now, dialog, ANSWER.to_vec());
    let ok = wire.sent(THEIRS);
    assert_eq!(
        lines(&ok, "Contact: "),
        ["<sip:192.0.2.1:5060;transport=tcp>"]
    );
    let to = lines(&ok, "To: ")[0].replace("<sip:room@192.0.2.1>", "");
    wire.receive(THEIRS, &request("ACK", 1, &to));
    wire.agent.hang_up(wire.now, dialog);
    let bye = wire.sent(THEIRS);
    assert_eq!(
        head(&bye),
        "BYE sip:anna@192.0.2.7:5070;transport=tcp SIP/2.0"
    );
    assert!(lines(&bye, "Via: ")[0].starts_with("SIP/2.0/TCP 192.0.2.1:5060;branch="));
    // A stream repeats by itself; without an answer it is over all the same.
    wire.run_for(40 * SECOND);
    assert_eq!(wire.did(), []);
    assert_eq!(wire.agent.leftovers(), (0, 0, 0));
}

#[test]
fn an_answered_bye_leaves_nothing_at_once() {
    let mut wire = Wire::new();
    let dialog = wire.call(THEIRS);
    wire.agent.hang_up(wire.now, dialog);
    let bye = wire.sent(THEIRS);
    wire.receive(THEIRS, &response_to(&bye, 200));
    wire.run_for(Duration::ZERO);
    assert_eq!(wire.agent.leftovers(), ONLY_TIMER_L, "timer K is 0");
    wire.run_for(32 * SECOND);
    assert_eq!(wire.agent.leftovers(), (0, 0, 0));
}

#[test]
fn a_refusal_over_tcp_is_sent_once() {
    let mut wire = Wire::new();
    wire.open(THEIRS, "192.0.2.7:40001");
    wire.receive(THEIRS, &request("INVITE", 1, ""));
    let dialog = wire.invited();
    wire.did();
    wire.agent.reject(wire.now, dialog, 486);
    assert_eq!(head(&wire.sent(THEIRS)), "SIP/2.0 486 Busy Here");
    wire.run_for(31 * SECOND);
    assert_eq!(wire.did(), [], "timer G is UDP's");
}

#[test]
fn a_bye_opens_a_connection_when_theirs_is_gone() {
    let mut wire = Wire::new();
    let dialog = wire.call(THEIRS);
    wire.happens(THEIRS, ConnectionEvent::Closed);
    wire.agent.hang_up(wire.now, dialog);
    let ours = wire.opening("192.0.2.7:5070");
    wire.happens(ours, opened("192.0.2.7:5070"));
    let bye = wire.sent(ours);
    wire.receive(ours, &response_to(&bye, 200));
    wire.run_for(Duration::ZERO);
    assert_eq!(wire.agent.leftovers(), ONLY_TIMER_L);
}

#[test]
fn a_bye_that_finds_no_way_ends_the_call_all_the_same() {
    for silent in [false, true] {
        let mut wire = Wire::new();
        let dialog = wire.call(THEIRS);
        wire.happens(THEIRS, ConnectionEvent::Closed);
        wire.agent.hang_up(wire.now, dialog);
        let ours = wire.opening("192.0.2.7:5070");
        if silent {
            wire.run_for(SIP_CONNECTION_OPENING);
            assert_eq!(wire.did(), [Did::Closed(ours)]);
        } else {
            wire.happens(ours, ConnectionEvent::Closed);
        }
        wire.run_for(Duration::ZERO);
        assert_eq!(wire.agent.leftovers(), ONLY_TIMER_L);
        assert_eq!(wire.endings(), [Ending::ByeSent]);
    }
}

#[test]
fn a_request_on_a_dead_connection_is_sent_once_more() {
    let mut wire = Wire::new();
    let dialog = wire.call(THEIRS);
    wire.agent.hang_up(wire.now, dialog);
    let bye = wire.sent(THEIRS);
    wire.happens(THEIRS, ConnectionEvent::Closed);
    let ours = wire.opening("192.0.2.7:5070");
    wire.happens(ours, opened("192.0.2.7:5070"));
    assert_eq!(wire.sent(ours), bye);
    // Not for ever, though.
    wire.happens(ours, ConnectionEvent::Closed);
    wire.run_for(Duration::ZERO);
    assert_eq!((wire.did(), wire.agent.leftovers()), (vec![], ONLY_TIMER_L));
}

#[test]
fn a_response_without_its_connection_goes_to_the_via() {
    for (host, via) in [
        ("192.0.2.7", "192.0.2.7:5070"),
        ("10.0.0.9", "192.0.2.7:5070"),
        ("phone.example", "192.0.2.7:5070"),
    ] {
        let mut wire = Wire::new();
        wire.open(THEIRS, "192.0.2.7:40001");
        wire.receive(
            THEIRS,
            &request("INVITE", 1, "").replace("TCP 192.0.2.7", &format!("TCP {host}")),
        );
        let dialog = wire.invited();
        wire.did();
        wire.happens(THEIRS, ConnectionEvent::Closed);
        wire.agent.reject(wire.now, dialog, 486);
        let ours = wire.opening(via);
        wire.happens(ours, ConnectionEvent::Closed);
        // Only a name is one more way (RFC 3261 §18.2.2).
        if host != "phone.example" {
            assert_eq!(wire.did(), [], "{host}");
            continue;
        }
        let lookup = wire.looked_up("phone.example");
        let address = "192.0.2.8:5070".parse().unwrap();
        wire.agent
            .handle_resolved(wire.now, lookup, &[Target::plain(address)]);
        let ours = wire.opening("192.0.2.8:5070");
        wire.happens(ours, opened("192.0.2.8:5070"));
        assert_eq!(head(&wire.sent(ours)), "SIP/2.0 486 Busy Here");
    }
}

#[test]
fn behind_a_proxy_the_contact_counts_and_not_the_connection() {
    let mut wire = Wire::new();
    wire.open(THEIRS, "192.0.2.50:40001");
    let two = "Via: SIP/2.0/TCP 192.0.2.50;branch=z9hG4bKp\r\nVia: ";
    let proxied = |text: String| text.replacen("Via: ", two, 1);
    wire.receive(THEIRS, &proxied(request("INVITE", 1, "")));
    let dialog = wire.answered(THEIRS);
    wire.agent.hang_up(wire.now, dialog);
    wire.opening("192.0.2.7:5070");
    // With a route through the proxy, its connection leads there.
    let mut wire = Wire::new();
    wire.open(THEIRS, "192.0.2.50:40001");
    let routed = proxied(request("INVITE", 1, "")).replacen(
        "From: ",
        "Record-Route: <sip:192.0.2.50;transport=tcp;lr>\r\nFrom: ",
        1,
    );
    wire.receive(THEIRS, &routed);
    let dialog = wire.answered(THEIRS);
    wire.agent.hang_up(wire.now, dialog);
    assert!(wire.sent(THEIRS).starts_with("BYE "));
}

#[test]
fn we_call_over_tcp() {
    let mut wire = Wire::new();
    wire.dial("sip:boris@192.0.2.9;transport=tcp");
    let ours = wire.opening("192.0.2.9:5060");
    wire.run_for(2 * SECOND);
    assert_eq!(wire.did(), [], "one connection, one INVITE");
    wire.happens(ours, opened("192.0.2.9:5060"));
    let invite = wire.sent(ours);
    assert_eq!(
        head(&invite),
        "INVITE sip:boris@192.0.2.9;transport=tcp SIP/2.0"
    );
    assert_eq!(
        lines(&invite, "Contact: "),
        ["<sip:192.0.2.1:5060;transport=tcp>"]
    );
    assert!(lines(&invite, "Via: ")[0].starts_with("SIP/2.0/TCP 192.0.2.1:5060;"));
    let contact = "Contact: <sip:boris@192.0.2.9;transport=tcp>\r\nCSeq: ";
    let ok = response_to(&invite, 200).replacen("CSeq: ", contact, 1);
    wire.receive(ours, &ok);
    assert!(wire.sent(ours).starts_with("ACK "));
    assert!(
        matches!(wire.told[..], [Event::Answered { .. }]),
        "{:?}",
        wire.told
    );
}

#[test]
fn a_call_that_finds_nobody_is_refused_with_503() {
    let mut wire = Wire::new();
    wire.dial("sip:boris@192.0.2.9;transport=tcp");
    let ours = wire.opening("192.0.2.9:5060");
    wire.happens(ours, ConnectionEvent::Closed);
    wire.run_for(Duration::ZERO);
    assert_eq!(wire.endings(), [Ending::Refused(503)]);
    assert_eq!(wire.agent.leftovers(), (0, 0, 0));
}

#[test]
fn what_cannot_be_dialled_says_why() {
    for (uri, words) in [
        ("sips:a@192.0.2.1", "TLS"),
        ("sip:a@192.0.2.1;transport=tls", "CONFAB_SIPS_LISTEN"),
        ("sip:a@192.0.2.1;transport=sctp", "udp, tcp or tls would do"),
        ("sip:a@0.0.0.0", "nobody"),
        ("sip:a@192.0.2.1:0", "nobody"),
        ("tel:+123", "no SIP URI"),
    ] {
        let why = check_dialled(uri, false).unwrap_err().to_string();
        assert!(why.contains(words) && why.contains(uri), "{why}");
        let mut wire = Wire::new();
        wire.dial(uri);
        assert_eq!(wire.endings(), [Ending::Refused(416)], "{uri}");
    }
    assert_eq!(
        check_dialled("sip:a@b.example;transport=TCP", false),
        Ok(())
    );
}

#[test]
fn sips_to_us_is_416_over_what_is_no_tls() {
    let mut wire = Wire::new();
    wire.open(THEIRS, "192.0.2.7:40001");
    let secure =
        request("INVITE", 1, "").replacen("sip:room@192.0.2.1 SIP", "sips:room@192.0.2.1 SIP", 1);
    wire.receive(THEIRS, &secure);
    assert_eq!(
        head(&wire.sent(THEIRS)),
        "SIP/2.0 416 Unsupported URI Scheme"
    );
    let from = "192.0.2.7:5070".parse().unwrap();
    wire.agent.handle(wire.now, from, secure.as_bytes());
    let [Did::Datagram(_, text)] = &wire.did()[..] else {
        panic!("no answer");
    };
    assert_eq!(head(text), "SIP/2.0 416 Unsupported URI Scheme");
}

#[test]
fn keep_alives_are_answered_on_streams_and_passed_over_in_datagrams() {
    let mut wire = Wire::new();
    wire.open(THEIRS, "192.0.2.7:40001");
    wire.receive(THEIRS, "\r\n\r\n");
    assert_eq!(wire.sent(THEIRS), "\r\n");
    let stun = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl".as_slice();
    for bytes in [b"\r\n\r\n".as_slice(), b"\r\n", b"\0\0\0\0", stun, b""] {
        wire.agent
            .handle(wire.now, "192.0.2.7:5070".parse().unwrap(), bytes);
        assert_eq!(wire.did(), [], "{bytes:?}");
    }
}

#[test]
fn a_silent_connection_is_closed_unless_a_call_needs_it() {
    let mut wire = Wire::new();
    wire.open(THEIRS, "192.0.2.7:40001");
    wire.run_for(SIP_CONNECTION_GREETING);
    assert_eq!(wire.did(), [Did::Closed(THEIRS)], "it never said anything");

    let other = ConnectionId::Theirs(2);
    wire.open(other, "192.0.2.7:40002");
    wire.run_for(SIP_CONNECTION_GREETING - SECOND);
    wire.receive(other, "\r\n\r\n");
    wire.did();
    wire.run_for(SIP_CONNECTION_IDLE - SECOND);
    assert_eq!(wire.did(), []);
    wire.run_for(SECOND);
    assert_eq!(wire.did(), [Did::Closed(other)]);
    assert_eq!(
        (wire.agent.connections(), wire.agent.next_deadline()),
        (0, None)
    );

    let third = ConnectionId::Theirs(3);
    let dialog = wire.call(third);
    wire.run_for(3 * SIP_CONNECTION_IDLE);
    assert_eq!(wire.agent.connections(), 1, "a call needs it");
    wire.agent.hang_up(wire.now, dialog);
    let bye = wire.sent(third);
    wire.receive(third, &response_to(&bye, 200));
    wire.run_for(SIP_CONNECTION_IDLE);
    assert_eq!(wire.did(), [Did::Closed(third)]);
}

#[test]
fn half_a_message_is_not_waited_for_for_ever() {
    let mut wire = Wire::new();
    wire.open(THEIRS, "192.0.2.7:40001");
    wire.receive(THEIRS, "OPTIONS sip:room@192.0.2.1 SIP/2.0\r\nVia: ");
    wire.run_for(31 * SECOND);
    wire.receive(THEIRS, "S");
    assert_eq!(wire.did(), []);
    wire.run_for(SECOND);
    assert_eq!(wire.did(), [Did::Closed(THEIRS)], "more bytes buy no time");
    // What is told of it afterwards changes nothing.
    wire.receive(THEIRS, &request("OPTIONS", 1, ""));
    wire.happens(THEIRS, ConnectionEvent::Closed);
    assert_eq!(wire.did(), []);
}

#[test]
fn no_address_gets_all_connections_and_nobody_more_than_all() {
    let mut wire = Wire::new();
    let mut number = 0;
    let mut open = |wire: &mut Wire, from: &str| {
        number += 1;
        let id = ConnectionId::Theirs(number);
        wire.open(id, &format!("{from}:{}", 1_024 + number % 60_000));
        wire.did() == [Did::Closed(id)]
    };
    for _ in 0..SIP_CONNECTIONS_OF_ADDRESS_MAX {
        assert!(!open(&mut wire, "192.0.2.7"));
    }
    assert!(open(&mut wire, "192.0.2.7"), "one address has enough");
    // IPv4 within IPv6 is the same address.
    assert!(open(&mut wire, "[::ffff:192.0.2.7]"));
    for n in wire.agent.connections()..SIP_CONNECTIONS_MAX {
        assert!(!open(&mut wire, &format!("198.51.100.{}", n % 200)));
    }
    assert!(open(&mut wire, "203.0.113.1"), "all have enough");
    wire.happens(ConnectionId::Theirs(1), ConnectionEvent::Closed);
    assert!(!open(&mut wire, "203.0.113.1"), "one has gone");
}

fn opened(peer: &str) -> ConnectionEvent {
    ConnectionEvent::Opened {
        peer: peer.parse().unwrap(),
        transport: Transport::Tcp,
    }
}
