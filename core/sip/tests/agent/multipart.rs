//! Multipart bodies: the SDP part is used, and other parts are ignored unless they have
//! `handling=required`.

use confab_sip::{Event, Output};
use confab_terms::limits;

use crate::network::raw::{header, request, say, status, to_tag};
use crate::network::{ANSWER, CALLEE, CALLER, Network, OFFER, address, secs};

const ISUP: &str = "Content-Type: application/isup; version=itu-t92+; base=itu-t92+\r\n\
                    Content-Disposition: signal; handling=optional\r\n\r\n\
                    \u{1}\u{0}\u{20}\n\r\n\u{3}\u{2}\u{7f}";
const PIDF: &str = "Content-Type: application/pidf+xml\r\nContent-ID: <a@b>\r\n\r\n<presence/>\r\n";
const RS: &str = "Content-Type: application/rs-metadata+xml\r\n\
                  Content-Disposition: recording-session\r\n\r\n<recording/>";

fn sdp(headers: &str) -> String {
    let sdp = String::from_utf8_lossy(OFFER);
    format!("Content-Type: application/sdp\r\n{headers}\r\n{sdp}")
}

fn parts(boundary: &str, parts: &[&str]) -> String {
    let mut body = String::from("preamble\r\n");
    for part in parts {
        body += &format!("--{boundary}\r\n{part}\r\n");
    }
    body + &format!("--{boundary}--\r\nepilogue")
}

/// Returns a request with a body of this type.
fn with_body(method: &str, cseq: u32, tag: &str, kind: &str, body: &str) -> String {
    let headers = format!("Content-Type: {kind}\r\n");
    let text = request(method, cseq, tag, &headers, b"");
    let length = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    text.replace("Content-Length: 0\r\n\r\n", &length)
}

/// Returns the status of an INVITE with this body, and the offer of its event.
fn invited(kind: &str, body: &str) -> (String, Option<String>) {
    let mut net = Network::new(1);
    net.answers = false;
    let replies = say(&mut net, &with_body("INVITE", 1, "", kind, body));
    let offers = net.events[CALLEE].iter();
    let mut offers = offers.filter_map(|(_, event)| match event {
        Event::Invited { offer, .. } => Some(String::from_utf8(offer.clone()).unwrap()),
        _ => None,
    });
    (status(&replies[0]).to_owned(), offers.next())
}

fn offer() -> String {
    String::from_utf8(OFFER.to_vec()).unwrap()
}

#[test]
fn sdp_beside_other_parts_is_the_offer() {
    let required = sdp("Content-Disposition: session; handling=required\r\n");
    let plain = sdp("Content-Transfer-Encoding: BINARY\r\n");
    let inner = parts("in", &["\r\ntext", &plain]);
    let within = |kind: &str| format!("Content-Type: {kind};boundary=in\r\n\r\n{inner}");
    let early = sdp("Content-Disposition: early-session\r\n").replace("o=- 1", "o=- 9");
    for (kind, body) in [
        ("multipart/mixed;boundary=b", parts("b", &[&required, ISUP])),
        (
            "multipart/mixed; boundary=\"b x\"",
            parts("b x", &[PIDF, &plain]),
        ),
        (
            "Multipart/Mixed ; Boundary=b",
            parts("b", &[RS, &plain, ISUP]),
        ),
        (
            "multipart/related;type=\"application/sdp\";boundary=b",
            parts("b", &[&plain, PIDF]),
        ),
        (
            "multipart/mixed;boundary=b",
            parts("b", &[ISUP, &within("multipart/alternative")]),
        ),
        (
            "multipart/mixed;boundary=b",
            parts("b", &[&within("multipart/related"), ISUP]),
        ),
        ("multipart/mixed;boundary=b", parts("b", &[&early, &plain])),
        // The closing boundary is missing.
        (
            "multipart/mixed;boundary=b",
            parts("b", &[&plain]).replace("--b--\r\nepilogue", ""),
        ),
    ] {
        let (status, told) = invited(kind, &body);
        assert_eq!(
            (status.as_str(), told),
            ("100", Some(offer())),
            "{kind}\n{body}"
        );
    }
}

#[test]
fn the_last_sdp_of_an_alternative_is_the_offer() {
    let better = sdp("").replace("o=- 1", "o=- 7");
    let body = parts("b", &[&sdp(""), &better, PIDF]);
    let (_, told) = invited("multipart/alternative;boundary=b", &body);
    assert_eq!(told, Some(offer().replace("o=- 1", "o=- 7")));
    let (_, told) = invited("multipart/mixed;boundary=b", &body);
    assert_eq!(told, Some(offer()));
}

