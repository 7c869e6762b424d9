//! Failover between the targets of a name (RFC 3263): order of attempts, conditions of the next
//! attempt, and trunks with names.

use std::time::Duration;

use crate::line::{carrier, invite};
use crate::wire::{Did, Wire, head, lines, response_to};
use confab_sip::{Access, ConnectionEvent, Ending, Event, Gateway, Output, Target, Transport};
use confab_terms::limits::{SIP_FAILING_LIFE, SIP_NAME_LIFE, SIP_NEXT_WAY_AFTER};

const ONE: &str = "192.0.2.21:5070";
const OTHER: &str = "192.0.2.22:5071";
const LAST: &str = "192.0.2.23:5072";

fn target(priority: u16, weight: u16, by: Transport, at: &str) -> Target {
    Target {
        priority,
        weight,
        transport: by,
        addresses: vec![at.parse().unwrap()],
        ttl_s: None,
    }
}

/// Three targets in this order, independent of the order of the records.
fn three() -> [Target; 3] {
    [
        target(30, 0, Transport::Udp, LAST),
        target(10, 5, Transport::Udp, ONE),
        target(20, 9, Transport::Udp, OTHER),
    ]
}

fn only(wire: &mut Wire, to: &str, method: &str) -> String {
    match &wire.did()[..] {
        [Did::Datagram(at, text)] if at == to && text.starts_with(method) => text.clone(),
        other => panic!("no {method} to {to}: {other:#?}"),
    }
}

/// Dials a name with these targets; returns the first INVITE.
fn dialled(found: &[Target]) -> (Wire, String) {
    let mut wire = Wire::new();
    wire.dial("sip:boris@phones.example");
    let lookup = wire.looked_up("phones.example");
    wire.agent.handle_resolved(wire.now, lookup, found);
    let invite = only(&mut wire, ONE, "INVITE ");
    (wire, invite)
}

fn hear(wire: &mut Wire, from: &str, text: &str) {
    let from = from.parse().unwrap();
    wire.agent.handle(wire.now, from, text.as_bytes());
}

/// Advances the clock; returns the messages sent to this address.
fn sent_to(wire: &mut Wire, to: &str, time: Duration) -> Vec<String> {
    wire.run_for(time);
    let sent = wire.did().into_iter().filter_map(|did| match did {
        Did::Datagram(at, text) if at == to => Some(text),
        _ => None,
    });
    sent.collect()
}

fn branch(text: &str) -> &str {
    lines(text, "Via: ")[0]
}

/// Returns a response with one more header.
fn with(header: &str, response: &str) -> String {
    response.replacen("Content-Length", &format!("{header}\r\nContent-Length"), 1)
}

fn ok(request: &str, at: &str) -> String {
    with(
        &format!("Contact: <sip:x@{at}>"),
        &response_to(request, 200),
    )
}

#[test]
fn silence_makes_it_the_next_one_s_turn() {
    let (mut wire, first) = dialled(&three());
    let second = sent_to(&mut wire, OTHER, SIP_NEXT_WAY_AFTER);
    assert_eq!(second.len(), 1, "{second:?}");
    let second = &second[0];
    assert_eq!(head(second), head(&first));
    // A new transaction within the same call (RFC 3263 §4.3).
    assert_ne!(branch(second), branch(&first));
    for name in ["Call-ID: ", "CSeq: ", "From: "] {
        assert_eq!(lines(second, name), lines(&first, name));
    }
    let third = sent_to(&mut wire, LAST, SIP_NEXT_WAY_AFTER);
    assert_eq!(third.len(), 1);
    // The last target gets the full timeout.
    wire.run_for(Duration::from_secs(31));
    assert_eq!(wire.endings(), []);
    wire.run_for(Duration::from_secs(1));
    assert_eq!(wire.endings(), [Ending::TimedOut]);
    assert_eq!(wire.agent.leftovers(), (0, 0, 0));
}

#[test]
fn a_503_makes_it_the_next_one_s_turn_at_once_and_other_refusals_do_not() {
    let (mut wire, first) = dialled(&three());
    hear(&mut wire, ONE, &response_to(&first, 503));
    let did = wire.did();
    let [Did::Datagram(to, ack), Did::Datagram(next, second)] = &did[..] else {
        panic!("{did:#?}");
    };
    assert!(to == ONE && ack.starts_with("ACK "), "{did:#?}");
    assert!(next == OTHER && second.starts_with("INVITE "), "{did:#?}");
    hear(&mut wire, OTHER, &response_to(second, 486));
    only(&mut wire, OTHER, "ACK ");
    assert_eq!(wire.endings(), [Ending::Refused(486)]);
}

