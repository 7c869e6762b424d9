//! Calls over TCP: choice of the connection, loss of a connection, and limits.

use std::time::Duration;

use crate::network::ANSWER;
use crate::wire::{Did, THEIRS, Wire, head, lines, request, response_to};
use confab_sip::{
    Access, ConnectionEvent, ConnectionId, Ending, Event, Limit, Target, Transport, Trunk,
    check_dialled,
};
use confab_terms::limits::{
    SIP_CONNECTION_GREETING, SIP_CONNECTION_IDLE, SIP_CONNECTION_OPENING, SIP_CONNECTIONS_MAX,
    SIP_CONNECTIONS_OF_CLIENT_SHARE, SIP_CONNECTIONS_OF_STRANGER_SHARE, SIP_MESSAGE_BYTES_MAX,
    SIP_UNFINISHED_BYTES_MAX,
};

const SECOND: Duration = Duration::from_secs(1);
/// Leftovers of an accepted INVITE for 32 s (RFC 6026): transactions, dialogs, timers.
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
    // No retransmission over a stream; timer F still ends the transaction.
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
    // The request is sent again only once.
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
        // Only a name in Via is a further target (RFC 3261 §18.2.2).
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
    // With a route set, the connection of the proxy is used.
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
    wire.run_for(SECOND);
    assert_eq!(wire.did(), [Did::Closed(other)], "a ping buys no time");

    let other = ConnectionId::Theirs(4);
    wire.open(other, "192.0.2.7:40004");
    wire.receive(other, &request("OPTIONS", 1, ""));
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
    wire.run_for(2 * SIP_CONNECTION_IDLE);
    assert_eq!(wire.agent.connections(), 1, "a call needs it");
    wire.agent.hang_up(wire.now, dialog);
    let bye = wire.sent(third);
    wire.receive(third, &response_to(&bye, 200));
    wire.run_for(SIP_CONNECTION_IDLE);
    assert_eq!(wire.did(), [Did::Closed(third)]);
}

#[test]
fn half_a_message_is_not_waited_for_for_ever() {
    for (known, patience) in [(false, SIP_CONNECTION_GREETING), (true, 32 * SECOND)] {
        let mut wire = Wire::new();
        wire.open(THEIRS, "192.0.2.7:40001");
        if known {
            wire.receive(THEIRS, &request("OPTIONS", 1, ""));
            wire.did();
        }
        wire.receive(THEIRS, "OPTIONS sip:room@192.0.2.1 SIP/2.0\r\nVia: ");
        wire.run_for(patience - SECOND);
        wire.receive(THEIRS, "S");
        assert_eq!(wire.did(), []);
        wire.run_for(SECOND);
        assert_eq!(wire.did(), [Did::Closed(THEIRS)], "more bytes buy no time");
        // Later events of the connection are ignored.
        wire.receive(THEIRS, &request("OPTIONS", 2, ""));
        wire.happens(THEIRS, ConnectionEvent::Closed);
        assert_eq!(wire.did(), []);
    }
}

/// Helper that opens connections to an agent with a trunk at 192.0.2.99.
struct Crowd {
    wire: Wire,
    number: u64,
}

impl Crowd {
    fn new() -> Self {
        let mut wire = Wire::new();
        let trunk = Trunk {
            name: "carrier".into(),
            networks: vec!["192.0.2.99".parse().unwrap()],
            account: None,
            gateway: None,
            srtp: None,
            nat: confab_sip::Nat::Auto,
            identity: Default::default(),
        };
        wire.agent.guard(Access {
            open: true,
            trunks: vec![trunk],
        });
        Self { wire, number: 0 }
    }

    /// Opens a connection, with a request on it if `speaks`; returns the id and the connections
    /// that were closed.
    fn open(&mut self, from: &str, speaks: bool) -> (ConnectionId, Vec<ConnectionId>) {
        self.number += 1;
        let id = ConnectionId::Theirs(self.number);
        let port = 1_024 + self.number % 60_000;
        self.wire.open(id, &format!("{from}:{port}"));
        let closed = self.wire.did().into_iter().map(|did| match did {
            Did::Closed(id) => id,
            other => panic!("{other:?}"),
        });
        let closed: Vec<_> = closed.collect();
        if speaks && !closed.contains(&id) {
            self.wire.receive(id, &request("OPTIONS", 1, ""));
            assert_eq!(self.wire.did().len(), 1);
        }
        (id, closed)
    }

