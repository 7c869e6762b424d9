//! The rules of offer and answer, one by one, and no panic whatever comes.

use confab_sdp::{Direction, Local, Malformed, NotAcceptable, agree, answer, offer, parse};
use confab_terms::Codec;
use proptest::prelude::*;

const BOTH: [Codec; 2] = [Codec::Pcmu, Codec::Pcma];

fn local(address: &str) -> Local {
    Local {
        address: address.parse().unwrap(),
        rtp_port: 20_002,
        session_id: 1,
        codecs: BOTH.to_vec(),
        version: 1,
        srtp: None,
    }
}

fn with(connection: &str, rest: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n{connection}t=0 0\r\n{rest}")
}

fn refusal(text: &str) -> NotAcceptable {
    answer(&parse(text.as_bytes()).unwrap(), &local("192.0.2.1")).unwrap_err()
}

fn direction(connection: &str, attribute: &str) -> (Direction, String) {
    let rest = format!("m=audio 4000 RTP/AVP 0\r\n{attribute}");
    let session = parse(with(connection, &rest).as_bytes()).unwrap();
    let (text, agreed) = answer(&session, &local("192.0.2.1")).unwrap();
    let text = String::from_utf8(text).unwrap();
    (agreed.direction, text.lines().last().unwrap().to_owned())
}

#[test]
fn a_hold_is_answered_with_its_mirror() {
    let here = "c=IN IP4 192.0.2.9\r\n";
    let zeros = "c=IN IP4 0.0.0.0\r\n";
    for (connection, attribute, expected) in [
        (here, "", Direction::SendRecv),
        (here, "a=sendrecv\r\n", Direction::SendRecv),
        (here, "a=sendonly\r\n", Direction::RecvOnly),
        (here, "a=recvonly\r\n", Direction::SendOnly),
        (here, "a=inactive\r\n", Direction::Inactive),
        // RFC 2543's hold.
        (zeros, "", Direction::RecvOnly),
        (zeros, "a=sendonly\r\n", Direction::RecvOnly),
        (zeros, "a=recvonly\r\n", Direction::Inactive),
        (zeros, "a=inactive\r\n", Direction::Inactive),
    ] {
        let (got, line) = direction(connection, attribute);
        assert_eq!(got, expected, "{connection}{attribute}");
        assert_eq!(line, format!("a={}", expected.attribute()));
    }
}

#[test]
fn the_session_s_direction_holds_where_the_stream_has_none() {
    let head = "c=IN IP4 192.0.2.9\r\na=sendonly\r\n";
    assert_eq!(direction(head, "").0, Direction::RecvOnly);
    assert_eq!(direction(head, "a=sendrecv\r\n").0, Direction::SendRecv);
}

#[test]
fn what_is_not_acceptable_says_what_would_do() {
    let here = "c=IN IP4 192.0.2.9\r\n";
    let cases = [
        (with(here, ""), NotAcceptable::NoAudio),
        (
            with(here, "m=video 4000 RTP/AVP 31\r\n"),
            NotAcceptable::NoAudio,
        ),
        (
            with(here, "m=audio 0 RTP/AVP 0\r\n"),
            NotAcceptable::NoAudio,
        ),
        (
            with(here, "m=audio 4000 RTP/SAVP 0\r\n"),
            NotAcceptable::NotClear,
        ),
        (
            with(here, "m=audio 4000 RTP/AVP 9 18\r\n"),
            NotAcceptable::NoCodec,
        ),
        (
            with(here, "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/16000\r\n"),
            NotAcceptable::NoCodec,
        ),
        (
            with("", "m=audio 4000 RTP/AVP 0\r\n"),
            NotAcceptable::NoAddress,
        ),
        (
            with("c=IN IP4 phone.example\r\n", "m=audio 4000 RTP/AVP 0\r\n"),
            NotAcceptable::NoAddress,
        ),
        (
            with("c=IN IP4 224.2.1.1/127\r\n", "m=audio 4000 RTP/AVP 0\r\n"),
            NotAcceptable::NoAddress,
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refusal(&text), expected, "{text}");
        assert!(expected.to_string().contains("would do"));
    }
}

#[test]
fn an_offer_of_ours_is_answered_and_agreed_on() {
    let ours = offer(&local("2001:db8::1"), Direction::SendRecv);
    let text = String::from_utf8(ours.clone()).unwrap();
    assert!(text.contains("c=IN IP6 2001:db8::1\r\n"), "{text}");
    assert!(text.contains("m=audio 20002 RTP/AVP 0 8 101\r\n"), "{text}");
    let (theirs, they_agreed) = answer(&parse(&ours).unwrap(), &local("192.0.2.1")).unwrap();
    let agreed = agree(&local("2001:db8::1"), &parse(&theirs).unwrap()).unwrap();
    assert_eq!(agreed.codec, they_agreed.codec);
    assert_eq!(agreed.remote_rtp.to_string(), "192.0.2.1:20002");
    assert_eq!(they_agreed.remote_rtp.to_string(), "[2001:db8::1]:20002");
    assert_eq!(agreed.digits_payload_type, Some(101));
}

