//! Negotiation of SRTP: each policy with each kind of offer, and answers to local offers.

use confab_sdp::{Direction, Local, NotAcceptable, OurSrtp, agree, answer, offer, parse};
use confab_terms::{Codec, MasterKey, Srtp, SrtpKeys, SrtpSuite};

const BOTH: [Codec; 2] = [Codec::Pcmu, Codec::Pcma];
const GCM: &str = "AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0OD6ChoqOkpaanqKmqqw==";
const CM: &str = "AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31";
const UNKNOWN: &str = "AES_256_CM_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

fn local(srtp: Srtp) -> Local {
    let keys = OurSrtp {
        required: srtp == Srtp::Require,
        gcm: MasterKey::new([1; 30]),
        counter_mode: MasterKey::new([2; 30]),
    };
    Local {
        address: "192.0.2.1".parse().unwrap(),
        rtp_port: 20_000,
        session_id: 7,
        version: 3,
        codecs: BOTH.to_vec(),
        numbers: confab_sdp::PayloadNumbers::default(),
        srtp: Some(keys).filter(|_| srtp != Srtp::Off),
    }
}

fn session(media: &str) -> confab_sdp::Session {
    let head = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n";
    parse(format!("{head}{media}").as_bytes()).unwrap()
}

fn section(protocol: &str, lines: &[(u32, &str)]) -> String {
    let mut text = format!("m=audio 4000 {protocol} 0\r\n");
    for (tag, line) in lines {
        text.push_str(&format!("a=crypto:{tag} {line}\r\n"));
    }
    text
}

/// Returns the `m=` and `a=crypto` lines of the answer, and the agreed suite.
fn take(srtp: Srtp, media: &str) -> Result<(String, Option<SrtpSuite>), NotAcceptable> {
    let (text, agreed) = answer(&session(media), &local(srtp))?;
    let text = String::from_utf8(text).unwrap();
    let said: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("m=") || line.starts_with("a=crypto"))
        .map(|line| line.split(" inline").next().unwrap())
        .collect();
    Ok((said.join("; "), agreed.srtp.map(|keys| keys.suite)))
}

#[test]
fn each_policy_with_each_kind_of_offer() {
    let clear = section("RTP/AVP", &[]);
    let secure = section("RTP/SAVP", &[(1, CM)]);
    let may = section("RTP/AVP", &[(1, CM)]);
    let none_of_ours = section("RTP/SAVP", &[(1, UNKNOWN)]);
    let taken = |protocol: &str| {
        let line = format!("m=audio 20000 {protocol} 0; a=crypto:1 AES_CM_128_HMAC_SHA1_80");
        Ok((line, Some(SrtpSuite::AesCm128HmacSha1)))
    };
    let plain = || Ok(("m=audio 20000 RTP/AVP 0".to_owned(), None));
    for (srtp, offer, expected) in [
        (Srtp::Off, &clear, plain()),
        (Srtp::Off, &secure, Err(NotAcceptable::NotClear)),
        (Srtp::Off, &may, plain()),
        (Srtp::Off, &none_of_ours, Err(NotAcceptable::NotClear)),
        (Srtp::Prefer, &clear, plain()),
        (Srtp::Prefer, &secure, taken("RTP/SAVP")),
        (Srtp::Prefer, &may, taken("RTP/AVP")),
        (Srtp::Prefer, &none_of_ours, Err(NotAcceptable::NoSuite)),
        (Srtp::Require, &clear, Err(NotAcceptable::NotSecure)),
        (Srtp::Require, &secure, taken("RTP/SAVP")),
        (Srtp::Require, &may, taken("RTP/AVP")),
        (Srtp::Require, &none_of_ours, Err(NotAcceptable::NoSuite)),
    ] {
        assert_eq!(take(srtp, offer), expected, "{srtp:?} {offer}");
    }
    let feedback = section("RTP/SAVPF", &[(1, CM)]);
    assert_eq!(take(Srtp::Prefer, &feedback), Err(NotAcceptable::NotRtpAvp));
}

#[test]
fn first_supported_crypto_line_is_chosen() {
    for (lines, tag, suite) in [
        ([(1, CM), (2, GCM)], 1, SrtpSuite::AesCm128HmacSha1),
        ([(1, GCM), (2, CM)], 1, SrtpSuite::AeadAes128Gcm),
        ([(4, UNKNOWN), (9, GCM)], 9, SrtpSuite::AeadAes128Gcm),
    ] {
        let (said, taken) = take(Srtp::Prefer, &section("RTP/SAVP", &lines)).unwrap();
        assert_eq!(taken, Some(suite));
        let line = format!("m=audio 20000 RTP/SAVP 0; a=crypto:{tag} {}", suite.name());
        assert_eq!(said, line);
    }
}

