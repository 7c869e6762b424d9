//! Registrations over a restart: stored at each change, and restored with the remaining lifetime.

use std::time::Duration;

use confab_sip::{
    Access, Account, Config, ConnectionEvent, ConnectionId, Event, Invite, Output, Registration,
    Secret, Transport, Trunk, UserAgent,
};
use confab_terms::{Instant, SocketAddr};

const US: &str = "127.0.0.1:5060";
const PHONE: &str = "203.0.113.9:40001";

fn agent(access: Access) -> UserAgent {
    let mut agent = UserAgent::new(Config {
        address: US.parse().unwrap(),
        tls_port: None,
        product: "confab".into(),
        seed: [7; 32],
    });
    agent.guard(access);
    agent
}

fn at(seconds: u64) -> Instant {
    Instant(0) + Duration::from_secs(seconds)
}

/// Returns a REGISTER of anna.
fn register(cseq: u32, via: &str, contact: &str, expires: u32) -> String {
    format!(
        "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{via};branch=z9hG4bK{cseq};rport\r\n\
         From: <sip:anna@127.0.0.1>;tag=1\r\nTo: <sip:anna@127.0.0.1>\r\nCall-ID: x\r\n\
         CSeq: {cseq} REGISTER\r\nMax-Forwards: 70\r\nContact: <{contact}>\r\n\
         Expires: {expires}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Returns the registrations to store, and the responses.
fn outputs(agent: &mut UserAgent) -> (Vec<Registration>, Vec<String>) {
    let (mut stored, mut replies) = (Vec::new(), Vec::new());
    while let Some(output) = agent.poll_output() {
        match output {
            Output::Event(Event::Registered(registration)) => stored.push(registration),
            Output::Datagram { bytes, .. } => replies.push(String::from_utf8(bytes).unwrap()),
            _ => {}
        }
    }
    (stored, replies)
}

fn over_udp(agent: &mut UserAgent, seconds: u64, text: &str) -> (Vec<Registration>, Vec<String>) {
    agent.handle(at(seconds), PHONE.parse().unwrap(), text.as_bytes());
    outputs(agent)
}

/// Serializes and deserializes a registration, as the store does.
fn through_store(registration: &Registration) -> Registration {
    let bytes = postcard::to_stdvec(registration).unwrap();
    postcard::from_bytes(&bytes).unwrap()
}

/// Returns destination and request URI of an INVITE to anna.
fn invited(agent: &mut UserAgent, seconds: u64) -> Option<(SocketAddr, String)> {
    let route = agent.route_to_user(at(seconds), "anna")?;
    let invite = Invite {
        to: String::new(),
        from: "sip:boris@127.0.0.1".into(),
        from_name: None,
        via: None,
        offer: b"v=0\r\n".to_vec(),
        headers: Vec::new(),
    };
    agent.invite_along(at(seconds), route, invite);
    loop {
        match agent.poll_output()? {
            Output::Datagram { to, bytes } if bytes.starts_with(b"INVITE ") => {
                let text = String::from_utf8(bytes).unwrap();
                return Some((to, text.split(' ').nth(1).unwrap().to_owned()));
            }
            Output::Connection {
                order: confab_sip::ConnectionOrder::Open { to, .. },
                ..
            } => return Some((to, String::new())),
            _ => {}
        }
    }
}

#[test]
fn registration_is_stored_at_each_change_and_not_when_it_is_read() {
    let mut before = agent(Access::open());
    let contact = "sip:anna@10.0.0.1:5060";
    let (stored, _) = over_udp(
        &mut before,
        0,
        &register(1, "UDP 10.0.0.1:5060", contact, 600),
    );
    assert_eq!(stored.len(), 1);
    assert_eq!(
        (&*stored[0].user, stored[0].left().as_secs()),
        ("anna", 600)
    );
    let asks = register(2, "UDP 10.0.0.1:5060", contact, 600)
        .replace(&format!("Contact: <{contact}>\r\n"), "");
    assert!(over_udp(&mut before, 1, &asks).0.is_empty());
    let (stored, _) = over_udp(
        &mut before,
        9,
        &register(3, "UDP 10.0.0.1:5060", contact, 0),
    );
    assert_eq!(stored[0].left(), Duration::ZERO, "unregistered");
}

#[test]
fn restored_phone_behind_nat_is_called_at_its_flow_until_its_lifetime_ends() {
    let mut before = agent(Access::open());
    let contact = "sip:anna@10.0.0.1:5060";
    let (stored, _) = over_udp(
        &mut before,
        0,
        &register(5, "UDP 10.0.0.1:5060", contact, 600),
    );
    let stored = through_store(&stored[0]);
    // Clock of another process, 100 s later.
    let mut after = agent(Access::open());
    after.restore_registration(at(7), stored.clone(), Duration::from_secs(100));
    assert_eq!(after.kept_flows(), 1, "its binding is kept open");
    let called = invited(&mut after, 7);
    let flow = PHONE.parse().unwrap();
    assert_eq!(called, Some((flow, contact.to_owned())));
    assert!(after.route_to_user(at(7 + 499), "anna").is_some());
    assert!(after.route_to_user(at(7 + 501), "anna").is_none());
    // An older REGISTER with the same Call-ID is still out of order.
    let (_, replies) = over_udp(
        &mut after,
        8,
        &register(4, "UDP 10.0.0.1:5060", contact, 60),
    );
    assert!(replies[0].starts_with("SIP/2.0 500 "), "{replies:?}");
    // Expired before the restart.
    let mut late = agent(Access::open());
    late.restore_registration(at(7), stored, Duration::from_secs(600));
    assert!(late.route_to_user(at(7), "anna").is_none());
}

#[test]
fn newer_registration_is_not_replaced_by_a_stored_one() {
    let mut before = agent(Access::open());
    let (stored, _) = over_udp(
        &mut before,
        0,
        &register(1, "UDP 10.0.0.1", "sip:old@10.0.0.1", 600),
    );
    let mut after = agent(Access::open());
    over_udp(
        &mut after,
        0,
        &register(2, "UDP 10.0.0.1", "sip:new@10.0.0.1", 600),
    );
    after.restore_registration(at(0), stored[0].clone(), Duration::ZERO);
    assert_eq!(invited(&mut after, 0).unwrap().1, "sip:new@10.0.0.1");
}

#[test]
fn user_who_is_no_longer_configured_is_not_restored() {
    let mut before = agent(Access::open());
    let (stored, _) = over_udp(
        &mut before,
        0,
        &register(1, "UDP 10.0.0.1", "sip:a@10.0.0.1", 600),
    );
    let account = |user: &str| Access {
        open: false,
        trunks: vec![Trunk {
            name: "phones".to_owned(),
            networks: Vec::new(),
            account: Some(Account {
                user: user.to_owned(),
                password: Secret("secret".to_owned()),
            }),
            gateway: None,
            srtp: None,
            nat: confab_sip::Nat::Auto,
            identity: confab_sip::IdentityRules::default(),
        }],
    };
    for (user, is_restored) in [("anna", true), ("boris", false)] {
        let mut after = agent(account(user));
        after.restore_registration(at(0), stored[0].clone(), Duration::ZERO);
        assert_eq!(after.route_to_user(at(0), "anna").is_some(), is_restored);
    }
}

#[test]
fn phone_on_a_stream_is_restored_only_where_it_listens() {
    let cases = [
        (
            Transport::Tcp,
            "sip:anna@203.0.113.9:5060;transport=tcp",
            Some("203.0.113.9:5060"),
        ),
        // Behind NAT, no phone listens at the NAT's address.
        (Transport::Tcp, "sip:anna@10.0.0.1:5060;transport=tcp", None),
        (
            Transport::Tls,
            "sip:anna@203.0.113.9:5061;transport=tls",
            None,
        ),
    ];
    for (transport, contact, reached) in cases {
        let mut before = agent(Access::open());
        let connection = ConnectionId::Theirs(1);
        let opened = ConnectionEvent::Opened {
            peer: PHONE.parse().unwrap(),
            transport,
        };
        before.handle_connection(at(0), connection, opened);
        let via = if transport == Transport::Tcp {
            "TCP 10.0.0.1"
        } else {
            "TLS 10.0.0.1"
        };
        let bytes = register(1, via, contact, 600).into_bytes();
        before.handle_connection(at(0), connection, ConnectionEvent::Received { bytes });
        let (stored, _) = outputs(&mut before);
        assert_eq!(stored.len(), 1, "{contact}");
        assert!(before.route_to_user(at(0), "anna").is_some());
        let mut after = agent(Access::open());
        after.restore_registration(at(0), through_store(&stored[0]), Duration::ZERO);
        let called = invited(&mut after, 0).map(|(to, _)| to);
        assert_eq!(called, reached.map(|to| to.parse().unwrap()), "{contact}");
    }
}
