//! G.722 and Opus in offer and answer: offers of phones, and the answers to each, word for word.

use confab_sdp::{Agreed, Direction, Local, NotAcceptable, agree, answer, offer, parse};
use confab_terms::Codec::{G722, Opus, Pcma, Pcmu};
use confab_terms::{Codec, OpusLimit};

fn local(codecs: &[Codec]) -> Local {
    Local {
        address: "192.0.2.1".parse().unwrap(),
        rtp_port: 20_000,
        session_id: 7,
        version: 3,
        srtp: None,
        codecs: codecs.to_vec(),
        numbers: confab_sdp::PayloadNumbers::default(),
    }
}

/// Answers a phone's offer. Returns the answer from its `m=` on, and the agreement.
fn take(text: &str, codecs: &[Codec]) -> Result<(String, Agreed), NotAcceptable> {
    let (bytes, agreed) = answer(&parse(text.as_bytes()).unwrap(), &local(codecs))?;
    let answer = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
    let media = answer.find("m=").unwrap();
    Ok((answer[media..].to_owned(), agreed))
}

/// Returns an offer of one stream with these formats and attributes.
fn offered(formats: &str, attributes: &[&str]) -> String {
    let mut text = format!(
        "v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\n\
         m=audio 4000 RTP/AVP {formats}\n"
    );
    for attribute in attributes {
        text.push_str(&format!("a={attribute}\n"));
    }
    text
}

const ALL: [Codec; 4] = [Opus, G722, Pcmu, Pcma];
const OPUS_ANSWER: &str = "a=rtpmap:96 opus/48000/2\na=fmtp:96 useinbandfec=1;stereo=0\n";

#[test]
fn baresip_with_opus_first() {
    let text = include_str!("phones/baresip_wide.sdp");
    let (answer, agreed) = take(text, &ALL).unwrap();
    assert_eq!(
        answer,
        format!(
            "m=audio 20000 RTP/AVP 96 101\n{OPUS_ANSWER}\
             a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=ptime:20\na=sendrecv\n"
        )
    );
    assert_eq!((agreed.codec, agreed.payload_type), (Opus, 96));
    // The phone offers digits at 8 kHz only, whatever the codec.
    let digits = (agreed.digits_payload_type, agreed.digits_clock_rate);
    assert_eq!(digits, (Some(101), 8_000));
    assert_eq!(agreed.ptime_ms, 20);
}

#[test]
fn unsupported_formats_are_skipped_in_the_order_of_the_offer() {
    let text = include_str!("phones/baresip_wide.sdp");
    let chosen = |codecs: &[Codec]| {
        let (_, agreed) = take(text, codecs).unwrap();
        (agreed.codec, agreed.payload_type)
    };
    // The local order has no effect.
    assert_eq!(chosen(&[Pcmu, G722, Opus]), (Opus, 96));
    assert_eq!(chosen(&[Pcmu, Pcma, G722]), (G722, 9));
    assert_eq!(chosen(&[Pcma, Pcmu]), (Pcmu, 0));
    assert_eq!(take(text, &[Pcma]), Err(NotAcceptable::NoCodec));
}

#[test]
fn asterisk_prefers_g722() {
    let (answer, agreed) = take(include_str!("phones/asterisk.sdp"), &ALL).unwrap();
    assert_eq!(
        answer,
        "m=audio 20000 RTP/AVP 9 101\na=rtpmap:9 G722/8000\n\
         a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=ptime:20\na=sendrecv\n"
    );
    assert_eq!((agreed.codec, agreed.payload_type), (G722, 9));
}

#[test]
fn accepts_static_payload_types_without_rtpmap() {
    let (answer, agreed) = take(include_str!("phones/desk_phone.sdp"), &ALL).unwrap();
    assert_eq!(
        answer,
        "m=audio 20000 RTP/AVP 9 101\na=rtpmap:9 G722/8000\n\
         a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\na=ptime:20\na=sendrecv\n"
    );
    assert_eq!((agreed.codec, agreed.payload_type), (G722, 9));
    // The phone requests 40 ms; the answer states 20 ms.
    assert_eq!(agreed.ptime_ms, 40);
}