#[test]
fn parts_without_sdp_are_an_invite_without_an_offer() {
    let (status, told) = invited("multipart/mixed;boundary=b", &parts("b", &[ISUP, PIDF]));
    assert_eq!((status.as_str(), told.as_deref()), ("100", Some("")));
}

#[test]
fn parts_that_must_be_understood_are_refused_with_415_and_a_warning() {
    let must = ISUP.replace("handling=optional", "handling=\"Required\"");
    let inner = parts("in", &[&must]);
    let within = format!("Content-Type: multipart/alternative;boundary=in\r\n\r\n{inner}");
    for part in [must, within] {
        let body = parts("b", &[&sdp(""), &part]);
        let mut net = Network::new(1);
        let text = with_body("INVITE", 1, "", "multipart/mixed;boundary=b", &body);
        let reply = say(&mut net, &text).remove(0);
        assert_eq!(status(&reply), "415");
        let warning = "399 confab \"a part of another type says handling=required\"";
        assert_eq!(header(&reply, "Warning"), Some(warning));
        assert_eq!(header(&reply, "Accept"), Some("application/sdp"));
        assert!(reply.contains("\r\nAccept: multipart/mixed, "), "{reply}");
    }
    let packed = sdp("Content-Transfer-Encoding: base64\r\n");
    let (status, _) = invited("multipart/mixed;boundary=b", &parts("b", &[&packed]));
    assert_eq!(status, "415");
    // A body that is neither SDP nor multipart is still rejected.
    assert_eq!(invited("application/isup", "abc").0, "415");
}

#[test]
fn broken_or_endless_parts_are_refused_with_400() {
    let many = vec![PIDF; limits::SIP_BODY_PARTS_MAX + 1];
    let mut deep = sdp("");
    for level in 0..=limits::SIP_BODY_DEPTH_MAX {
        let name = format!("n{level}");
        let inner = parts(&name, &[&deep]);
        deep = format!("Content-Type: multipart/mixed;boundary={name}\r\n\r\n{inner}");
    }
    for (kind, body) in [
        ("multipart/mixed", parts("b", &[&sdp("")])),
        ("multipart/mixed;boundary=", parts("b", &[&sdp("")])),
        ("multipart/mixed;boundary=c", parts("b", &[&sdp("")])),
        ("multipart/mixed;boundary=b", parts("b", &many)),
        ("multipart/mixed;boundary=b", parts("b", &[&deep])),
    ] {
        assert_eq!(invited(kind, &body).0, "400", "{kind}");
    }
}

#[test]
fn reinvite_update_ack_and_200_may_have_parts() {
    let kind = "multipart/mixed;boundary=b";
    let body = parts("b", &[ISUP, &sdp("")]);
    let mut net = Network::new(1);
    // INVITE without an offer: the ACK carries the answer.
    let replies = say(&mut net, &request("INVITE", 1, "", "", b""));
    let tag = to_tag(replies.last().unwrap());
    say(&mut net, &with_body("ACK", 1, &tag, kind, &body));
    for method in ["INVITE", "UPDATE"] {
        let cseq = if method == "INVITE" { 2 } else { 3 };
        let replies = say(&mut net, &with_body(method, cseq, &tag, kind, &body));
        assert_eq!(status(replies.last().unwrap()), "200", "{method}");
        say(&mut net, &request("ACK", cseq, &tag, "", b""));
    }
    let events = net.events[CALLEE].iter().map(|(_, event)| event);
    let told: Vec<String> = events
        .filter_map(|event| match event {
            Event::LateAnswer { answer: sdp, .. } | Event::Offered { offer: sdp, .. } => {
                Some(String::from_utf8(sdp.clone()).unwrap())
            }
            _ => None,
        })
        .collect();
    assert_eq!(told, [offer(), offer(), offer()]);

    let mut net = Network::new(2);
    net.answers = false;
    net.call();
    let invite = net.seen[0].text.clone();
    let of = |name: &str| header(&invite, name).unwrap();
    let text = format!(
        "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=b\r\nCall-ID: {}\r\nCSeq: {}\r\n\
         Contact: <sip:b@127.0.0.2>\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
        of("Via"),
        of("From"),
        of("To"),
        of("Call-ID"),
        of("CSeq"),
        body.len()
    );
    net.deliver(CALLER, address(CALLEE), text.as_bytes());
    let answered = net.events[CALLER].iter().any(
        |(_, event)| matches!(event, Event::Answered { answer, .. } if answer.as_slice() == OFFER),
    );
    assert!(answered, "{}", net.story());
    net.run_for(secs(1));
    assert_ne!(OFFER, ANSWER);
    assert!(!matches!(
        net.agents[CALLER].poll_output(),
        Some(Output::Event(_))
    ));
}