    fn limits(&mut self) -> Vec<Limit> {
        self.wire.did();
        let limit = |event: &Event| match event {
            Event::Limited { limit, .. } => Some(*limit),
            _ => None,
        };
        self.wire.told.iter().filter_map(limit).collect()
    }
}

const OF_CLIENT: usize = SIP_CONNECTIONS_MAX / SIP_CONNECTIONS_OF_CLIENT_SHARE;
const OF_STRANGER: usize = SIP_CONNECTIONS_MAX / SIP_CONNECTIONS_OF_STRANGER_SHARE;

#[test]
fn client_network_has_its_share_of_connections_and_no_more() {
    for client in ["192.0.2.7", "[2001:db8::{n}]"] {
        let mut crowd = Crowd::new();
        let from = |n: usize| client.replace("{n}", &format!("{n:x}"));
        for n in 0..OF_CLIENT {
            assert_eq!(crowd.open(&from(n), true).1, []);
        }
        let (last, closed) = crowd.open(&from(OF_CLIENT), true);
        assert_eq!(closed, [last], "{client}");
        assert_eq!(crowd.limits(), [Limit::ConnectionsOfClient]);
        // An IPv4-mapped address counts as the IPv4 address.
        let (last, closed) = crowd.open("[::ffff:192.0.2.7]", true);
        assert_eq!(closed.contains(&last), !client.starts_with('['));
        assert_eq!(crowd.open("203.0.113.1", true).1, []);
    }
}

#[test]
fn oldest_silent_connection_of_a_client_makes_room_for_its_next() {
    let mut crowd = Crowd::new();
    let (spoken, _) = crowd.open("[2001:db8::1]", true);
    let first = crowd.open("[2001:db8::2]", false).0;
    let second = crowd.open("[2001:db8::3]", false).0;
    for n in 2..OF_STRANGER {
        assert_eq!(crowd.open(&format!("[2001:db8::{n:x}]"), false).1, []);
    }
    assert_eq!(crowd.open("[2001:db8::4]", false).1, [first]);
    assert_eq!(crowd.open("[2001:db8::5]", true).1, [second]);
    assert_eq!(crowd.limits(), [Limit::ConnectionsOfClient]);
    crowd.wire.receive(spoken, &request("OPTIONS", 2, ""));
    assert_eq!(crowd.wire.did().len(), 1, "who spoke stays");
}

#[test]
fn trunks_and_our_connections_find_room_whoever_holds_the_others() {
    for speaks in [false, true] {
        let mut crowd = Crowd::new();
        for n in 0..2 * SIP_CONNECTIONS_MAX {
            let network = n % 64;
            crowd.open(&format!("[2001:db8:{network:x}::{n:x}]"), speaks);
        }
        let wire = &mut crowd.wire;
        assert!(wire.agent.connections() <= SIP_CONNECTIONS_MAX / 4 * 3);
        wire.dial("sip:boris@192.0.2.9;transport=tcp");
        let ours = wire.opening("192.0.2.9:5060");
        wire.happens(ours, opened("192.0.2.9:5060"));
        assert!(wire.sent(ours).starts_with("INVITE "));
        let trunks = SIP_CONNECTIONS_MAX / 8 - 1;
        for _ in 0..trunks {
            let (id, closed) = crowd.open("192.0.2.99", false);
            assert!(!closed.contains(&id));
        }
        assert_eq!(crowd.limits().first(), Some(&Limit::Connections));
        // A connection of a trunk may be silent.
        let before = crowd.wire.agent.connections();
        crowd.wire.run_for(SIP_CONNECTION_GREETING + SECOND);
        let silent = if speaks { 0 } else { before - trunks - 1 };
        assert_eq!(crowd.wire.agent.connections(), before - silent);
    }
}