#[test]
fn accepts_opus_of_freeswitch_with_its_number_and_digit_clock() {
    let (answer, agreed) = take(include_str!("phones/freeswitch.sdp"), &ALL).unwrap();
    assert_eq!(
        answer,
        "m=audio 20000 RTP/AVP 102 103\na=rtpmap:102 opus/48000/2\n\
         a=fmtp:102 useinbandfec=1;stereo=0\na=rtpmap:103 telephone-event/48000\n\
         a=fmtp:103 0-15\na=ptime:20\na=sendrecv\n"
    );
    assert_eq!((agreed.codec, agreed.payload_type), (Opus, 102));
    let digits = (agreed.digits_payload_type, agreed.digits_clock_rate);
    assert_eq!(digits, (Some(103), 48_000));
    // A codec with another clock rate selects the other digits.
    let (_, agreed) = take(include_str!("phones/freeswitch.sdp"), &[G722]).unwrap();
    let digits = (agreed.digits_payload_type, agreed.digits_clock_rate);
    assert_eq!(digits, (Some(101), 8_000));
}

#[test]
fn accepts_digits_of_linphone_at_three_clocks() {
    let (answer, agreed) = take(include_str!("phones/linphone.sdp"), &ALL).unwrap();
    assert_eq!(
        answer,
        format!(
            "m=audio 20000 RTP/AVP 96 101\n{OPUS_ANSWER}\
             a=rtpmap:101 telephone-event/48000\na=fmtp:101 0-15\na=ptime:20\na=sendrecv\n\
             m=video 0 RTP/AVP 96 97\n"
        )
    );
    assert_eq!((agreed.codec, agreed.digits_clock_rate), (Opus, 48_000));
}

#[test]
fn accepts_browser_codecs_without_encryption() {
    let (answer, agreed) = take(include_str!("phones/gateway_of_browsers.sdp"), &ALL).unwrap();
    assert_eq!(
        answer,
        "m=audio 20000 RTP/AVP 111 110\na=rtpmap:111 opus/48000/2\n\
         a=fmtp:111 useinbandfec=1;stereo=0\na=rtpmap:110 telephone-event/48000\n\
         a=fmtp:110 0-15\na=ptime:20\na=sendrecv\n"
    );
    assert_eq!((agreed.codec, agreed.payload_type), (Opus, 111));
    assert_eq!(agreed.ptime_ms, 20, "a=maxptime is not a wish");
}

#[test]
fn opus_requires_48_khz_and_two_channels() {
    for (map, taken) in [
        ("rtpmap:96 opus/48000/2", true),
        ("rtpmap:96 OPUS/48000/2", true),
        ("rtpmap:96 opus/48000/2 ", true),
        ("rtpmap:96 opus/48000", false),
        ("rtpmap:96 opus/48000/1", false),
        ("rtpmap:96 opus/16000/2", false),
        ("rtpmap:96 opus/8000", false),
    ] {
        let got = take(&offered("96", &[map]), &ALL).map(|(_, agreed)| agreed.codec);
        assert_eq!(got.ok(), taken.then_some(Opus), "{map}");
    }
    // A dynamic number without a map has no meaning.
    assert_eq!(take(&offered("96", &[]), &ALL), Err(NotAcceptable::NoCodec));
}

#[test]
fn g722_requires_its_8_khz_clock() {
    for (formats, attributes, taken) in [
        ("9", &[][..], Some(9)),
        ("9", &["rtpmap:9 G722/8000"], Some(9)),
        ("9", &["rtpmap:9 g722/8000/1"], Some(9)),
        ("98", &["rtpmap:98 G722/8000"], Some(98)),
        // G.722 samples at 16 kHz, but its clock rate is 8 kHz (RFC 3551 §4.5.2).
        ("9", &["rtpmap:9 G722/16000"], None),
        ("9", &["rtpmap:9 G7221/16000"], None),
    ] {
        let got = take(&offered(formats, attributes), &ALL).map(|(_, agreed)| agreed.payload_type);
        assert_eq!(got.ok(), taken, "{formats} {attributes:?}");
    }
}

