//! Rejections without an ACK: up to a limit, each is retransmitted as RFC 3261 requires; beyond,
//! each is sent once. A flood leaves no state, and peers that send ACK are not affected.

use core::time::Duration;

use confab_sip::{Config, Event, Output, UserAgent};
use confab_terms::{Instant, SocketAddr, limits};

fn agent() -> UserAgent {
    UserAgent::new(Config {
        address: "127.0.0.1:5060".parse().unwrap(),
        tls_port: None,
        product: "confab".into(),
        seed: [7; 32],
    })
}

fn request(method: &str, number: usize, to_tag: &str) -> Vec<u8> {
    format!(
        "{method} sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2;branch=z9hG4bK{number}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:b@127.0.0.2>;tag=1\r\nTo: <sip:a@127.0.0.1>{to_tag}\r\n\
         Call-ID: {number}\r\nCSeq: 1 {method}\r\nContact: <sip:b@127.0.0.2>\r\n\
         Content-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

/// Interval of the requests, so that the rate limit drops none.
const PACE: Duration = Duration::from_micros(100);

/// Sends an INVITE that is rejected; returns the responses.
fn refused(agent: &mut UserAgent, now: Instant, number: usize) -> Vec<String> {
    let from: SocketAddr = "127.0.0.2:5060".parse().unwrap();
    agent.handle(now, from, &request("INVITE", number, ""));
    let mut answers = Vec::new();
    while let Some(output) = agent.poll_output() {
        match output {
            Output::Datagram { bytes, .. } => answers.push(String::from_utf8(bytes).unwrap()),
            Output::Event(Event::Invited { dialog, .. }) => agent.reject(now, dialog, 503),
            _ => {}
        }
    }
    answers
}

#[test]
fn a_flood_that_nobody_acknowledges_leaves_a_bounded_number() {
    let (mut agent, now) = (agent(), Instant(1_000_000_000));
    let mut now = now;
    for number in 0..10_000 {
        now += PACE;
        let answers = refused(&mut agent, now, number);
        let last = answers.last().unwrap();
        assert!(last.starts_with("SIP/2.0 503 "), "{last}");
    }
    let (transactions, dialogs, _) = agent.leftovers();
    assert_eq!((transactions, dialogs), (limits::SIP_REFUSALS_MAX, 0));
    // A retransmitted request is rejected again.
    let answers = refused(&mut agent, now, 9_999);
    assert!(answers.last().unwrap().starts_with("SIP/2.0 503 "));
    // The stored transactions time out and make room for others.
    while let Some(at) = agent.next_deadline() {
        agent.handle_deadline(at);
        while agent.poll_output().is_some() {}
    }
    assert_eq!(agent.leftovers(), (0, 0, 0));
    refused(&mut agent, Instant(200_000_000_000), 1);
    assert_eq!(agent.leftovers().0, 1);
}

#[test]
fn who_acknowledges_is_not_counted() {
    let (mut agent, now) = (agent(), Instant(1_000_000_000));
    let from: SocketAddr = "127.0.0.2:5060".parse().unwrap();
    for number in 0..2 * limits::SIP_REFUSALS_MAX {
        let answers = refused(&mut agent, now, number);
        let tag = answers.last().unwrap().split(";tag=").nth(2).unwrap();
        let tag = format!(";tag={}", tag.split("\r\n").next().unwrap());
        agent.handle(now, from, &request("ACK", number, &tag));
        assert!(agent.poll_output().is_none());
    }
    // Each transaction remains for late retransmissions (timer I).
    assert_eq!(agent.leftovers().0, 2 * limits::SIP_REFUSALS_MAX);
}

/// Sends a REGISTER; returns the response.
fn registered(agent: &mut UserAgent, now: Instant, number: usize, user: &str) -> String {
    let from: SocketAddr = "127.0.0.2:5060".parse().unwrap();
    let register = String::from_utf8(request("REGISTER", number, "")).unwrap();
    let register = register.replace("To: <sip:a@", &format!("To: <sip:{user}"));
    agent.handle(now, from, register.as_bytes());
    loop {
        match agent.poll_output() {
            Some(Output::Datagram { bytes, .. }) => return String::from_utf8(bytes).unwrap(),
            Some(Output::Event(Event::Registered(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn strangers_who_register_leave_a_bounded_number() {
    let (mut agent, now) = (agent(), Instant(1_000_000_000));
    // A rejection stores no state, and is the same for each retransmission.
    let refusal = registered(&mut agent, now, 0, "");
    assert!(refusal.starts_with("SIP/2.0 400 "), "{refusal}");
    assert_eq!(registered(&mut agent, now, 0, ""), refusal);
    assert_eq!(agent.leftovers().0, 0);
    let mut now = now;
    for number in 1..10_000 {
        now += PACE;
        let answer = registered(&mut agent, now, number, "a@");
        assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
    }
    assert_eq!(agent.leftovers().0, limits::SIP_STRANGERS_MAX);
    while let Some(at) = agent.next_deadline() {
        agent.handle_deadline(at);
    }
    assert_eq!(agent.leftovers(), (0, 0, 0));
    let later = Instant(200_000_000_000);
    let answer = registered(&mut agent, later, 10_000, "a@");
    assert_eq!(agent.leftovers().0, 1, "there is room again");
    assert_eq!(registered(&mut agent, later, 10_000, "a@"), answer);
}
