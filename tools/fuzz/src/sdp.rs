//! SDP: what is read is written and read again to the same; an answer to any offer is sound, has
//! as many sections, and means to the other side what it means to us.

use confab_sdp::{Direction, Host, Local, Media, Session, agree, answer, parse};
use confab_terms::{Codec, IpAddr};

pub(crate) fn run(bytes: &[u8]) {
    let Ok(session) = parse(bytes) else {
        return;
    };
    assert_eq!(parse(written(&session).as_bytes()), Ok(session.clone()));
    let local = Local {
        address: IpAddr::from([192, 0, 2, 1]),
        rtp_port: 20_000,
        session_id: 7,
        version: 3,
        codecs: Codec::ALL.to_vec(),
    };
    let ours = &Codec::ALL;
    // As the answer to an offer of ours: only that it comes to an end.
    let _ = agree(ours, &session);
    let Ok((text, agreed)) = answer(&session, &local) else {
        return;
    };
    let answered = parse(&text).unwrap_or_else(|e| panic!("{e}: {}", text.escape_ascii()));
    assert_eq!(answered.media.len(), session.media.len());
    let taken = answered.media.iter().filter(|media| media.port != 0);
    assert_eq!(taken.count(), 1, "one stream is taken");
    assert!(agreed.payload_type < 128 && agreed.ptime_ms > 0);
    if answered.media[0].port != 0 {
        let theirs = agree(ours, &answered).unwrap_or_else(|e| panic!("{e}: {answered:?}"));
        assert_eq!(theirs.codec, agreed.codec);
        assert_eq!(theirs.payload_type, agreed.payload_type);
        assert_eq!(theirs.digits_payload_type, agreed.digits_payload_type);
        assert_eq!(theirs.direction, agreed.direction.mirrored());
    }
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
    let (kind, port, protocol) = (&media.kind, media.port, &media.protocol);
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
    if let Some(ms) = media.ptime_ms {
        text.push_str(&format!("a=ptime:{ms}\r\n"));
    }
    if let Some(rtcp) = media.rtcp {
        let port = rtcp.port;
        match rtcp.address {
            Some(address) => {
                let family = family(address);
                text.push_str(&format!("a=rtcp:{port} IN {family} {address}\r\n"));
            }
            None => text.push_str(&format!("a=rtcp:{port}\r\n")),
        }
    }
}

fn connection(text: &mut String, host: Option<&Host>) {
    match host {
        Some(Host::Address(address)) => {
            text.push_str(&format!("c=IN {} {address}\r\n", family(*address)));
        }
        Some(Host::Name(name)) => text.push_str(&format!("c=IN IP4 {name}\r\n")),
        None => {}
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
