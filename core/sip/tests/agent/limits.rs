//! Limits of the parser: largest accepted and smallest rejected values.

use confab_sip::message::{Message, Unreadable, parse};

fn options(extra: &str) -> Vec<u8> {
    format!(
        "OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa\r\n\
         From: <sip:b@127.0.0.1>;tag=1\r\nTo: <sip:a@127.0.0.1>\r\nCall-ID: x\r\n\
         CSeq: 1 OPTIONS\r\n{extra}\r\n"
    )
    .into_bytes()
}

fn reason(bytes: &[u8]) -> String {
    match parse(bytes) {
        Ok(Message::Request(_)) => "taken".into(),
        Ok(Message::Response(_)) => "a response".into(),
        Err(Unreadable::Refused { reason, .. }) => reason,
        Err(Unreadable::Dropped(_)) => "dropped".into(),
    }
}

#[test]
fn headers() {
    let of = |count: usize| reason(&options(&"X-A: 1\r\n".repeat(count)));
    assert_eq!(of(123), "taken");
    assert_eq!(of(124), "Too Many Headers");
}

#[test]
fn a_header_folded_or_not() {
    let of = |length: usize| reason(&options(&format!("X-A: {}\r\n", "a".repeat(length))));
    assert_eq!(of(8_192 - 5), "taken");
    assert_eq!(of(8_192 - 4), "Header Too Long");
    let folded = "X-A: a\r\n".to_owned() + &" aaaaaaa\r\n".repeat(1_100);
    assert_eq!(reason(&options(&folded)), "Header Too Long");
}

#[test]
fn vias() {
    let via = "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKb";
    let of = |count: usize| reason(&options(&format!("v: {}\r\n", vec![via; count].join(","))));
    assert_eq!(of(69), "taken");
    assert_eq!(of(70), "Too Many Via");
}

#[test]
fn the_whole() {
    let mut bytes = options("");
    bytes.resize(65_535, b'x');
    assert_eq!(reason(&bytes), "taken");
    bytes.push(b'x');
    assert_eq!(reason(&bytes), "dropped");
}

#[test]
fn compact_forms_and_one_of_each() {
    let compact = "OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nv:SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa\r\n\
                   f:<sip:b@127.0.0.1>;tag=1\r\nt:<sip:a@127.0.0.1>\r\ni:x\r\nCSeq:1 OPTIONS\r\n\
                   l:0\r\n\r\n";
    assert_eq!(reason(compact.as_bytes()), "taken");
    assert_eq!(reason(&options("t: <sip:c@d>\r\n")), "More Than One To");
    assert_eq!(
        reason(&options("l: 0\r\nContent-Length: 0\r\n")),
        "More Than One Content-Length"
    );
}

#[test]
fn keep_alives_and_noise_are_dropped() {
    for bytes in [
        &b""[..],
        b"\r\n\r\n",
        b"\0",
        b"hello",
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        assert_eq!(reason(bytes), "dropped");
    }
}
