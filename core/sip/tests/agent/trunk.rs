//! Outbound calls through a trunk: challenges that get credentials, and challenges that do not.

use crate::line::{CHALLENGE, ELSEWHERE, EXPIRES, GATEWAY, Line, agent, invite, reply, shows};
use confab_sip::{ConnectionEvent, ConnectionOrder, Ending, Output, Transport};
use confab_terms::Instant;

#[test]
fn a_trunk_is_called_by_the_transport_that_the_uri_names() {
    let mut agent = agent();
    let to = "sip:boris@sip.example.com;transport=tcp";
    let route = agent.route(Instant(0), to).unwrap();
    agent.invite_along(Instant(0), route, invite());
    let Some(Output::Connection { connection, order }) = agent.poll_output() else {
        panic!("no connection is opened");
    };
    let peer = GATEWAY.parse().unwrap();
    assert_eq!(
        order,
        ConnectionOrder::Open {
            to: peer,
            tls: None
        }
    );
    let opened = ConnectionEvent::Opened {
        peer,
        transport: Transport::Tcp,
    };
    agent.handle_connection(Instant(0), connection, opened);
    let Some(Output::Connection {
        order: ConnectionOrder::Send(bytes),
        ..
    }) = agent.poll_output()
    else {
        panic!("nothing is sent");
    };
    assert!(bytes.starts_with(format!("INVITE {to} SIP/2.0\r\nVia: SIP/2.0/TCP ").as_bytes()));
    for no_way in [
        "sips:boris@sip.example.com",
        "sip:boris@sip.example.com;transport=tls",
    ] {
        assert_eq!(agent.route(Instant(0), no_way), None, "{no_way}");
    }
}

#[test]
fn the_gateway_s_challenge_is_answered_and_so_within_the_call() {
    let (mut line, ack) = Line::up("x@192.0.2.7:5060");
    assert!(
        ack.1.starts_with("ACK ") && shows(&ack.1),
        "the same as its INVITE: {ack:?}"
    );
    line.agent.hang_up(line.now, line.dialog);
    let bye = line.sent().pop().unwrap();
    assert!(bye.1.starts_with("BYE ") && !shows(&bye.1), "{bye:?}");
    let again = line
        .hear(GATEWAY, &reply(&bye.1, 407, CHALLENGE))
        .pop()
        .unwrap();
    assert_eq!(again.0, GATEWAY);
    assert!(again.1.starts_with("BYE ") && shows(&again.1), "{again:?}");
    assert!(
        again.1.contains("nc=00000002"),
        "the same nonce counts on: {again:?}"
    );
    // Wrong credentials are not sent again.
    assert!(
        line.hear(GATEWAY, &reply(&again.1, 407, CHALLENGE))
            .is_empty()
    );
}

#[test]
fn a_stale_nonce_is_answered_once_more_and_not_for_ever() {
    let (mut line, invite) = Line::new();
    let mut text = invite;
    let mut tries = 0;
    for n in 0..20 {
        let stale = CHALLENGE
            .replace("n1", &format!("n{n}"))
            .replace("qop", "stale=true, qop");
        let sent = line.hear(GATEWAY, &reply(&text, 407, &stale));
        match sent
            .into_iter()
            .find(|(_, text)| text.starts_with("INVITE "))
        {
            Some((_, again)) => text = again,
            None => break,
        }
        tries += 1;
    }
    assert_eq!(tries, confab_terms::limits::SIP_ANEW_MAX);
    assert_eq!(line.ended(), [Ending::Refused(407)]);
}

/// Returns true if exactly one ACK was sent.
fn is_one_ack(sent: &[(String, String)]) -> bool {
    matches!(sent, [(_, text)] if text.starts_with("ACK "))
}

#[test]
fn a_wrong_password_ends_the_call() {
    let (mut line, invite) = Line::new();
    let challenge = CHALLENGE.replace("Proxy-Authenticate", "WWW-Authenticate");
    let sent = line.hear(GATEWAY, &reply(&invite, 401, &challenge));
    let again = &sent.last().unwrap().1;
    assert!(
        again.contains("\r\nAuthorization: Digest username=\"anna\""),
        "{again}"
    );
    let sent = line.hear(GATEWAY, &reply(again, 401, &challenge.replace("n1", "n2")));
    assert!(is_one_ack(&sent), "{sent:?}");
    assert_eq!(line.ended(), [Ending::Refused(401)]);
}

#[test]
fn nobody_else_s_challenge_is_answered() {
    // Challenge from another source than the gateway, with the correct branch.
    let (mut line, invite) = Line::new();
    let sent = line.hear(ELSEWHERE, &reply(&invite, 407, CHALLENGE));
    assert!(is_one_ack(&sent) && !shows(&sent[0].1), "{sent:?}");
    // Contact of the call at another host (CVE-2021-41158): no credentials in ACK, BYE and later
    // requests.
    let (mut line, ack) = Line::up("x@203.0.113.9:5060");
    assert_eq!(ack.0, ELSEWHERE);
    assert!(!shows(&ack.1), "{ack:?}");
    line.agent.hang_up(line.now, line.dialog);
    let bye = line.sent().pop().unwrap();
    assert_eq!(bye.0, ELSEWHERE);
    for from in [ELSEWHERE, GATEWAY] {
        let sent = line.hear(from, &reply(&bye.1, 407, CHALLENGE));
        assert!(sent.is_empty(), "{sent:?}");
    }
    // Challenges of an inbound call's peer get no credentials.
    let (mut line, _) = Line::new();
    let invite = "INVITE sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKq\r\n\
                  From: <sip:b@192.0.2.7>;tag=1\r\nTo: <sip:a@192.0.2.1>\r\nCall-ID: q\r\n\
                  CSeq: 1 INVITE\r\nContact: <sip:b@203.0.113.9>\r\nContent-Length: 0\r\n\r\n";
    assert!(
        line.hear(GATEWAY, invite).is_empty(),
        "too short for a challenge"
    );
}

#[test]
fn an_update_shows_credentials_where_it_is_asked_for_them() {
    let (mut line, _) = Line::up("x@192.0.2.7:5060");
    let update = loop {
        line.now = line.agent.next_deadline().unwrap();
        line.agent.handle_deadline(line.now);
        let sent = line.sent();
        if let Some(update) = sent
            .into_iter()
            .find(|(_, text)| text.starts_with("UPDATE "))
        {
            break update;
        }
    };
    assert_eq!(update.0, GATEWAY);
    let again = line
        .hear(GATEWAY, &reply(&update.1, 407, CHALLENGE))
        .remove(0);
    assert!(
        again.1.starts_with("UPDATE ") && shows(&again.1),
        "{again:?}"
    );
    assert!(
        line.hear(GATEWAY, &reply(&again.1, 200, EXPIRES))
            .is_empty()
    );
    assert!(line.ended().is_empty());
}
