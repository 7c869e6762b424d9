//! Destination of requests within a dialog: Record-Route, Contact, and the source as a fallback.

use crate::network::{ANSWER, OFFER};
use confab_sip::{Config, DialogId, Event, Invite, Output, UserAgent};
use confab_terms::Instant;

const NOW: Instant = Instant(0);
const PROXY: &str = "192.0.2.50:5080";

fn agent() -> UserAgent {
    UserAgent::new(Config {
        address: "192.0.2.1:5060".parse().unwrap(),
        tls_port: None,
        product: String::new(),
        seed: [1; 32],
    })
}

fn outputs(agent: &mut UserAgent) -> (Vec<(String, String)>, Vec<Event>) {
    let (mut sent, mut events) = (Vec::new(), Vec::new());
    while let Some(output) = agent.poll_output() {
        match output {
            Output::Datagram { to, bytes } => {
                sent.push((to.to_string(), String::from_utf8(bytes).unwrap()));
            }
            Output::Event(event) => events.push(event),
            other => panic!("{other:?}"),
        }
    }
    (sent, events)
}

fn lines<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    text.lines()
        .filter_map(|line| line.strip_prefix(name))
        .collect()
}

/// Answers a call with these headers and hangs up after its ACK. Returns the 200, the destination
/// of the BYE, and the BYE.
fn called(headers: &str) -> (String, String, String) {
    let mut agent = agent();
    let invite = format!(
        "INVITE sip:room@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa\r\n\
         From: <sip:anna@example.org>;tag=a1\r\nTo: <sip:room@192.0.2.1>\r\nCall-ID: c\r\n\
         CSeq: 1 INVITE\r\n{headers}Content-Type: application/sdp\r\n\r\nv=0\r\n"
    );
    agent.handle(NOW, PROXY.parse().unwrap(), invite.as_bytes());
    let (_, events) = outputs(&mut agent);
    let [Event::Invited { dialog, .. }] = events[..] else {
        panic!("{events:?}");
    };
    agent.answer(NOW, dialog, ANSWER.to_vec());
    let (sent, _) = outputs(&mut agent);
    let ok = sent[0].1.clone();
    let to = lines(&ok, "To: ")[0];
    let ack = format!(
        "ACK sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKb\r\n\
         From: <sip:anna@example.org>;tag=a1\r\nTo: {to}\r\nCall-ID: c\r\nCSeq: 1 ACK\r\n\r\n"
    );
    agent.handle(NOW, PROXY.parse().unwrap(), ack.as_bytes());
    agent.hang_up(NOW, dialog);
    let (mut sent, _) = outputs(&mut agent);
    let (destination, bye) = sent.remove(0);
    (ok, destination, bye)
}

#[test]
fn called_through_two_proxies() {
    let (ok, destination, bye) = called(
        "Record-Route: <sip:198.51.100.1;lr>, <sip:198.51.100.2:5070;lr>\r\n\
         Contact: <sip:anna@10.0.0.1:5062>\r\n",
    );
    let recorded = lines(&ok, "Record-Route: ");
    assert_eq!(
        recorded,
        ["<sip:198.51.100.1;lr>, <sip:198.51.100.2:5070;lr>"]
    );
    assert_eq!(
        lines(&ok, "Via: "),
        ["SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;received=192.0.2.50"]
    );
    assert!(
        bye.starts_with("BYE sip:anna@10.0.0.1:5062 SIP/2.0\r\n"),
        "{bye}"
    );
    let routes = lines(&bye, "Route: ");
    assert_eq!(
        routes,
        ["<sip:198.51.100.1;lr>", "<sip:198.51.100.2:5070;lr>"]
    );
    assert_eq!(destination, "198.51.100.1:5060");
    assert_eq!(lines(&bye, "To: "), ["<sip:anna@example.org>;tag=a1"]);
}

#[test]
fn a_strict_router_takes_the_request_uri() {
    let (_, destination, bye) =
        called("Record-Route: <sip:198.51.100.1>\r\nContact: <sip:anna@10.0.0.1>\r\n");
    assert!(bye.starts_with("BYE sip:198.51.100.1 SIP/2.0\r\n"), "{bye}");
    assert_eq!(lines(&bye, "Route: "), ["<sip:anna@10.0.0.1>"]);
    assert_eq!(destination, "198.51.100.1:5060");
}

