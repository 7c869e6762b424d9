//! Headers beyond the grammar with a single meaning are accepted and written back unchanged. A 2xx
//! with malformed headers gets ACK and BYE.

use confab_sip::message::{Message, Request, parse, reason_phrase};
use confab_sip::{Ending, Event};

use crate::wire::{Did, SDP, Wire, head, lines, response_to};

const PHONE: &str = "192.0.2.7:5070";

fn invite(from: &str, contact: &str) -> String {
    format!(
        "INVITE sip:room@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKi;\
         rport;x=a==;\r\nFrom: {from}\r\nTo: <sip:room@192.0.2.1>\r\nCall-ID: c\r\n\
         CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: {contact}\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
        SDP.len()
    )
}

const FROM: &str = "<sip:1000@192.0.2.7>;tag=t";
const CONTACT: &str = "<sip:u@192.0.2.7:5070>";

fn request(text: &str) -> Option<Request> {
    match parse(text.as_bytes()) {
        Ok(Message::Request(request)) => Some(*request),
        _ => None,
    }
}

fn datagrams(wire: &mut Wire) -> Vec<(String, String)> {
    let did = wire.did().into_iter();
    did.map(|one| match one {
        Did::Datagram(to, text) => (to, text),
        other => panic!("{other:?}"),
    })
    .collect()
}

fn hear(wire: &mut Wire, text: &str) -> Vec<(String, String)> {
    let from = PHONE.parse().unwrap();
    wire.agent.handle(wire.now, from, text.as_bytes());
    datagrams(wire)
}

#[test]
fn contact_parameters_beyond_the_grammar_are_accepted_and_written_back() {
    for uri in [
        "sip:u@192.0.2.7:5070;line=abcd==",
        "sip:u@192.0.2.7:5070;ob;x=",
        "sip:u@192.0.2.7:5070;;ob;",
        "sip:192.0.2.7:5070;info=\"VG8+PoIU/sWAZZw=\"",
        "sip:192.0.2.7:5070;info=\"a>b;c,d?e@f\";lr",
        "sip:192.0.2.7:5070;info=\"a\\\"b\"",
        "sip:u@192.0.2.7:5070;alias=192.0.2.9~5060~1;x={a|b}",
        "sip:@192.0.2.7:5070",
        "sip:u@example.com@192.0.2.7:5070",
        "sip:u@192.0.2.7:5070;x=a@b",
    ] {
        let mut wire = Wire::new();
        let trying = hear(&mut wire, &invite(FROM, &format!("<{uri}>;")));
        let [(_, trying)] = &trying[..] else {
            panic!("{uri}: {trying:?}");
        };
        assert_eq!(head(trying), "SIP/2.0 100 Trying", "{uri}");
        let dialog = wire.invited();
        wire.agent.answer(wire.now, dialog, SDP.as_bytes().to_vec());
        let ok = datagrams(&mut wire).pop().unwrap().1;
        let to = lines(&ok, "To: ")[0];
        let ack = invite(FROM, CONTACT).replace("INVITE", "ACK");
        hear(
            &mut wire,
            &ack.replace("<sip:room@192.0.2.1>\r\n", &format!("{to}\r\n")),
        );
        wire.agent.hang_up(wire.now, dialog);
        let sent = datagrams(&mut wire);
        assert_eq!((sent.len(), sent[0].0.as_str()), (1, PHONE), "{uri}");
        assert_eq!(head(&sent[0].1), format!("BYE {uri} SIP/2.0"));
    }
}

#[test]
fn several_contacts_are_told_apart() {
    for (contacts, first) in [
        ("Smith, John <sip:a@b>, <sip:c@d>", "sip:a@b"),
        ("<sip:a@b;x=\",\">, <sip:c@d>", "sip:a@b;x=\",\""),
        (", <sip:a@b>,", "sip:a@b"),
        ("sip:a@b, Smith, John <sip:c@d>", "sip:a@b"),
        ("*", ""),
    ] {
        let request = request(&invite(FROM, contacts)).expect(contacts);
        let contact = request.contact.map(|contact| contact.uri.text().to_owned());
        assert_eq!(contact.unwrap_or_default(), first, "{contacts}");
    }
}

