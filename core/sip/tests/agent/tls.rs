//! Calls over TLS: expected certificate, Via and Contact, and requests that must not leave TLS.

use std::time::Duration;

use crate::wire::{Did, THEIRS, Wire, head, lines, request, response_to};
use confab_sip::{ConnectionEvent, Ending, Target, Transport, check_dialled};

fn opened(peer: &str) -> ConnectionEvent {
    ConnectionEvent::Opened {
        peer: peer.parse().unwrap(),
        transport: Transport::Tls,
    }
}

/// Returns a request over TLS to this URI.
fn secure(method: &str, cseq: u32, to_tag: &str, uri: &str) -> String {
    let text = request(method, cseq, to_tag).replace("SIP/2.0/TCP", "SIP/2.0/TLS");
    let text = text.replace("transport=tcp", "transport=tls");
    text.replacen("sip:room@192.0.2.1 SIP", &format!("{uri} SIP"), 1)
}

/// Answers a call to this URI over TLS; returns the 200 and the BYE.
fn call(uri: &str) -> (String, String) {
    let mut wire = Wire::with_tls();
    wire.happens(THEIRS, opened("192.0.2.7:40001"));
    wire.receive(THEIRS, &secure("INVITE", 1, "", uri));
    let dialog = wire.invited();
    wire.did();
    wire.agent
        .answer(wire.now, dialog, crate::wire::SDP.as_bytes().to_vec());
    let ok = wire.sent(THEIRS);
    let to = lines(&ok, "To: ")[0].replace("<sip:room@192.0.2.1>", "");
    wire.receive(THEIRS, &secure("ACK", 1, &to, uri));
    wire.did();
    wire.agent.hang_up(wire.now, dialog);
    (ok, wire.sent(THEIRS))
}

#[test]
fn a_call_over_tls_stays_there() {
    let (ok, bye) = call("sip:room@192.0.2.1");
    assert_eq!(
        lines(&ok, "Contact: "),
        ["<sip:192.0.2.1:5061;transport=tls>"]
    );
    assert!(lines(&bye, "Via: ")[0].starts_with("SIP/2.0/TLS 192.0.2.1:5061;branch="));
    let (ok, _) = call("sips:room@192.0.2.1");
    assert_eq!(head(&ok), "SIP/2.0 200 OK");
    assert_eq!(lines(&ok, "Contact: "), ["<sips:192.0.2.1:5061>"]);
}

#[test]
fn sips_does_not_leave_tls_and_sip_does_not_go_there() {
    // The Contact names UDP; the connection must be used.
    let mut wire = Wire::with_tls();
    wire.happens(THEIRS, opened("192.0.2.7:40001"));
    let invite = secure("INVITE", 1, "", "sips:room@192.0.2.1");
    let invite = invite.replace(
        "192.0.2.7:5070;transport=tls",
        "192.0.2.7:5070;transport=udp",
    );
    wire.receive(THEIRS, &invite);
    let dialog = wire.answered(THEIRS);
    wire.agent.hang_up(wire.now, dialog);
    assert!(wire.sent(THEIRS).starts_with("BYE "));
    // The Contact of a call over TCP names TLS; the TCP connection must be used.
    let mut wire = Wire::with_tls();
    wire.open(THEIRS, "192.0.2.7:40001");
    let invite = request("INVITE", 1, "").replace("5070;transport=tcp", "5070;transport=tls");
    wire.receive(THEIRS, &invite);
    let dialog = wire.answered(THEIRS);
    wire.agent.hang_up(wire.now, dialog);
    assert!(wire.sent(THEIRS).starts_with("BYE "));
}

#[test]
fn call_over_tls_without_sips_follows_a_contact_to_udp() {
    let mut wire = Wire::with_tls();
    wire.happens(THEIRS, opened("192.0.2.7:40001"));
    let invite = secure("INVITE", 1, "", "sip:room@192.0.2.1");
    let invite = invite.replace("5070;transport=tls", "5070;transport=udp");
    wire.receive(THEIRS, &invite);
    let dialog = wire.answered(THEIRS);
    wire.agent.hang_up(wire.now, dialog);
    match &wire.did()[..] {
        [Did::Datagram(to, bye)] => {
            assert_eq!(to, "192.0.2.7:5070");
            assert!(bye.starts_with("BYE "), "{bye}");
        }
        other => panic!("{other:#?}"),
    }
}

