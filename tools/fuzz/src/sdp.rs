//! SDP: a parsed session is equal after writing and parsing. An answer to any offer is valid, has
//! as many sections, and has the same meaning at both sides.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use confab_sdp::{
    Agreed, Crypto, Direction, Host, Local, Media, OurSrtp, Session, agree, answer, host_names,
    offer, parse,
};
use confab_terms::{Codec, IpAddr, MasterKey, Srtp};

pub(crate) fn run(bytes: &[u8]) {
    let Ok(session) = parse(bytes) else {
        return;
    };
    assert_eq!(parse(written(&session).as_bytes()), Ok(session.clone()));
    for srtp in [Srtp::Off, Srtp::Prefer, Srtp::Require] {
        answers(&session, &local(srtp), srtp);
    }
}

fn local(srtp: Srtp) -> Local {
    let keys = OurSrtp {
        required: srtp == Srtp::Require,
        gcm: MasterKey::new([1; 30]),
        counter_mode: MasterKey::new([2; 30]),
    };
    Local {
        address: IpAddr::from([192, 0, 2, 1]),
        rtp_port: 20_000,
        session_id: 7,
        version: 3,
        srtp: Some(keys).filter(|_| srtp != Srtp::Off),
        codecs: Codec::ALL.to_vec(),
        numbers: confab_sdp::PayloadNumbers::default(),
    }
}

fn answers(session: &Session, local: &Local, srtp: Srtp) {
    // As the answer to an offer of the server: never unencrypted if SRTP is required.
    if let Ok(agreed) = agree(local, session) {
        keeps_to(srtp, agreed.srtp.is_some());
    }
    resolves(session, local);
    let Ok((text, agreed)) = answer(session, local) else {
        return;
    };
    keeps_numbers(local, &agreed);
    keeps_to(srtp, agreed.srtp.is_some());
    let answered = parse(&text).unwrap_or_else(|e| panic!("{e}: {}", text.escape_ascii()));
    assert_eq!(answered.media.len(), session.media.len());
    let taken: Vec<_> = (0..answered.media.len())
        .filter(|at| answered.media[*at].port != Some(0))
        .collect();
    let [taken] = taken[..] else {
        panic!("one stream is taken, not {taken:?}")
    };
    assert!(agreed.payload_type < 128 && agreed.ptime_ms > 0);
    assert!(agreed.remote_rtp.port() != 0 && agreed.remote_rtcp.port() != 0);
    // Each section is mirrored, with formats of the offer if it has any.
    for (theirs, said) in session.media.iter().zip(&answered.media) {
        assert_eq!(
            (&theirs.kind, &theirs.protocol),
            (&said.kind, &said.protocol)
        );
        assert!(!said.formats.is_empty());
        let offered: BTreeSet<_> = theirs.formats.iter().map(|text| format(text)).collect();
        let mut formats = said.formats.iter().map(|text| format(text));
        assert!(offered.is_empty() || formats.all(|format| offered.contains(&format)));
    }
    let (theirs, said) = (&session.media[taken], &answered.media[taken]);
    assert_eq!(theirs.protocol, said.protocol);
    // One line: the selected line of the peer, with the local key in place of the peer's.
    let line = theirs.crypto.first().zip(agreed.srtp);
    let line = line.map(|(theirs, keys)| Crypto {
        key: keys.ours,
        ..*theirs
    });
    assert_eq!(said.crypto, line.into_iter().collect::<Vec<_>>());
    if taken == 0 && agreed.srtp.is_none() {
        let theirs = agree(&self::local(Srtp::Off), &answered);
        let theirs = theirs.unwrap_or_else(|e| panic!("{e}: {answered:?}"));
        assert_eq!(theirs.codec, agreed.codec);
        assert_eq!(theirs.payload_type, agreed.payload_type);
        assert_eq!(theirs.digits_payload_type, agreed.digits_payload_type);
        assert_eq!(theirs.direction, agreed.direction.mirrored());
    }
}

/// Returns a format's payload type number, or its text if the format is no number.
fn format(text: &str) -> Result<u8, &str> {
    text.parse().map_err(|_| text)
}