#[test]
fn display_names_without_quotes_are_read_up_to_the_bracket() {
    for (from, name) in [
        (
            "Smith, John (Sales) <sip:1000@192.0.2.7>;tag=t",
            "Smith, John (Sales)",
        ),
        (
            "+1 (555) 010-0100 <sip:1000@192.0.2.7>;tag=t",
            "+1 (555) 010-0100",
        ),
        (
            "joe@example.com <sip:1000@192.0.2.7>;tag=t",
            "joe@example.com",
        ),
        ("\"\"unknown\"\" <sip:1000@192.0.2.7>;tag=t", "unknown"),
        ("\"Joe\" Smith <sip:1000@192.0.2.7>;tag=t", "\"Joe\" Smith"),
        ("Joe; Sales=1 <sip:1000@192.0.2.7>;tag=t;", "Joe; Sales=1"),
        (
            "\"A <b>, \\\"c\\\"\" <sip:1000@192.0.2.7>;tag=t",
            "A <b>, \"c\"",
        ),
        (
            "M\u{fc}ller: B\u{fc}ro<sip:1000@192.0.2.7>;tag=t;x",
            "M\u{fc}ller: B\u{fc}ro",
        ),
        ("\"\" <sip:1000@192.0.2.7>;tag=t", ""),
    ] {
        let request = request(&invite(from, CONTACT)).expect(from);
        assert_eq!(request.from.name.unwrap_or_default(), name, "{from}");
        assert_eq!(request.from.uri.text(), "sip:1000@192.0.2.7");
        let tag = request.from.params.iter().find(|(name, _)| name == "tag");
        assert_eq!(tag.unwrap().1.as_deref(), Some("t"), "{from}");
    }
}

#[test]
fn headers_without_a_defined_meaning_are_refused() {
    for (from, contact) in [
        ("\"Joe <sip:1000@192.0.2.7>;tag=t", CONTACT),
        ("Joe <sip:1000@192.0.2.7;tag=t", CONTACT),
        ("<sip:1000@192.0.2.7>;tag=a;tag=b", CONTACT),
        ("<sip:1000@192.0.2.7>;tag=", CONTACT),
        ("<sip:1000@>;tag=t", CONTACT),
        (FROM, "<sip:u@192.0.2.7;x=\"a>"),
        (FROM, "<sip:u@192.0.2.7;x=\"a\"b>"),
        (FROM, "<sip:u@192.0.2.7;x=%4>"),
        (FROM, "Smith, John"),
        (FROM, "<sip:u@192.0.2.7>, x"),
        (FROM, "<sip:u@192.0.2.7> x"),
        (FROM, "sip:u@192.0.2.7?a=b"),
    ] {
        let mut wire = Wire::new();
        let sent = hear(&mut wire, &invite(from, contact));
        assert!(
            sent[0].1.starts_with("SIP/2.0 400 Bad "),
            "{from} {contact}: {sent:?}"
        );
        assert_eq!(sent.len(), 1);
    }
}

#[test]
fn long_lists_of_quotes_and_commas_are_read_in_little_time() {
    let begun = std::time::Instant::now();
    for pattern in [
        "\"\\",
        "a,",
        "a <x>,",
        "\"a\",",
        "sip:a@b;x=\"\\\"",
        "@\"",
        "<sip:a@b>,",
    ] {
        let many = pattern.repeat(8_000 / pattern.len());
        for contact in [
            many.clone(),
            format!("<sip:{many}>"),
            format!("<sip:a@b;x={many}>"),
        ] {
            let _ = request(&invite(FROM, &contact));
            let _ = request(&invite(&contact, CONTACT));
        }
    }
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}

