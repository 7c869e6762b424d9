//! Contacts, routes and dialed hosts that are names: lookup, queueing and failure (RFC 3263).

use std::time::Duration;

use crate::wire::{Did, THEIRS, Wire, head, request, response_to};
use confab_sip::{ConnectionEvent, Ending, Target};
use confab_terms::SocketAddr;
use confab_terms::limits::{SIP_LOOKUP_WAIT, SIP_LOOKUPS_MAX, SIP_NAME_LIFE, SIP_NO_NAME_LIFE};

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// Returns a target with several addresses of a name.
fn of(addresses: &[SocketAddr]) -> Target {
    Target {
        addresses: addresses.to_vec(),
        ..Target::plain(addresses[0])
    }
}

/// Returns the only output, a datagram to this address.
fn datagram(wire: &mut Wire, to: &str) -> String {
    match &wire.did()[..] {
        [Did::Datagram(address, text)] if address == to => text.clone(),
        other => panic!("not to {to}: {other:#?}"),
    }
}

#[test]
fn a_dialled_name_is_found_first_and_then_written_to() {
    let mut wire = Wire::new();
    wire.dial("sip:boris@Phones.Example");
    let lookup = wire.looked_up("phones.example");
    // No retransmissions are queued during the lookup.
    wire.run_for(Duration::from_secs(2));
    assert_eq!(wire.did(), []);
    // An address that the local socket cannot reach is skipped.
    let found = [
        at("[2001:db8::1]:5060"),
        at("192.0.2.9:5060"),
        at("192.0.2.10:5060"),
    ];
    wire.agent.handle_resolved(wire.now, lookup, &[of(&found)]);
    let invite = datagram(&mut wire, "192.0.2.9:5060");
    assert_eq!(head(&invite), "INVITE sip:boris@Phones.Example SIP/2.0");
    wire.run_for(Duration::from_secs(4));
    let again = wire.did();
    assert!(!again.is_empty(), "a datagram is repeated");
    for did in again {
        assert_eq!(did, Did::Datagram("192.0.2.9:5060".into(), invite.clone()));
    }
    // The next call uses the cached result until it expires.
    wire.dial("sip:clara@phones.example");
    assert!(datagram(&mut wire, "192.0.2.9:5060").starts_with("INVITE sip:clara@"));
    wire.run_for(SIP_NAME_LIFE);
    wire.did();
    wire.dial("sip:clara@phones.example");
    wire.looked_up("phones.example");
}

/// The TTL of the records determines the lifetime of a cached result (RFC 3263).
#[test]
fn records_are_good_as_long_as_they_say_within_bounds() {
    let said = [(20, 20), (0, 1), (86_400, 60)];
    for (ttl_s, life_s) in said {
        let mut wire = Wire::new();
        wire.dial("sip:boris@phones.example");
        let lookup = wire.looked_up("phones.example");
        // The lowest TTL of all records counts.
        let found = [86_400, ttl_s].map(|ttl_s| Target {
            ttl_s: Some(ttl_s),
            ..Target::plain(at("192.0.2.9:5060"))
        });
        wire.agent.handle_resolved(wire.now, lookup, &found);
        // The target answers, because a failing target would cause an earlier lookup.
        let busy = response_to(&datagram(&mut wire, "192.0.2.9:5060"), 486);
        wire.agent
            .handle(wire.now, at("192.0.2.9:5060"), busy.as_bytes());
        wire.run_for(Duration::from_millis(life_s * 1_000 - 10));
        wire.did();
        wire.dial("sip:clara@phones.example");
        datagram(&mut wire, "192.0.2.9:5060");
        wire.run_for(Duration::from_millis(10));
        wire.did();
        wire.dial("sip:clara@phones.example");
        wire.looked_up("phones.example");
    }
}

#[test]
fn a_name_and_its_port_and_transport_are_one_question() {
    let mut wire = Wire::new();
    wire.dial("sip:boris@phones.example:5080;transport=tcp");
    let did = wire.did();
    let [Did::Asked(lookup, host, port)] = &did[..] else {
        panic!("{did:?}");
    };
    assert_eq!((host.as_str(), *port), ("phones.example", Some(5_080)));
    wire.agent
        .handle_resolved(wire.now, *lookup, &[of(&[at("192.0.2.9:5080")])]);
    wire.opening("192.0.2.9:5080");
    wire.dial("sip:boris@phones.example");
    wire.looked_up("phones.example");
}