#[test]
fn a_contact_that_nobody_is_at_is_reached_where_it_was_heard() {
    for contact in [
        "sip:anna@0.0.0.0",
        "sip:anna@255.255.255.255",
        "sips:anna@10.0.0.1",
        "sip:anna@10.0.0.1;transport=tls",
    ] {
        let (_, destination, bye) = called(&format!("Contact: <{contact}>\r\n"));
        assert!(
            bye.starts_with(&format!("BYE {contact} SIP/2.0\r\n")),
            "{bye}"
        );
        assert_eq!(destination, PROXY);
    }
    let (_, destination, _) = called("Contact: <sip:anna@10.0.0.2:5062>\r\n");
    assert_eq!(destination, "10.0.0.2:5062");
}

/// Sends an INVITE; returns the dialog and the INVITE.
fn calling(agent: &mut UserAgent) -> (DialogId, String) {
    let dialog = agent.invite(
        NOW,
        Invite {
            to: "sip:boris@example.org".into(),
            from: "sip:room@192.0.2.1".into(),
            from_name: None,
            via: Some(PROXY.parse().unwrap()),
            offer: OFFER.to_vec(),
            headers: vec![("X-A".into(), "1\r\nX-B: 2".into())],
        },
    );
    let (mut sent, _) = outputs(agent);
    (dialog, sent.remove(0).1)
}

fn reply(invite: &str, status: &str, tag: &str, headers: &str) -> Vec<u8> {
    let echo = |name: &str| format!("{name}{}\r\n", lines(invite, name)[0]);
    let (via, from, to) = (echo("Via: "), echo("From: "), echo("To: "));
    let (call_id, cseq) = (echo("Call-ID: "), echo("CSeq: "));
    let to = to.replace("\r\n", &format!(";tag={tag}\r\n"));
    format!("SIP/2.0 {status}\r\n{via}{from}{to}{call_id}{cseq}{headers}\r\n").into_bytes()
}

#[test]
fn calling_through_two_proxies_and_a_fork() {
    let mut agent = agent();
    let (_, invite) = calling(&mut agent);
    assert!(!invite.contains("X-B"), "no header is smuggled in");
    let routes = "Record-Route: <sip:198.51.100.2;lr>\r\nRecord-Route: <sip:198.51.100.1;lr>\r\n";
    let headers = format!("{routes}Contact: <sip:boris@10.0.0.2>\r\n");
    let proxy = PROXY.parse().unwrap();
    agent.handle(NOW, proxy, &reply(&invite, "200 OK", "b1", &headers));
    let (sent, events) = outputs(&mut agent);
    assert!(matches!(events[..], [Event::Answered { .. }]), "{events:?}");
    let [(destination, ack)] = &sent[..] else {
        panic!("{sent:?}");
    };
    assert!(
        ack.starts_with("ACK sip:boris@10.0.0.2 SIP/2.0\r\n"),
        "{ack}"
    );
    assert_eq!(
        lines(ack, "Route: "),
        ["<sip:198.51.100.1;lr>", "<sip:198.51.100.2;lr>"]
    );
    assert_eq!(destination, "198.51.100.1:5060");
    // A second 200 of another fork gets one ACK and one BYE.
    let fork = reply(&invite, "200 OK", "b2", "Contact: <sip:boris@10.0.0.3>\r\n");
    agent.handle(NOW, proxy, &fork);
    let (sent, events) = outputs(&mut agent);
    let methods: Vec<&str> = sent.iter().map(|(_, text)| &text[..3]).collect();
    assert_eq!((methods, events.len()), (vec!["ACK", "BYE"], 0));
    assert!(sent[1].1.starts_with("BYE sip:boris@10.0.0.3 SIP/2.0\r\n"));
    assert!(lines(&sent[1].1, "To: ")[0].ends_with(";tag=b2"));
    agent.handle(NOW, proxy, &fork);
    let (sent, _) = outputs(&mut agent);
    assert!(sent.len() == 1 && sent[0].1.starts_with("ACK"), "{sent:?}");
}

#[test]
fn responses_that_are_not_for_us_are_dropped() {
    let mut agent = agent();
    let (_, invite) = calling(&mut agent);
    let ok = String::from_utf8(reply(&invite, "200 OK", "b", "")).unwrap();
    let strangers = [
        ok.replace("branch=z9hG4bK", "branch=z9hG4bKx"),
        ok.replace("Call-ID: ", "Call-ID: x"),
        ok.replace(" INVITE\r\n", " BYE\r\n"),
        ok.replace(
            "From: ",
            "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKy\r\nFrom: ",
        ),
    ];
    for text in strangers {
        assert_ne!(text, ok);
        agent.handle(NOW, PROXY.parse().unwrap(), text.as_bytes());
        assert!(agent.poll_output().is_none(), "{text}");
    }
}