#[test]
fn an_answer_with_what_was_not_offered_is_not_agreed_on() {
    let only_pcma = Local {
        codecs: vec![Codec::Pcma],
        ..local("::1")
    };
    let text = with("c=IN IP4 192.0.2.9\r\n", "m=audio 4000 RTP/AVP 0\r\n");
    let session = parse(text.as_bytes()).unwrap();
    assert_eq!(agree(&only_pcma, &session), Err(NotAcceptable::NoCodec));
    let text = with("c=IN IP4 192.0.2.9\r\n", "m=audio 0 RTP/AVP 0\r\n");
    let session = parse(text.as_bytes()).unwrap();
    assert_eq!(
        agree(&local("2001:db8::1"), &session),
        Err(NotAcceptable::NoAudio)
    );
}

#[test]
fn mapped_ipv4_is_ipv4() {
    let head = "c=IN IP6 ::ffff:192.0.2.9\r\n";
    let session = parse(with(head, "m=audio 4000 RTP/AVP 0\r\n").as_bytes()).unwrap();
    let (_, agreed) = answer(&session, &local("192.0.2.1")).unwrap();
    assert_eq!(agreed.remote_rtp.to_string(), "192.0.2.9:4000");
}

#[test]
fn a_fault_is_named_with_its_line() {
    let fault = |text: &str| parse(text.as_bytes()).unwrap_err();
    let at = |line, what| Malformed { line, what };
    assert_eq!(fault(""), at(1, "empty"));
    assert_eq!(fault("o=x\r\n"), at(1, "does not begin with v=0"));
    assert_eq!(fault("v=1\r\n"), at(1, "does not begin with v=0"));
    assert_eq!(fault("v=0\r\nhello\r\n"), at(2, "not of the form x=value"));
    assert_eq!(
        fault("v=0\r\nm=audio x RTP/AVP 0\r\n"),
        at(2, "m= with a port that is none")
    );
    assert_eq!(
        fault("v=0\r\nm=audio 70000 RTP/AVP 0\r\n"),
        at(2, "m= with a port that is none")
    );
    assert_eq!(
        fault("v=0\r\nm=audio 1 RTP/AVP\r\n"),
        at(2, "m= lacks a format")
    );
    assert_eq!(
        fault("v=0\r\nc=IN IP4\r\n"),
        at(2, "c= is not of the form IN IP4 address")
    );
    assert_eq!(
        fault("v=0\r\nc=IN IP4 /127\r\n"),
        at(2, "c= without an address")
    );
    assert_eq!(
        fault("v=0\r\nm=audio 1 RTP/AVP\0 0\r\n"),
        at(2, "m= with a character that is none of a token")
    );
    // A vertical tab is no blank of the grammar, and trimmed where a line ends.
    assert_eq!(
        fault("v=0\r\nc=IN IP4 name\u{b}/127\r\n"),
        at(2, "c= without an address")
    );
    assert_eq!(
        fault(&format!("v=0\r\n{}", "a=x\r\n".repeat(1_000))),
        at(1_001, "too many lines")
    );
}

fn lines() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "v=0",
        "o=- 1 1 IN IP4 1.2.3.4",
        "c=IN IP4 1.2.3.4",
        "c=IN IP4 0.0.0.0",
        "c=IN IP6 ::1",
        "c=IN IP4 name",
        "c=",
        "m=audio 65535 RTP/AVP 0 8 101",
        "m=audio 1 RTP/AVP 96 300 x -1",
        "m=video 2 RTP/AVP 31",
        "m=audio 0 RTP/AVP 8",
        "a=rtpmap:96 PCMA/8000",
        "a=rtpmap:0 x",
        "a=rtpmap:101 telephone-event/8000",
        "a=rtcp:1 IN IP4 9.9.9.9",
        "a=rtcp:70000",
        "a=ptime:20.0",
        "a=ptime:-1",
        "a=sendonly",
        "a=inactive",
        "a",
        "=",
        "m=",
        "é=é",
        "",
    ]);
    prop::collection::vec(line, 0..20).prop_map(|lines| format!("v=0\n{}\n", lines.join("\n")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_bytes_bring_us_down(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn whatever_is_answered_can_be_read_back_and_has_as_many_streams(text in lines()) {
        if let Ok(session) = parse(text.as_bytes())
            && let Ok((bytes, agreed)) = answer(&session, &local("192.0.2.1"))
        {
            let ours = parse(&bytes).expect("our own answer");
            prop_assert_eq!(ours.media.len(), session.media.len());
            let taken: Vec<_> = ours.media.iter().filter(|media| media.port != 0).collect();
            prop_assert_eq!(taken.len(), 1);
            prop_assert!(agreed.remote_rtp.port() != 0);
        }
    }
}
