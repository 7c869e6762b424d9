//! Offers of phones, and the answers to each, word for word.

use confab_sdp::{Agreed, Direction, Local, NotAcceptable, PayloadNumbers, answer, parse};
use confab_terms::{Codec, OpusLimit, ReceivedTypes};

fn local() -> Local {
    Local {
        address: "192.0.2.1".parse().unwrap(),
        rtp_port: 20_000,
        session_id: 7,
        version: 3,
        srtp: None,
        codecs: vec![Codec::Pcmu, Codec::Pcma],
        numbers: PayloadNumbers::default(),
    }
}

/// Answers a phone's offer. Returns the answer's media lines and the agreement.
fn take(offer: &str) -> Result<(String, Agreed), NotAcceptable> {
    let session = parse(offer.replace('\n', "\r\n").as_bytes()).unwrap();
    let (bytes, agreed) = answer(&session, &local())?;
    // Lines may also end in LF only.
    assert_eq!(parse(offer.as_bytes()).unwrap(), session);
    let text = String::from_utf8(bytes).unwrap();
    let head = "v=0\r\no=- 7 3 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";
    let media = text.strip_prefix(head).unwrap();
    let sections = |text: &str| text.lines().filter(|line| line.starts_with("m=")).count();
    assert_eq!(
        sections(&text),
        sections(offer),
        "as many sections as offered"
    );
    // Payload numbers have separate tests.
    let numbers = PayloadNumbers::default();
    let agreed = Agreed { numbers, ..agreed };
    Ok((media.replace("\r\n", "\n"), agreed))
}

fn agreed(rtp: &str, rtcp: &str, codec: Codec, payload_type: u8, digits: Option<u8>) -> Agreed {
    Agreed {
        remote_rtp: rtp.parse().unwrap(),
        remote_rtcp: rtcp.parse().unwrap(),
        codec,
        payload_type,
        digits_payload_type: digits,
        digits_clock_rate: 8_000,
        comfort_noise: None,
        received: ReceivedTypes::same(payload_type, digits, None),
        numbers: PayloadNumbers::default(),
        direction: Direction::SendRecv,
        opus_limit: OpusLimit::None,
        ptime_ms: 20,
        srtp: None,
    }
}

#[test]
fn answers_sipp() {
    let (text, got) = take(include_str!("phones/sipp.sdp")).unwrap();
    assert_eq!(
        text,
        "m=audio 20000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=ptime:20\na=sendrecv\n"
    );
    assert_eq!(
        got,
        agreed("127.0.0.1:6000", "127.0.0.1:6001", Codec::Pcmu, 0, None)
    );
}

#[test]
fn answers_baresip() {
    let (text, got) = take(include_str!("phones/baresip.sdp")).unwrap();
    assert_eq!(
        text,
        "m=audio 20000 RTP/AVP 0 101\na=rtpmap:0 PCMU/8000\n\
         a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=ptime:20\na=sendrecv\n"
    );
    let expected = agreed(
        "127.0.0.1:22614",
        "127.0.0.1:22615",
        Codec::Pcmu,
        0,
        Some(101),
    );
    assert_eq!(got, expected);
}

#[test]
fn asterisk_prefers_a_law() {
    let (text, got) = take(include_str!("phones/asterisk.sdp")).unwrap();
    assert!(
        text.starts_with("m=audio 20000 RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\n"),
        "{text}"
    );
    let expected = agreed(
        "192.0.2.20:17630",
        "192.0.2.20:17631",
        Codec::Pcma,
        8,
        Some(101),
    );
    assert_eq!(got, expected);
}

#[test]
fn freeswitch_has_digits_at_two_rates() {
    let (text, got) = take(include_str!("phones/freeswitch.sdp")).unwrap();
    assert!(text.starts_with("m=audio 20000 RTP/AVP 0 101\n"), "{text}");
    assert_eq!(
        (got.codec, got.digits_payload_type),
        (Codec::Pcmu, Some(101))
    );
}

#[test]
fn linphone_by_ipv6_with_video() {
    let (text, got) = take(include_str!("phones/linphone.sdp")).unwrap();
    assert_eq!(
        text,
        "m=audio 20000 RTP/AVP 0 100\na=rtpmap:0 PCMU/8000\n\
         a=rtpmap:100 telephone-event/8000\na=fmtp:100 0-15\na=ptime:20\na=sendrecv\n\
         m=video 0 RTP/AVP 96 97\n"
    );
    let rtp = "[2001:db8::77]:7078";
    let rtcp = "[2001:db8::77]:7079";
    assert_eq!(got, agreed(rtp, rtcp, Codec::Pcmu, 0, Some(100)));
}

#[test]
fn rejects_browser_offer() {
    let refused = take(include_str!("phones/browser.sdp")).unwrap_err();
    assert_eq!(refused, NotAcceptable::NotRtpAvp);
    assert!(refused.to_string().contains("expected RTP/AVP or RTP/SAVP"));
}

#[test]
fn first_plain_stream_is_accepted_and_others_are_rejected() {
    let (text, got) = take(include_str!("phones/pbx_with_srtp_first.sdp")).unwrap();
    assert_eq!(
        text,
        "m=audio 0 RTP/SAVP 0 96\n\
         m=audio 20000 RTP/AVP 97 96\na=rtpmap:97 PCMA/8000\n\
         a=rtpmap:96 telephone-event/8000\na=fmtp:96 0-15\na=ptime:20\na=recvonly\n\
         m=application 0 DTLS/SCTP 5000\n\
         m=audio 0 RTP/AVP 0\n"
    );
    let mut expected = agreed(
        "203.0.113.2:53400",
        "203.0.113.3:53500",
        Codec::Pcma,
        97,
        Some(96),
    );
    expected.direction = Direction::RecvOnly;
    expected.ptime_ms = 30;
    assert_eq!(got, expected);
}
