//! Payload type numbers: received by the offer's, sent by the answer's, and constant within a
//! session.

use confab_sdp::{Agreed, Direction, Local, PayloadNumbers, agree, answer, offer, parse};
use confab_terms::Codec;

fn local() -> Local {
    Local {
        address: "192.0.2.1".parse().unwrap(),
        rtp_port: 20_000,
        session_id: 7,
        version: 3,
        srtp: None,
        codecs: vec![Codec::Opus, Codec::Pcmu],
        numbers: PayloadNumbers::default(),
    }
}

fn sdp(formats: &str, maps: &[&str]) -> Vec<u8> {
    let maps = maps.iter().map(|map| format!("a=rtpmap:{map}\r\n"));
    let maps: String = maps.collect();
    let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n";
    format!("{head}m=audio 4000 RTP/AVP {formats}\r\n{maps}").into_bytes()
}

fn answered(local: &Local, formats: &str, maps: &[&str]) -> Agreed {
    agree(local, &parse(&sdp(formats, maps)).unwrap()).unwrap()
}

fn types(set: confab_terms::PayloadTypes) -> Vec<u8> {
    (0..128).filter(|number| set.contains(*number)).collect()
}

/// Returns the formats of the next local offer, with their maps.
fn offered(local: &Local) -> String {
    let text = String::from_utf8(offer(local, Direction::SendRecv)).unwrap();
    let lines = text.lines().filter_map(|line| {
        let map = line.strip_prefix("a=rtpmap:");
        map.or(line.strip_prefix("m=audio 20000 RTP/AVP "))
    });
    lines.collect::<Vec<_>>().join(", ")
}

const USUAL: &str = "111 0 101 110, 111 opus/48000/2, 0 PCMU/8000, 101 telephone-event/8000, \
                     110 telephone-event/48000";

#[test]
fn answer_with_other_numbers_is_sent_with_its_own_and_received_with_both() {
    for (formats, maps, sent, voice, digits) in [
        (
            "96 97",
            &["96 opus/48000/2", "97 telephone-event/48000"][..],
            (96, Some(97)),
            &[96, 111][..],
            &[97, 101, 110][..],
        ),
        (
            "0 96",
            &["96 telephone-event/8000"],
            (0, Some(96)),
            &[0],
            &[96, 101, 110],
        ),
        // Numbers of the local offer keep their meaning.
        (
            "101 111",
            &["101 opus/48000/2", "111 telephone-event/8000"],
            (101, Some(111)),
            &[111],
            &[101, 110],
        ),
        (
            "110 96",
            &["110 opus/48000/2", "96 telephone-event/48000"],
            (110, Some(96)),
            &[111],
            &[96, 101, 110],
        ),
        // Maps missing in the answer are those of the offer.
        ("111 110", &[], (111, Some(110)), &[111], &[101, 110]),
        ("0", &[], (0, None), &[0], &[]),
    ] {
        let agreed = answered(&local(), formats, maps);
        let by_us = (agreed.payload_type, agreed.digits_payload_type);
        assert_eq!(by_us, sent, "{formats} {maps:?}");
        assert_eq!(types(agreed.received.voice), voice, "{formats} {maps:?}");
        assert_eq!(types(agreed.received.digits), digits, "{formats} {maps:?}");
        // The next offer equals the first.
        let next = Local {
            numbers: agreed.numbers,
            ..local()
        };
        assert_eq!(offered(&next), USUAL, "{formats} {maps:?}");
    }
}

#[test]
fn comfort_noise_of_an_answer_is_received_unless_its_number_is_taken() {
    let noise =
        |formats: &str, maps: &[&str]| types(answered(&local(), formats, maps).received.noise);
    assert_eq!(noise("0 13", &[]), [13]);
    assert_eq!(noise("0 98", &["98 CN/8000"]), [98]);
    assert_eq!(noise("0 110", &["110 CN/8000"]), [0; 0]);
}

#[test]
fn later_local_offer_keeps_the_numbers_of_the_peer() {
    for (formats, maps, expected) in [
        (
            "101 111",
            &["101 opus/48000/2", "111 telephone-event/48000"][..],
            "101 0 96 111, 101 opus/48000/2, 0 PCMU/8000, 96 telephone-event/8000, \
             111 telephone-event/48000",
        ),
        (
            "97 0 101",
            &["97 PCMU/8000", "101 telephone-event/8000"],
            "111 97 101 110, 111 opus/48000/2, 97 PCMU/8000, 101 telephone-event/8000, \
             110 telephone-event/48000",
        ),
        // Numbers of unknown formats stay reserved.
        (
            "0 96 111 110 98 101",
            &[
                "111 G7221/16000",
                "110 speex/8000",
                "96 opus/48000/2",
                "98 x/8000",
            ],
            "96 0 97 99, 96 opus/48000/2, 0 PCMU/8000, 97 telephone-event/8000, \
             99 telephone-event/48000",
        ),
        ("0", &[], USUAL),
    ] {
        let theirs = parse(&sdp(formats, maps)).unwrap();
        let (_, agreed) = answer(&theirs, &local()).unwrap();
        let next = Local {
            numbers: agreed.numbers,
            ..local()
        };
        assert_eq!(offered(&next), expected, "{formats} {maps:?}");
        // The offer after the next is the same.
        let ours = parse(&offer(&next, Direction::SendRecv)).unwrap();
        let (theirs, _) = answer(&ours, &local()).unwrap();
        let agreed = agree(&next, &parse(&theirs).unwrap()).unwrap();
        let after = Local {
            numbers: agreed.numbers,
            ..local()
        };
        assert_eq!(offered(&after), expected, "{formats} {maps:?}");
    }
}

#[test]
fn offer_with_another_format_for_a_bound_number_unbinds_it() {
    let first = answered(&local(), "0 101", &["101 telephone-event/8000"]);
    let ours = Local {
        numbers: first.numbers,
        ..local()
    };
    let swapped = parse(&sdp("101 0", &["101 opus/48000/2"])).unwrap();
    let (_, agreed) = answer(&swapped, &ours).unwrap();
    let next = Local {
        numbers: agreed.numbers,
        ..local()
    };
    assert_eq!(
        offered(&next),
        "101 0 96 110, 101 opus/48000/2, 0 PCMU/8000, 96 telephone-event/8000, \
         110 telephone-event/48000"
    );
}

#[test]
fn format_is_omitted_without_a_free_number() {
    let formats: Vec<String> = (96..128).map(|number| number.to_string()).collect();
    let maps: Vec<String> = (96..128).map(|number| format!("{number} x/8000")).collect();
    let maps: Vec<&str> = maps.iter().map(String::as_str).collect();
    let theirs = parse(&sdp(&format!("0 {}", formats.join(" ")), &maps)).unwrap();
    let (_, agreed) = answer(&theirs, &local()).unwrap();
    let next = Local {
        numbers: agreed.numbers,
        ..local()
    };
    assert_eq!(offered(&next), "0, 0 PCMU/8000");
}