#[test]
fn digits_at_a_foreign_clock_alone_are_not_agreed_on() {
    let maps = ["rtpmap:96 opus/48000/2", "rtpmap:97 telephone-event/16000"];
    let (answer, agreed) = take(&offered("96 97", &maps), &ALL).unwrap();
    assert_eq!(agreed.digits_payload_type, None);
    assert!(!answer.contains("telephone-event"), "{answer}");
}

#[test]
fn comfort_noise_is_accepted_with_codecs_of_its_clock() {
    for (formats, map, codec, taken) in [
        ("0 13", "", Pcmu, Some(13)),
        ("9 13", "rtpmap:13 CN/8000", G722, Some(13)),
        ("8 99", "rtpmap:99 cn/8000", Pcma, Some(99)),
        ("8 99", "rtpmap:99 CN/16000", Pcma, None),
        ("8 13", "rtpmap:13 x-own/8000", Pcma, None),
        ("8", "", Pcma, None),
    ] {
        let (answer, agreed) = take(&offered(formats, &[map]), &ALL).unwrap();
        assert_eq!(
            (agreed.codec, agreed.comfort_noise),
            (codec, taken),
            "{formats} {map}"
        );
        let line = taken.map(|number| format!("a=rtpmap:{number} CN/8000\n"));
        assert_eq!(answer.contains("CN/8000"), taken.is_some(), "{answer}");
        assert!(answer.contains(&line.unwrap_or_default()), "{answer}");
    }
    // Comfort noise is not a voice codec, and Opus has its own.
    assert_eq!(take(&offered("13", &[]), &ALL), Err(NotAcceptable::NoCodec));
    let (_, agreed) = take(include_str!("phones/gateway_of_browsers.sdp"), &ALL).unwrap();
    assert_eq!(agreed.comfort_noise, None);
    let (answer, _) = take(include_str!("phones/gateway_of_browsers.sdp"), &[Pcmu]).unwrap();
    assert_eq!(
        answer,
        "m=audio 20000 RTP/AVP 0 13 126\na=rtpmap:0 PCMU/8000\na=rtpmap:13 CN/8000\n\
         a=rtpmap:126 telephone-event/8000\na=fmtp:126 0-15\na=ptime:20\na=sendrecv\n"
    );
}

#[test]
fn local_offer_lists_all_codecs_and_digits_at_both_clocks() {
    let text = String::from_utf8(offer(&local(&ALL), Direction::SendRecv)).unwrap();
    let media = text.find("m=").unwrap();
    assert_eq!(
        text[media..].replace("\r\n", "\n"),
        "m=audio 20000 RTP/AVP 111 9 0 8 101 110\na=rtpmap:111 opus/48000/2\n\
         a=fmtp:111 useinbandfec=1;stereo=0\na=rtpmap:9 G722/8000\na=rtpmap:0 PCMU/8000\n\
         a=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n\
         a=rtpmap:110 telephone-event/48000\na=fmtp:110 0-15\na=ptime:20\na=sendrecv\n"
    );
    let text = String::from_utf8(offer(&local(&[G722, Pcma]), Direction::SendRecv)).unwrap();
    assert!(!text.contains("48000"), "{text}");
}

#[test]
fn every_codec_is_agreed_on_in_offer_and_answer() {
    for codec in Codec::ALL {
        let ours = parse(&offer(&local(&ALL), Direction::SendRecv)).unwrap();
        let (text, they_agreed) = answer(&ours, &local(&[codec])).unwrap();
        let agreed = agree(&local(&ALL), &parse(&text).unwrap()).unwrap();
        assert_eq!((agreed.codec, they_agreed.codec), (codec, codec));
        assert_eq!(agreed.payload_type, codec.payload_type());
        let digits = (agreed.digits_payload_type, agreed.digits_clock_rate);
        let expected = match codec {
            Opus => (Some(110), 48_000),
            Pcmu | Pcma | G722 => (Some(101), 8_000),
        };
        assert_eq!(digits, expected, "{codec:?}");
        assert_eq!(they_agreed.digits_clock_rate, agreed.digits_clock_rate);
    }
}