/// Checks that a later local offer has each number once, and the peer's number for the codec.
fn keeps_numbers(local: &Local, agreed: &Agreed) {
    let next = Local {
        numbers: agreed.numbers,
        ..local.clone()
    };
    let text = offer(&next, Direction::SendRecv);
    let ours = parse(&text).unwrap_or_else(|e| panic!("{e}: {}", text.escape_ascii()));
    let formats = &ours.media[0].formats;
    let unique: BTreeSet<&String> = formats.iter().collect();
    assert_eq!(unique.len(), formats.len(), "{formats:?}");
    let map = ours.media[0]
        .rtp_maps
        .iter()
        .find(|map| map.payload_type == agreed.payload_type);
    let encoding = map.map(|map| map.encoding.as_str());
    assert_eq!(encoding, Some(agreed.codec.name()));
}

/// Checks that a session with resolved host names is answered, or lacks an address that media
/// requires.
fn resolves(session: &Session, local: &Local) {
    let Ok(names) = host_names(session, local) else {
        return;
    };
    let mut resolved = session.clone();
    for name in names.iter() {
        resolved.resolve(name, IpAddr::from([192, 0, 2, 7]));
    }
    let answered = answer(&resolved, local);
    assert!(answered.is_ok(), "{answered:?}");
}

fn keeps_to(srtp: Srtp, encrypted: bool) {
    assert!(srtp != Srtp::Off || !encrypted);
    assert!(srtp != Srtp::Require || encrypted);
}

fn written(session: &Session) -> String {
    let mut text = "v=0\r\n".to_owned();
    connection(&mut text, session.connection.as_ref());
    direction(&mut text, session.direction);
    if let Some(ms) = session.ptime_ms {
        text.push_str(&format!("a=ptime:{ms}\r\n"));
    }
    for media in &session.media {
        section(&mut text, media);
    }
    text
}

fn section(text: &mut String, media: &Media) {
    let (kind, protocol) = (&media.kind, &media.protocol);
    let port = media.port.map_or("-".to_owned(), |port| port.to_string());
    let formats = media.formats.join(" ");
    text.push_str(&format!("m={kind} {port} {protocol} {formats}\r\n"));
    connection(text, media.connection.as_ref());
    direction(text, media.direction);
    for map in &media.rtp_maps {
        let (number, encoding) = (map.payload_type, &map.encoding);
        let (rate, channels) = (map.clock_rate, map.channels);
        text.push_str(&format!(
            "a=rtpmap:{number} {encoding}/{rate}/{channels}\r\n"
        ));
    }
    for (format, parameters) in &media.fmtp {
        text.push_str(&format!("a=fmtp:{format} {parameters}\r\n"));
    }
    for Crypto { tag, suite, key } in &media.crypto {
        let (name, key) = (suite.name(), STANDARD.encode(key.of(*suite)));
        text.push_str(&format!("a=crypto:{tag} {name} inline:{key}\r\n"));
    }
    if let Some(ms) = media.ptime_ms {
        text.push_str(&format!("a=ptime:{ms}\r\n"));
    }
    if let Some(rtcp) = &media.rtcp {
        let port = rtcp.port;
        let host = rtcp.host.as_ref().map_or(String::new(), written_host);
        text.push_str(&format!("a=rtcp:{port} {host}\r\n"));
    }
}

fn written_host(host: &Host) -> String {
    match host {
        Host::Address(address) => format!("IN {} {address}", family(*address)),
        Host::Name(name) => format!("IN IP4 {name}"),
        Host::Unusable => "-".to_owned(),
    }
}

fn connection(text: &mut String, host: Option<&Host>) {
    if let Some(host) = host {
        text.push_str(&format!("c={}\r\n", written_host(host)));
    }
}

fn direction(text: &mut String, direction: Option<Direction>) {
    if let Some(direction) = direction {
        text.push_str(&format!("a={}\r\n", direction.attribute()));
    }
}

fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "IP4" } else { "IP6" }
}