#[test]
fn acceptable_stream_is_accepted_and_the_other_is_rejected() {
    let both = section("RTP/SAVP", &[(1, CM)]) + "m=audio 4002 RTP/AVP 0\r\n";
    let taken = |srtp| take(srtp, &both).unwrap().0;
    let secure = "m=audio 20000 RTP/SAVP 0; a=crypto:1 AES_CM_128_HMAC_SHA1_80; \
                  m=audio 0 RTP/AVP 0";
    assert_eq!(taken(Srtp::Prefer), secure);
    assert_eq!(taken(Srtp::Require), secure);
    assert_eq!(
        taken(Srtp::Off),
        "m=audio 0 RTP/SAVP 0; m=audio 20000 RTP/AVP 0"
    );
}

#[test]
fn local_and_remote_keys_are_assigned_by_direction() {
    let (text, agreed) = answer(
        &session(&section("RTP/SAVP", &[(1, GCM)])),
        &local(Srtp::Prefer),
    )
    .unwrap();
    let theirs: Vec<u8> = (0..16).chain(0xa0..0xac).collect();
    let suite = SrtpSuite::AeadAes128Gcm;
    let expected = SrtpKeys {
        suite,
        ours: MasterKey::new([1; 30]).cut(suite),
        theirs: MasterKey::of_suite(suite, &theirs).unwrap(),
    };
    assert_eq!(agreed.srtp, Some(expected));
    // The key in the answer is the local key.
    let read = parse(&text).unwrap().media[0].crypto[0].key;
    assert_eq!(read.of(suite), &[1; 28]);
    let shown = format!("{agreed:?}{:?}", local(Srtp::Prefer));
    assert!(!shown.contains("[1, 1"), "{shown}");
}

#[test]
fn local_offer_lists_both_suites_and_the_answer_selects_one() {
    let text = |srtp| {
        let text = offer(&local(srtp), Direction::SendRecv);
        String::from_utf8(text).unwrap()
    };
    assert!(!text(Srtp::Off).contains("crypto"));
    for (srtp, protocol) in [(Srtp::Prefer, "RTP/AVP"), (Srtp::Require, "RTP/SAVP")] {
        let text = text(srtp);
        assert!(text.contains(&format!("m=audio 20000 {protocol} 0 8 101\r\n")));
        let lines: Vec<_> = text.lines().filter(|l| l.starts_with("a=crypto")).collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("a=crypto:1 AEAD_AES_128_GCM inline:"));
        assert!(lines[1].starts_with("a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:"));
    }
    let answered = |srtp, protocol, lines: &[(u32, &str)]| {
        let agreed = agree(&local(srtp), &session(&section(protocol, lines)))?;
        Ok(agreed.srtp.map(|keys| (keys.suite, keys.ours)))
    };
    let gcm = Some((
        SrtpSuite::AeadAes128Gcm,
        MasterKey::new([1; 30]).cut(SrtpSuite::AeadAes128Gcm),
    ));
    let cm = Some((SrtpSuite::AesCm128HmacSha1, MasterKey::new([2; 30])));
    for (srtp, protocol, lines, expected) in [
        (Srtp::Require, "RTP/SAVP", &[(1, GCM)][..], Ok(gcm)),
        (Srtp::Require, "RTP/SAVP", &[(2, CM)], Ok(cm)),
        (Srtp::Prefer, "RTP/AVP", &[(2, CM)], Ok(cm)),
        // A tag that the offer gave to the other suite, or to none.
        (
            Srtp::Require,
            "RTP/SAVP",
            &[(1, CM)],
            Err(NotAcceptable::NoSuite),
        ),
        (
            Srtp::Require,
            "RTP/SAVP",
            &[(3, GCM)],
            Err(NotAcceptable::NoSuite),
        ),
        (Srtp::Require, "RTP/SAVP", &[], Err(NotAcceptable::NoSuite)),
        (Srtp::Require, "RTP/AVP", &[], Err(NotAcceptable::NotSecure)),
        (Srtp::Prefer, "RTP/AVP", &[], Ok(None)),
        // Encryption that was not offered.
        (
            Srtp::Off,
            "RTP/SAVP",
            &[(1, GCM)],
            Err(NotAcceptable::NotClear),
        ),
    ] {
        assert_eq!(
            answered(srtp, protocol, lines),
            expected,
            "{srtp:?} {lines:?}"
        );
    }
}