#[test]
fn unfinished_messages_of_strangers_have_one_budget() {
    let mut crowd = Crowd::new();
    let head = format!(
        "OPTIONS sip:room@192.0.2.1 SIP/2.0\r\nX: {}",
        "x".repeat(SIP_MESSAGE_BYTES_MAX - 100)
    );
    let mut closed = 0;
    for n in 0..200 {
        let (id, _) = crowd.open(&format!("[2001:db8:{n:x}::1]"), false);
        crowd.wire.receive(id, &head);
        closed += crowd.wire.did().len();
    }
    let kept = SIP_UNFINISHED_BYTES_MAX / head.len();
    assert_eq!(closed, 200 - kept);
    assert_eq!(crowd.wire.agent.connections(), kept);
    assert_eq!(crowd.limits(), [Limit::UnfinishedBytes]);
    // Short messages of strangers and long messages of known peers are still accepted.
    let (short, _) = crowd.open("198.51.100.7", true);
    crowd.wire.receive(short, &head);
    assert_eq!(crowd.wire.did(), []);
    // The budget is released when connections close.
    crowd.wire.run_for(SIP_CONNECTION_GREETING);
    crowd.wire.did();
    let (next, _) = crowd.open("198.51.100.9", false);
    crowd.wire.receive(next, &head);
    assert_eq!(crowd.wire.did(), []);
}

fn opened(peer: &str) -> ConnectionEvent {
    ConnectionEvent::Opened {
        peer: peer.parse().unwrap(),
        transport: Transport::Tcp,
    }
}

#[test]
fn probe_that_cannot_be_sent_ends_the_call_as_unresponsive() {
    for update in [false, true] {
        let mut wire = Wire::new();
        wire.open(THEIRS, "192.0.2.7:40001");
        let invite = request("INVITE", 1, "");
        wire.receive(
            THEIRS,
            &match update {
                true => invite.replace("Max-Forwards", "Allow: UPDATE\r\nMax-Forwards"),
                false => invite,
            },
        );
        let dialog = wire.answered(THEIRS);
        wire.happens(THEIRS, ConnectionEvent::Closed);
        wire.agent.probe(wire.now, dialog);
        let ours = wire.opening("192.0.2.7:5070");
        wire.happens(ours, ConnectionEvent::Closed);
        wire.run_for(Duration::ZERO);
        assert_eq!(wire.endings(), [Ending::Unresponsive], "UPDATE: {update}");
    }
}

#[test]
fn refresh_that_cannot_be_sent_is_sent_again() {
    let mut wire = Wire::new();
    let dialog = wire.call(THEIRS);
    wire.happens(THEIRS, ConnectionEvent::Closed);
    wire.agent.reoffer(wire.now, dialog, ANSWER.to_vec());
    let ours = wire.opening("192.0.2.7:5070");
    wire.happens(ours, ConnectionEvent::Closed);
    wire.run_for(Duration::ZERO);
    assert_eq!(wire.endings(), []);
    let refused = Event::OfferRefused {
        dialog,
        status: 503,
    };
    assert_eq!(wire.told.last(), Some(&refused));
    wire.run_for(5 * SECOND);
    wire.opening("192.0.2.7:5070");
}

#[test]
fn connection_that_only_a_response_came_on_is_kept_for_its_call() {
    let mut wire = Wire::new();
    wire.dial("sip:boris@192.0.2.9");
    let invite = match &wire.did()[..] {
        [Did::Datagram(_, text)] => text.clone(),
        other => panic!("{other:?}"),
    };
    wire.open(THEIRS, "192.0.2.9:40001");
    let contact = "Contact: <sip:boris@192.0.2.9>\r\nContent-Length";
    let ok = response_to(&invite, 200).replacen("Content-Length", contact, 1);
    wire.receive(THEIRS, &ok);
    assert!(wire.told.is_empty());
    wire.did();
    assert!(matches!(wire.told[..], [Event::Answered { .. }]));
    wire.run_for(SIP_CONNECTION_GREETING + SIP_CONNECTION_IDLE + SECOND);
    assert_eq!(wire.agent.connections(), 1);
}