#[test]
fn bye_refused_with_503_goes_to_the_next_target_and_other_responses_end_it() {
    for (status, goes_on) in [(503, true), (200, false), (481, false), (500, false)] {
        let (mut wire, invite) = dialled(&three());
        hear(&mut wire, ONE, &ok(&invite, "phones.example"));
        let lookup = wire.looked_up("phones.example");
        wire.agent.handle_resolved(wire.now, lookup, &three());
        only(&mut wire, ONE, "ACK ");
        let dialog = wire.told.iter().find_map(|event| match event {
            Event::Answered { dialog, .. } => Some(*dialog),
            _ => None,
        });
        wire.agent.hang_up(wire.now, dialog.unwrap());
        let bye = only(&mut wire, ONE, "BYE ");
        hear(&mut wire, ONE, &response_to(&bye, status));
        if goes_on {
            let second = only(&mut wire, OTHER, "BYE ");
            assert_ne!(branch(&second), branch(&bye));
            hear(&mut wire, OTHER, &response_to(&second, 200));
        }
        assert_eq!(wire.did(), [], "{status}");
        assert_eq!(wire.endings(), [Ending::ByeSent], "{status}");
        wire.run_for(Duration::from_secs(33));
        assert_eq!(wire.did(), [], "{status}");
        assert_eq!(wire.agent.leftovers(), (0, 0, 0), "{status}");
    }
}

#[test]
fn whoever_was_heard_is_waited_for() {
    let (mut wire, first) = dialled(&three());
    hear(&mut wire, ONE, &response_to(&first, 100));
    wire.run_for(SIP_NEXT_WAY_AFTER * 3);
    assert_eq!((wire.did(), wire.endings()), (vec![], vec![]));
}

#[test]
fn who_failed_is_looked_up_again_and_tried_last() {
    let (mut wire, first) = dialled(&three());
    hear(&mut wire, ONE, &response_to(&first, 503));
    let second = match wire.did().pop() {
        Some(Did::Datagram(_, text)) => text,
        other => panic!("{other:?}"),
    };
    hear(&mut wire, OTHER, &ok(&second, OTHER));
    wire.did();
    // The lookup is immediate, before the cached result expires.
    wire.dial("sip:clara@phones.example");
    let lookup = wire.looked_up("phones.example");
    wire.agent.handle_resolved(wire.now, lookup, &three());
    only(&mut wire, OTHER, "INVITE sip:clara@");
    wire.run_for(SIP_FAILING_LIFE.max(SIP_NAME_LIFE));
    wire.did();
    wire.dial("sip:dora@phones.example");
    let lookup = wire.looked_up("phones.example");
    wire.agent.handle_resolved(wire.now, lookup, &three());
    only(&mut wire, ONE, "INVITE sip:dora@");
}

#[test]
fn a_record_may_say_tcp_where_the_uri_says_nothing() {
    let mut wire = Wire::new();
    wire.dial("sip:boris@phones.example");
    let lookup = wire.looked_up("phones.example");
    let found = [
        target(1, 0, Transport::Tcp, ONE),
        target(2, 0, Transport::Udp, OTHER),
    ];
    wire.agent.handle_resolved(wire.now, lookup, &found);
    let opening = wire.opening(ONE);
    wire.open(opening, ONE);
    let invite = wire.sent(opening);
    assert!(branch(&invite).contains("SIP/2.0/TCP"), "{invite}");
    assert!(lines(&invite, "Contact: ")[0].contains(";transport=tcp"));
    // No retransmission over a stream. After the loss of the connection follow one more attempt and
    // then the next target.
    wire.run_for(Duration::from_secs(3));
    assert_eq!(wire.did(), []);
    wire.happens(opening, ConnectionEvent::Closed);
    let again = wire.opening(ONE);
    wire.happens(again, ConnectionEvent::Closed);
    wire.run_for(Duration::ZERO);
    let invite = only(&mut wire, OTHER, "INVITE ");
    assert!(branch(&invite).contains("SIP/2.0/UDP"), "{invite}");
    assert!(!lines(&invite, "Contact: ")[0].contains("transport"));
    // A transport in the URI is binding.
    let mut wire = Wire::new();
    wire.dial("sip:boris@phones.example;transport=udp");
    let lookup = wire.looked_up("phones.example");
    wire.agent.handle_resolved(wire.now, lookup, &found);
    only(&mut wire, ONE, "INVITE ");
}