#[test]
fn rejects_invite_with_a_star_for_a_contact() {
    let mut wire = Wire::new();
    let sent = hear(&mut wire, &invite(FROM, "*"));
    let refusal = head(&sent.last().unwrap().1);
    assert_eq!(refusal, "SIP/2.0 400 Bad Contact");
    assert!(wire.told.is_empty(), "{:?}", wire.told);
}

#[test]
fn caller_without_a_contact_gets_bye_where_its_invite_came_from() {
    let mut wire = Wire::new();
    let invite = invite("<sip:1000@example.com>;tag=t", CONTACT);
    let invite = invite.replace(&format!("Contact: {CONTACT}\r\n"), "");
    hear(&mut wire, &invite);
    let dialog = wire.invited();
    wire.agent.answer(wire.now, dialog, SDP.as_bytes().to_vec());
    let ok = datagrams(&mut wire).pop().unwrap().1;
    let to = lines(&ok, "To: ")[0];
    let ack = invite.replace("INVITE", "ACK");
    hear(
        &mut wire,
        &ack.replace("<sip:room@192.0.2.1>\r\n", &format!("{to}\r\n")),
    );
    wire.agent.hang_up(wire.now, dialog);
    let sent = datagrams(&mut wire);
    assert_eq!((sent.len(), sent[0].0.as_str()), (1, PHONE));
    assert_eq!(head(&sent[0].1), "BYE sip:1000@example.com SIP/2.0");
}

/// Dials a call; returns its INVITE.
fn dialled() -> (Wire, String) {
    let mut wire = Wire::new();
    wire.dial("sip:boris@192.0.2.7:5070");
    let invite = datagrams(&mut wire).remove(0).1;
    (wire, invite)
}

#[test]
fn a_quoted_parameter_in_the_contact_of_a_200_is_acknowledged_and_written_back() {
    let (mut wire, invite) = dialled();
    let contact = "sip:192.0.2.7:5070;info=\"VG8+PoIU/sWAZZw=\"";
    let ok = response_to(&invite, 200);
    let ok = ok.replace(
        "Content-Length",
        &format!("Contact: <{contact}>\r\nContent-Length"),
    );
    let ack = hear(&mut wire, &ok);
    assert_eq!(ack.len(), 1);
    assert_eq!(
        (ack[0].0.as_str(), head(&ack[0].1)),
        (PHONE, &*format!("ACK {contact} SIP/2.0"))
    );
    assert!(
        matches!(wire.told[..], [Event::Answered { .. }]),
        "{:?}",
        wire.told
    );
}

#[test]
fn a_200_that_cannot_be_read_gets_ack_and_bye_and_is_told() {
    for (from, to, reason) in [
        (
            "Content-Length",
            "Contact: <sip:u@192.0.2.7;x=\"a>\r\nContent-Length",
            "Bad Contact",
        ),
        (
            "Content-Length",
            "Contact: <mailto:\"a>\r\nContent-Length",
            "Bad Contact",
        ),
        (
            "Content-Length",
            "Record-Route: x\r\nContent-Length",
            "Bad Record-Route",
        ),
        (
            "Content-Length: 0",
            "Content-Length: 10",
            "Bad Content-Length",
        ),
        (
            "Content-Length",
            "no header\r\nContent-Length",
            "Bad Header",
        ),
        ("To: <sip:boris", "To: \"<sip:boris", "Bad To"),
        ("From: <", "From: \"<", "Bad From"),
    ] {
        let (mut wire, invite) = dialled();
        let ok = response_to(&invite, 200).replacen(from, to, 1);
        let sent = hear(&mut wire, &ok);
        let methods: Vec<&str> = sent.iter().map(|(_, text)| &text[..3]).collect();
        assert_eq!(methods, ["ACK", "BYE"], "{to}");
        for (destination, text) in &sent {
            assert_eq!(destination, PHONE, "{to}");
            assert!(lines(text, "To: ")[0].ends_with(";tag=b"), "{text}");
            assert_eq!(
                head(text).split(' ').nth(1),
                Some("sip:boris@192.0.2.7:5070")
            );
        }
        let [
            Event::Unusable { reason: told, .. },
            Event::Ended { how, .. },
        ] = &wire.told[..]
        else {
            panic!("{:?}", wire.told);
        };
        assert_eq!((told.as_str(), how), (reason, &Ending::ByeSent));
        // After a retransmitted 200 and the response to BYE, no state remains.
        let again = hear(&mut wire, &ok);
        assert_eq!((again.len(), &again[0].1[..3]), (1, "ACK"));
        hear(&mut wire, &response_to(&sent[1].1, 200));
        wire.run_for(std::time::Duration::from_secs(40));
        assert_eq!(wire.agent.leftovers(), (0, 0, 0));
    }
}