#[test]
fn a_name_without_an_address_refuses_the_call() {
    let mut wire = Wire::new();
    wire.dial("sip:boris@nowhere.example");
    let lookup = wire.looked_up("nowhere.example");
    wire.agent.handle_resolved(wire.now, lookup, &[]);
    wire.run_for(Duration::ZERO);
    assert_eq!(wire.endings(), [Ending::Refused(503)]);
    assert_eq!(wire.agent.leftovers(), (0, 0, 0));
    // A negative result is cached.
    wire.dial("sip:boris@nowhere.example");
    wire.run_for(Duration::ZERO);
    assert_eq!(wire.did(), []);
    assert_eq!(wire.endings().len(), 2);
    wire.run_for(SIP_NO_NAME_LIFE);
    wire.dial("sip:boris@nowhere.example");
    wire.looked_up("nowhere.example");
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for() {
    let mut wire = Wire::new();
    wire.dial("sip:boris@slow.example");
    let lookup = wire.looked_up("slow.example");
    wire.run_for(SIP_LOOKUP_WAIT);
    assert_eq!(wire.endings(), [Ending::Refused(503)]);
    // A late result is ignored.
    wire.agent
        .handle_resolved(wire.now, lookup, &[of(&[at("192.0.2.9:5060")])]);
    assert_eq!(wire.did(), []);
    assert_eq!(
        (wire.agent.leftovers(), wire.agent.next_deadline()),
        ((0, 0, 0), None)
    );
}

#[test]
fn a_bye_finds_a_contact_that_is_a_name() {
    for found in [true, false] {
        let mut wire = Wire::new();
        let invite = request("INVITE", 1, "")
            .replace("anna@192.0.2.7:5070;transport=tcp", "anna@anna.example")
            .replace("SIP/2.0/TCP", "SIP/2.0/UDP");
        wire.agent
            .handle(wire.now, at("192.0.2.7:5070"), invite.as_bytes());
        let dialog = wire.invited();
        wire.did();
        wire.agent.answer(wire.now, dialog, b"v=0\r\n".to_vec());
        let ok = datagram(&mut wire, "192.0.2.7:5070");
        let to = crate::wire::lines(&ok, "To: ")[0].replace("<sip:room@192.0.2.1>", "");
        wire.agent.handle(
            wire.now,
            at("192.0.2.7:5070"),
            request("ACK", 1, &to).as_bytes(),
        );
        wire.agent.hang_up(wire.now, dialog);
        let lookup = wire.looked_up("anna.example");
        if found {
            wire.agent
                .handle_resolved(wire.now, lookup, &[of(&[at("192.0.2.8:5060")])]);
            let bye = datagram(&mut wire, "192.0.2.8:5060");
            assert_eq!(head(&bye), "BYE sip:anna@anna.example SIP/2.0");
            let ok = response_to(&bye, 200);
            wire.agent
                .handle(wire.now, at("192.0.2.8:5060"), ok.as_bytes());
        } else {
            // The source of the peer's INVITE is used.
            wire.agent.handle_resolved(wire.now, lookup, &[]);
            let bye = datagram(&mut wire, "192.0.2.7:5070");
            assert_eq!(head(&bye), "BYE sip:anna@anna.example SIP/2.0");
            let ok = response_to(&bye, 200);
            wire.agent
                .handle(wire.now, at("192.0.2.7:5070"), ok.as_bytes());
        }
        wire.run_for(Duration::from_secs(6));
        // The accepted INVITE remains for 32 s (RFC 6026).
        assert_eq!((wire.did(), wire.agent.leftovers()), (vec![], (1, 0, 1)));
        assert_eq!(wire.endings(), [Ending::ByeSent]);
    }
}

#[test]
fn over_a_connection_that_is_there_nobody_asks_for_a_name() {
    let mut wire = Wire::new();
    wire.open(THEIRS, "192.0.2.7:40001");
    let named = request("INVITE", 1, "").replace("anna@192.0.2.7:5070", "anna@anna.invalid");
    wire.receive(THEIRS, &named);
    let dialog = wire.answered(THEIRS);
    wire.agent.hang_up(wire.now, dialog);
    let bye = wire.sent(THEIRS);
    wire.happens(THEIRS, ConnectionEvent::Closed);
    assert!(bye.starts_with("BYE sip:anna@anna.invalid;transport=tcp "));
    // After the loss of the connection, the name is resolved.
    wire.looked_up("anna.invalid");
}

#[test]
fn only_so_many_names_are_asked_for_at_once() {
    let mut wire = Wire::new();
    for n in 0..=SIP_LOOKUPS_MAX {
        wire.dial(&format!("sip:a@n{n}.example"));
    }
    let asked = wire.did().len();
    assert_eq!(asked, SIP_LOOKUPS_MAX);
    wire.run_for(Duration::ZERO);
    assert_eq!(wire.endings(), [Ending::Refused(503)], "the one too many");
}