#[test]
fn who_hangs_up_meanwhile_calls_nobody_else() {
    let mut wire = Wire::new();
    let dialog = wire.dial("sip:boris@phones.example");
    let lookup = wire.looked_up("phones.example");
    wire.agent.handle_resolved(wire.now, lookup, &three());
    only(&mut wire, ONE, "INVITE ");
    wire.agent.hang_up(wire.now, dialog);
    let others = sent_to(&mut wire, OTHER, Duration::from_secs(40));
    assert_eq!(others, [""; 0]);
    assert_eq!(wire.agent.leftovers(), (0, 0, 0));
}

/// Returns access rules with a trunk whose gateway is a name.
fn trunk() -> Access {
    let name = "Sip.Carrier.Example".into();
    carrier(Gateway::new(name, None, Transport::Udp))
}

fn call(wire: &mut Wire) -> Vec<Output> {
    let route = wire.agent.route(wire.now, "+15551234567").unwrap();
    assert_eq!(route.to, "sip:+15551234567@Sip.Carrier.Example");
    wire.agent.invite_along(wire.now, route, invite());
    std::iter::from_fn(|| wire.agent.poll_output()).collect()
}

/// Challenges a call at this address, and answers the INVITE that has credentials.
fn up(wire: &mut Wire, invite: &str, at: &str) {
    let challenge = "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"";
    hear(wire, at, &with(challenge, &response_to(invite, 407)));
    let sent = wire.did();
    let Some(Did::Datagram(_, again)) = sent.last() else {
        panic!("{sent:?}");
    };
    let shown = "\r\nProxy-Authorization: Digest username=\"anna\"";
    assert!(
        again.starts_with("INVITE ") && again.contains(shown),
        "{again}"
    );
    hear(wire, at, &ok(again, at));
    only(wire, at, "ACK ");
}

#[test]
fn a_trunk_s_name_is_found_anew_and_its_calls_go_on_where_they_are() {
    let mut wire = Wire::new();
    wire.agent.guard(trunk());
    let found = |at: &str| [target(0, 0, Transport::Udp, at)];
    let lookup = |outputs: &[Output]| match outputs {
        [Output::Resolve { lookup, host, .. }] if host == "sip.carrier.example" => *lookup,
        other => panic!("{other:?}"),
    };
    let asked = lookup(&call(&mut wire));
    wire.agent.handle_resolved(wire.now, asked, &found(ONE));
    let invite = only(&mut wire, ONE, "INVITE ");
    up(&mut wire, &invite, ONE);
    let first = invite;
    // The name resolves to another address: the next call and its credentials go there.
    wire.run_for(SIP_NAME_LIFE);
    wire.did();
    let asked = lookup(&call(&mut wire));
    wire.agent.handle_resolved(wire.now, asked, &found(OTHER));
    let invite = only(&mut wire, OTHER, "INVITE ");
    up(&mut wire, &invite, OTHER);
    // The lookup fails: the last known address is used.
    wire.run_for(SIP_NAME_LIFE);
    wire.did();
    let asked = lookup(&call(&mut wire));
    wire.agent.handle_resolved(wire.now, asked, &[]);
    only(&mut wire, OTHER, "INVITE ");
    // The peer of the first call remains at its address, and its requests are accepted.
    let bye = format!(
        "BYE sip:x@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {ONE};branch=z9hG4bKbye\r\n\
         From: {};tag=b\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n",
        lines(&first, "To: ")[0],
        lines(&first, "From: ")[0],
        lines(&first, "Call-ID: ")[0],
    );
    hear(&mut wire, ONE, &bye);
    let said = only(&mut wire, ONE, "SIP/2.0 200 ");
    assert!(said.contains("BYE"));
    assert_eq!(wire.endings(), [Ending::Bye]);
}