#[test]
fn ack_to_the_name_of_a_proxy_requires_the_certificate_of_that_name() {
    let mut wire = Wire::with_tls();
    wire.dial("sips:boris@192.0.2.9");
    let ours = wire.opening("192.0.2.9:5061 as 192.0.2.9");
    wire.happens(ours, opened("192.0.2.9:5061"));
    let invite = wire.sent(ours);
    let ok = response_to(&invite, 200).replace(
        "Content-Length: 0",
        "Contact: <sips:boris@192.0.2.8>\r\nRecord-Route: <sips:proxy.example;lr>\r\n\
         Content-Length: 0",
    );
    wire.receive(ours, &ok);
    let lookup = wire.looked_up("proxy.example");
    let found = [Target::plain("192.0.2.10:5061".parse().unwrap())];
    wire.agent.handle_resolved(wire.now, lookup, &found);
    let proxy = wire.opening("192.0.2.10:5061 as proxy.example");
    wire.happens(proxy, opened("192.0.2.10:5061"));
    assert!(wire.sent(proxy).starts_with("ACK "));
}

#[test]
fn we_call_over_tls_whom_the_uri_names() {
    for (uri, request_uri, contact) in [
        (
            "sip:boris@sip.example.com;transport=tls",
            "sip:boris@sip.example.com;transport=tls",
            "<sip:192.0.2.1:5061;transport=tls>",
        ),
        (
            "sips:boris@sip.example.com",
            "sips:boris@sip.example.com",
            "<sips:192.0.2.1:5061>",
        ),
    ] {
        let mut wire = Wire::with_tls();
        wire.dial(uri);
        let lookup = wire.looked_up("sip.example.com");
        let found = [Target::plain("192.0.2.9:5061".parse().unwrap())];
        wire.agent.handle_resolved(wire.now, lookup, &found);
        let ours = wire.opening("192.0.2.9:5061 as sip.example.com");
        wire.happens(ours, opened("192.0.2.9:5061"));
        let invite = wire.sent(ours);
        assert_eq!(head(&invite), format!("INVITE {request_uri} SIP/2.0"));
        assert_eq!(lines(&invite, "Contact: "), [contact]);
        assert!(lines(&invite, "Via: ")[0].starts_with("SIP/2.0/TLS 192.0.2.1:5061;"));
    }
}

#[test]
fn one_address_with_two_names_takes_two_connections() {
    let mut wire = Wire::with_tls();
    wire.dial("sips:boris@192.0.2.9");
    let first = wire.opening("192.0.2.9:5061 as 192.0.2.9");
    wire.dial("sips:carla@192.0.2.9");
    assert_eq!(wire.did(), [], "the same one, when it is open");
    wire.dial("sip:boris@192.0.2.9:5061;transport=tcp");
    wire.opening("192.0.2.9:5061");
    wire.dial("sips:boris@a.example");
    let lookup = wire.looked_up("a.example");
    let found = [Target::plain("192.0.2.9:5061".parse().unwrap())];
    wire.agent.handle_resolved(wire.now, lookup, &found);
    wire.opening("192.0.2.9:5061 as a.example");
    wire.happens(first, opened("192.0.2.9:5061"));
    let sent = wire.did();
    let invites = sent
        .iter()
        .filter(|did| matches!(did, Did::Sent(id, _) if *id == first));
    assert_eq!(invites.count(), 2);
}

#[test]
fn who_has_another_certificate_is_not_called() {
    let mut wire = Wire::with_tls();
    wire.dial("sips:boris@192.0.2.9");
    let ours = wire.opening("192.0.2.9:5061 as 192.0.2.9");
    wire.happens(ours, ConnectionEvent::Closed);
    wire.run_for(Duration::ZERO);
    assert_eq!(wire.did(), [], "nothing is tried without TLS");
    assert_eq!(wire.endings(), [Ending::Refused(503)]);
}

#[test]
fn what_can_be_dialled_with_tls() {
    for uri in [
        "sips:a@192.0.2.1",
        "sip:a@b.example;transport=TLS",
        "sips:a@b;transport=tcp",
    ] {
        assert_eq!(check_dialled(uri, true), Ok(()), "{uri}");
        assert!(check_dialled(uri, false).is_err(), "{uri}");
    }
    // TLS over UDP is not supported.
    assert!(check_dialled("sips:a@192.0.2.1;transport=udp", true).is_err());
}

#[test]
fn an_answer_to_our_bye_ends_it() {
    let mut wire = Wire::with_tls();
    wire.happens(THEIRS, opened("192.0.2.7:40001"));
    wire.receive(THEIRS, &secure("INVITE", 1, "", "sip:room@192.0.2.1"));
    let dialog = wire.answered(THEIRS);
    wire.agent.hang_up(wire.now, dialog);
    let bye = wire.sent(THEIRS);
    wire.receive(THEIRS, &response_to(&bye, 200));
    wire.run_for(Duration::from_secs(32));
    assert_eq!(wire.agent.leftovers(), (0, 0, 0));
}