#[test]
fn rejects_answer_with_a_codec_that_was_not_offered() {
    let text = offered("96", &["rtpmap:96 opus/48000/2"]);
    let session = parse(text.as_bytes()).unwrap();
    assert_eq!(
        agree(&local(&[G722, Pcmu]), &session),
        Err(NotAcceptable::NoCodec)
    );
}

#[test]
fn opus_bit_rate_limit_follows_the_phone_in_steps() {
    let limit = |parameters: &str| {
        let fmtp = format!("fmtp:96 {parameters}");
        let text = offered("96", &["rtpmap:96 opus/48000/2", &fmtp]);
        let (answer, agreed) = take(&text, &ALL).unwrap();
        // The parameters of the answer are the local ones, not a copy of the phone's.
        assert!(answer.contains(OPUS_ANSWER), "{answer}");
        agreed.opus_limit
    };
    for (parameters, expected) in [
        ("useinbandfec=1", OpusLimit::None),
        ("maxaveragebitrate=12000", OpusLimit::Bits12000),
        (
            "maxaveragebitrate=20000; usedtx=1;cbr=1",
            OpusLimit::Bits16000,
        ),
        (
            "stereo=1;sprop-stereo=1; MaxAverageBitrate = 31999",
            OpusLimit::Bits24000,
        ),
        ("maxaveragebitrate=510000", OpusLimit::None),
        ("maxaveragebitrate=50000", OpusLimit::Bits48000),
        ("maxplaybackrate=8000", OpusLimit::Bits12000),
        (
            "maxplaybackrate=16000;maxaveragebitrate=40000",
            OpusLimit::Bits16000,
        ),
        ("maxplaybackrate=24000", OpusLimit::Bits24000),
        ("maxplaybackrate=48000", OpusLimit::None),
        // A limit below the minimum of Opus, and invalid limits.
        ("maxaveragebitrate=1", OpusLimit::Bits6000),
        ("maxaveragebitrate=0;maxplaybackrate=0", OpusLimit::None),
        ("maxaveragebitrate=-8000", OpusLimit::None),
        ("maxaveragebitrate=99999999999999999999", OpusLimit::None),
        (
            "maxaveragebitrate=;=;;maxplaybackrate=wide",
            OpusLimit::None,
        ),
        (
            "maxaveragebitrate=32000;maxaveragebitrate=8000",
            OpusLimit::Bits8000,
        ),
        ("xmaxaveragebitrate=8000", OpusLimit::None),
    ] {
        assert_eq!(limit(parameters), expected, "{parameters:?}");
    }
}

#[test]
fn fmtp_of_another_payload_type_does_not_apply_to_opus() {
    let text = offered(
        "96 97",
        &[
            "rtpmap:96 opus/48000/2",
            "fmtp:97 maxaveragebitrate=8000",
            "fmtp:red maxaveragebitrate=8000",
            "fmtp:96",
            "rtpmap:97 telephone-event/48000",
        ],
    );
    assert_eq!(take(&text, &ALL).unwrap().1.opus_limit, OpusLimit::None);
    // Parameters for G.722 do not apply to Opus.
    let text = offered(
        "9 96",
        &["rtpmap:96 opus/48000/2", "fmtp:9 maxaveragebitrate=8000"],
    );
    let (_, agreed) = take(&text, &ALL).unwrap();
    assert_eq!((agreed.codec, agreed.opus_limit), (G722, OpusLimit::None));
}

#[test]
fn answer_limits_the_bit_rate_too() {
    let answer = offered(
        "111",
        &[
            "rtpmap:111 opus/48000/2",
            "fmtp:111 maxaveragebitrate=12000",
        ],
    );
    let agreed = agree(&local(&ALL), &parse(answer.as_bytes()).unwrap()).unwrap();
    assert_eq!(agreed.opus_limit, OpusLimit::Bits12000);
}
