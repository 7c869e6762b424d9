//! Rules of offer and answer, one by one, and arbitrary input without a panic.

use std::cell::Cell;

use confab_sdp::{
    Direction, Local, Malformed, NotAcceptable, Rejection, agree, answer, offer, parse,
};
use confab_terms::Codec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const BOTH: [Codec; 2] = [Codec::Pcmu, Codec::Pcma];

fn local(address: &str) -> Local {
    Local {
        address: address.parse().unwrap(),
        rtp_port: 20_002,
        session_id: 1,
        codecs: BOTH.to_vec(),
        numbers: confab_sdp::PayloadNumbers::default(),
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
fn hold_is_answered_with_the_mirrored_direction() {
    let here = "c=IN IP4 192.0.2.9\r\n";
    let zeros = "c=IN IP4 0.0.0.0\r\n";
    for (connection, attribute, expected) in [
        (here, "", Direction::SendRecv),
        (here, "a=sendrecv\r\n", Direction::SendRecv),
        (here, "a=sendonly\r\n", Direction::RecvOnly),
        (here, "a=recvonly\r\n", Direction::SendOnly),
        (here, "a=inactive\r\n", Direction::Inactive),
        // Hold as in RFC 2543.
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
fn session_direction_applies_to_streams_without_one() {
    let head = "c=IN IP4 192.0.2.9\r\na=sendonly\r\n";
    assert_eq!(direction(head, "").0, Direction::RecvOnly);
    assert_eq!(direction(head, "a=sendrecv\r\n").0, Direction::SendRecv);
}

#[test]
fn refusal_names_the_expectation() {
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
            with("c=IN IP4 010.0.0.1\r\n", "m=audio 4000 RTP/AVP 0\r\n"),
            NotAcceptable::NoAddress,
        ),
        (
            with(here, "m=audio 70000 RTP/AVP 0\r\n"),
            NotAcceptable::NoPort,
        ),
        (
            with("c=IN IP4 224.2.1.1/127\r\n", "m=audio 4000 RTP/AVP 0\r\n"),
            NotAcceptable::NoAddress,
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refusal(&text), expected, "{text}");
        assert!(expected.to_string().contains("expected "));
    }
}

#[test]
fn local_offer_is_answered_and_agreed_on() {
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
fn rejects_answer_with_a_format_that_was_not_offered() {
    let only_pcma = Local {
        codecs: vec![Codec::Pcma],
        numbers: confab_sdp::PayloadNumbers::default(),
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
fn mapped_ipv4_is_read_as_ipv4() {
    let head = "c=IN IP6 ::ffff:192.0.2.9\r\n";
    let session = parse(with(head, "m=audio 4000 RTP/AVP 0\r\n").as_bytes()).unwrap();
    let (_, agreed) = answer(&session, &local("192.0.2.1")).unwrap();
    assert_eq!(agreed.remote_rtp.to_string(), "192.0.2.9:4000");
}

#[test]
fn malformed_session_is_rejected_with_its_line() {
    let fault = |text: &str| parse(text.as_bytes()).unwrap_err();
    let at = |line, what| Malformed { line, what };
    assert_eq!(fault(""), at(1, "no session description"));
    assert_eq!(fault("\r\n \r\n\0"), at(1, "no session description"));
    assert_eq!(fault("o=x\r\n"), at(1, "does not begin with v=0"));
    assert_eq!(fault("hello\r\n"), at(1, "does not begin with v=0"));
    assert_eq!(fault("v=1\r\n"), at(1, "does not begin with v=0"));
    assert_eq!(
        fault(&format!("v=0\r\n{}", "a=x\r\n".repeat(1_000))),
        at(1_001, "too many lines")
    );
    assert_eq!(
        fault(&format!("v=0\r\n{}", "m=audio 1 RTP/AVP 0\r\n".repeat(33))),
        at(34, "too many m= lines")
    );
}

const HERE: &str = "c=IN IP4 192.0.2.9\r\n";
const PCMU: &str = "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n\
                    a=rtpmap:101 telephone-event/8000\r\n";

/// Answers the offer; returns the media lines of the answer.
fn answered(offer: &str) -> Result<(Vec<String>, confab_sdp::Agreed), NotAcceptable> {
    let session = parse(offer.as_bytes()).unwrap_or_else(|error| panic!("{error}: {offer}"));
    let (text, agreed) = answer(&session, &local("192.0.2.1"))?;
    let text = String::from_utf8(text).unwrap();
    let sections = text.lines().filter(|line| line.starts_with("m="));
    Ok((sections.map(str::to_owned).collect(), agreed))
}

#[test]
fn unused_lines_do_not_reject_the_offer() {
    for line in [
        "a=rtcp:\r\n",
        "a=rtcp:0\r\n",
        "a=rtcp:70000\r\n",
        "a=rtcp:x IN IP4\r\n",
        "a=rtpmap:18 G729/\r\n",
        "a=rtpmap:18\r\n",
        "a=rtpmap:\r\n",
        "a=rtpmap:0 PCMU/\r\n",
        "a=rtpmap:0 \r\n",
        "a=rtpmap:101 telephone-event/fast\r\n",
        "a=fmtp:18\r\n",
        "  \r\n",
        "\t\r\n",
        "\r\n",
        "hello\r\n",
        "b=\r\n",
        "=\r\n",
        "\0",
        "\r\n\0\0",
        "a=crypto:x y z\r\n",
        "c=IN IP4\r\n",
        "k=\u{b}clear:\r\n",
    ] {
        for offer in [
            with("", &format!("{PCMU}{HERE}{line}")),
            with("", &format!("{line}{HERE}{PCMU}")),
            with(HERE, &format!("{line}{PCMU}")),
            with(HERE, &format!("{PCMU}{HERE}{line}a=sendrecv\r\n")),
        ] {
            let (sections, agreed) = answered(&offer).unwrap();
            assert_eq!(sections, ["m=audio 20002 RTP/AVP 0 101"], "{line:?}");
            assert_eq!(agreed.remote_rtcp.to_string(), "192.0.2.9:4001");
        }
    }
}

#[test]
fn accepts_tabs_and_brackets() {
    let offer = "v=0\r\nc=IN\tIP6\t[2001:db8::9]\r\nt=0 0\r\nm=audio\t4000 RTP/AVP\t97 101\r\n\
                 \ta=rtpmap:97\tPCMA/8000\t\r\na=rtpmap:101\ttelephone-event/8000\r\n\
                 a=rtcp:4003\tIN IP6 2001:db8::8\r\n";
    let (sections, agreed) = answered(offer).unwrap();
    assert_eq!(sections, ["m=audio 20002 RTP/AVP 97 101"]);
    assert_eq!(agreed.remote_rtp.to_string(), "[2001:db8::9]:4000");
    assert_eq!(agreed.remote_rtcp.to_string(), "[2001:db8::8]:4003");
}

#[test]
fn foreign_sections_are_mirrored_with_port_0_and_a_format() {
    for (section, mirrored) in [
        (
            "m=video 0 RTP/AVP 96\r\na=rtpmap:96\r\n",
            "m=video 0 RTP/AVP 96",
        ),
        ("m=video 0 RTP/AVP\r\n", "m=video 0 RTP/AVP 0"),
        (
            "m=video 5000 RTP/AVP 99\r\na=rtpmap:99 H264/\r\na=rtcp:\r\n",
            "m=video 0 RTP/AVP 99",
        ),
        ("m=image 5000 udptl t38\r\n", "m=image 0 udptl t38"),
        ("m=audio x RTP/AVP 0\r\n", "m=audio 0 RTP/AVP 0"),
        ("m=audio 70000 RTP/AVP 0\r\n", "m=audio 0 RTP/AVP 0"),
        ("m=text 11000 RTP/AVP\0 98\r\n", "m=text 0 - 98"),
        ("m=\r\n", "m=- 0 - 0"),
        ("m=video\r\n", "m=video 0 - 0"),
        (
            "m=video 7 RTP/AVP 31\r\nc=IN IP4 /127\r\n",
            "m=video 0 RTP/AVP 31",
        ),
    ] {
        let ours = "m=audio 20002 RTP/AVP 0 101".to_owned();
        let (sections, _) = answered(&with(HERE, &format!("{PCMU}{section}"))).unwrap();
        assert_eq!(sections, [ours.clone(), mirrored.to_owned()], "{section}");
        let (sections, _) = answered(&with(HERE, &format!("{section}{PCMU}"))).unwrap();
        assert_eq!(sections, [mirrored.to_owned(), ours], "{section}");
    }
}

#[test]
fn rejections_have_a_warning_code() {
    let rejection = |text: &str| match parse(text.as_bytes()) {
        Ok(session) => answer(&session, &local("192.0.2.1")).unwrap_err().into(),
        Err(malformed) => Rejection::from(malformed),
    };
    let audio = |rest: &str| with(HERE, &format!("m=audio {rest}\r\n"));
    for (offer, code) in [
        ("v=1\r\n".to_owned(), 399),
        (with(HERE, ""), 304),
        (with(HERE, "m=video 4000 RTP/AVP 31\r\n"), 304),
        (audio("4000 RTP/AVP 18"), 305),
        (audio("4000 RTP/SAVP 0"), 302),
        (audio("4000 UDP/TLS/RTP/SAVPF 0"), 302),
        (audio("x RTP/AVP 0"), 399),
        (with("", "m=audio 4000 RTP/AVP 0\r\n"), 399),
    ] {
        assert_eq!(rejection(&offer).warning_code(), code, "{offer}");
    }
    assert_eq!(
        Rejection::from(NotAcceptable::NotSecure).warning_code(),
        302
    );
    let unknown = Rejection::UnknownHost("phone.example".into());
    assert_eq!(unknown.warning_code(), 399);
    assert!(unknown.to_string().contains("phone.example"));
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
        "a=rtcp:",
        "a=rtcp:5 IN IP4 name",
        "m=video 0 RTP/AVP",
        "m=audio x RTP/AVP 0",
        "a=rtpmap:96",
        "c=IN IP4 name/\u{b}",
        " \t ",
        "\0",
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

const CASES: u32 = 4_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }
}

#[test]
fn any_answer_can_be_parsed_and_has_all_streams() {
    let (parsed, answered) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES));
    let outcome = runner.run(&lines(), |text| {
        let Ok(session) = parse(text.as_bytes()) else {
            return Ok(());
        };
        parsed.set(parsed.get() + 1);
        let Ok((bytes, agreed)) = answer(&session, &local("192.0.2.1")) else {
            return Ok(());
        };
        answered.set(answered.get() + 1);
        let ours = parse(&bytes).expect("our own answer");
        prop_assert_eq!(ours.media.len(), session.media.len());
        let taken: Vec<_> = ours
            .media
            .iter()
            .filter(|media| media.port != Some(0))
            .collect();
        prop_assert_eq!(taken.len(), 1);
        prop_assert!(agreed.remote_rtp.port() != 0);
        Ok(())
    });
    outcome.unwrap();
    let (parsed, answered) = (parsed.get(), answered.get());
    assert!(parsed > CASES / 2, "{parsed} of {CASES} offers were parsed");
    assert!(
        answered > CASES / 20,
        "{answered} of {CASES} offers were answered"
    );
}