#[test]
fn an_unreadable_200_to_a_call_that_was_taken_back_gets_ack_and_bye() {
    let (mut wire, invite) = dialled();
    hear(&mut wire, &response_to(&invite, 180));
    let Some(Event::Ringing { dialog }) = wire.told.first().cloned() else {
        panic!("{:?}", wire.told);
    };
    wire.agent.hang_up(wire.now, dialog);
    datagrams(&mut wire);
    let ok = response_to(&invite, 200).replace("Content-Length", "Contact: <\r\nContent-Length");
    let sent = hear(&mut wire, &ok);
    let methods: Vec<&str> = sent.iter().map(|(_, text)| &text[..3]).collect();
    assert_eq!(methods, ["ACK", "BYE"]);
    assert_eq!(wire.endings(), [Ending::Rejected]);
}

#[test]
fn a_refusal_with_an_unreadable_contact_is_a_refusal() {
    let (mut wire, invite) = dialled();
    let busy = response_to(&invite, 486).replace("Content-Length", "Contact: <\r\nContent-Length");
    let sent = hear(&mut wire, &busy);
    assert_eq!((sent.len(), &sent[0].1[..3]), (1, "ACK"));
    assert_eq!(wire.endings(), [Ending::Refused(486)]);
}

#[test]
fn the_first_of_two_tags_in_the_to_of_a_response_is_the_dialogs() {
    let (mut wire, invite) = dialled();
    let contact = "Contact: <sip:boris@192.0.2.7:5070>\r\nContent-Length";
    let ok = response_to(&invite, 200).replace("Content-Length", contact);
    let ok = ok.replace(";tag=b\r\n", ";tag=b;tag=c\r\n");
    let ack = hear(&mut wire, &ok);
    assert!(
        lines(&ack[0].1, "To: ")[0].ends_with("<sip:boris@192.0.2.7:5070>;tag=b"),
        "{ack:?}"
    );
    assert!(
        matches!(wire.told[..], [Event::Answered { .. }]),
        "{:?}",
        wire.told
    );
}

/// Reason phrases of RFC 3261 (section 21), RFC 4028 and the IANA registry.
const PHRASES: [(u16, &str); 34] = [
    (100, "Trying"),
    (180, "Ringing"),
    (183, "Progress"),
    (200, "OK"),
    (202, "OK"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (408, "Request Timeout"),
    (413, "Request Entity Too Large"),
    (415, "Unsupported Media Type"),
    (416, "Unsupported URI Scheme"),
    (420, "Bad Extension"),
    (422, "Session Interval Too Small"),
    (423, "Interval Too Brief"),
    (480, "Temporarily Unavailable"),
    (481, "Call/Transaction Does Not Exist"),
    (482, "Loop Detected"),
    (486, "Busy Here"),
    (487, "Request Terminated"),
    (488, "Not Acceptable Here"),
    (491, "Request Pending"),
    (499, "Refused"),
    (500, "Server Internal Error"),
    (501, "Not Implemented"),
    (503, "Service Unavailable"),
    (504, "Server Time-out"),
    (505, "Version Not Supported"),
    (600, "Busy Everywhere"),
    (603, "Decline"),
    (699, "Failure"),
];

#[test]
fn each_status_has_its_reason_phrase() {
    for (status, phrase) in PHRASES {
        assert_eq!(reason_phrase(status), phrase, "{status}");
    }
}
