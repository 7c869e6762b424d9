//! From bytes to a `Session`. Strict where a value is used, deaf to what is not:
//! unknown lines and attributes are skipped, their order is not policed.

use confab_terms::{IpAddr, limits};

use crate::{Direction, Host, Malformed, Media, RtcpAddress, RtpMap, Session, crypto};

type Value<T> = Result<T, &'static str>;

/// Reads a session description. Lines may end in CRLF or LF.
///
/// # Errors
/// What is wrong and in which line.
pub fn parse(bytes: &[u8]) -> Result<Session, Malformed> {
    let mut session = Session::default();
    let mut seen = 0;
    for (index, raw) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let fault = |what| Malformed {
            line: index + 1,
            what,
        };
        if index >= limits::SDP_LINES_MAX {
            return Err(fault("too many lines"));
        }
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        if raw.is_empty() {
            continue;
        }
        let text = String::from_utf8_lossy(raw);
        let (letter, value) = text
            .split_once('=')
            .filter(|(letter, _)| letter.len() == 1)
            .ok_or_else(|| fault("not of the form x=value"))?;
        if seen == 0 && (letter, value.trim_end()) != ("v", "0") {
            return Err(fault("does not begin with v=0"));
        }
        seen += 1;
        read_line(&mut session, letter, value.trim_end()).map_err(fault)?;
    }
    if seen == 0 {
        return Err(Malformed {
            line: 1,
            what: "empty",
        });
    }
    Ok(session)
}

fn read_line(session: &mut Session, letter: &str, value: &str) -> Value<()> {
    match letter {
        "m" if session.media.len() >= limits::SDP_MEDIA_MAX => return Err("too many m= lines"),
        "m" => session.media.push(media(value)?),
        "c" => {
            let host = Some(connection(value)?);
            match session.media.last_mut() {
                // Several c= lines in a section are layers of multicast: the first is enough.
                Some(media) if media.connection.is_some() => {}
                Some(media) => media.connection = host,
                None => session.connection = host,
            }
        }
        "a" => attribute(session, value)?,
        _ => {}
    }
    Ok(())
}

/// `audio 49170/2 RTP/AVP 0 8 101`.
fn media(value: &str) -> Value<Media> {
    // Its words are said back in an answer: they are tokens (RFC 8866 §9), or nobody's.
    let sound = |byte: u8| byte.is_ascii_graphic() || byte == b' ' || byte == b'\t';
    if !value.bytes().all(sound) {
        return Err("m= with a character that is none of a token");
    }
    let mut words = value.split_ascii_whitespace();
    let (Some(kind), Some(port), Some(protocol)) = (words.next(), words.next(), words.next())
    else {
        return Err("m= lacks a kind, a port or a protocol");
    };
    let port = port.split('/').next().unwrap_or(port);
    let formats: Vec<String> = words
        .take(limits::SDP_FORMATS_MAX)
        .map(str::to_owned)
        .collect();
    if formats.is_empty() {
        return Err("m= lacks a format");
    }
    Ok(Media {
        kind: kind.to_owned(),
        port: port.parse().map_err(|_| "m= with a port that is none")?,
        protocol: protocol.to_owned(),
        formats,
        ..Media::default()
    })
}

/// `IN IP4 192.0.2.1` or, for multicast, `IN IP4 224.2.1.1/127/3`.
fn connection(value: &str) -> Value<Host> {
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let [net, kind, host] = words[..] else {
        return Err("c= is not of the form IN IP4 address");
    };
    let known = kind.eq_ignore_ascii_case("IP4") || kind.eq_ignore_ascii_case("IP6");
    if !net.eq_ignore_ascii_case("IN") || !known {
        return Err("c= of a network that is not IN IP4 or IN IP6");
    }
    let host = host.split('/').next().unwrap_or(host);
    if host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("c= without an address");
    }
    Ok(match host.parse::<IpAddr>() {
        Ok(address) => Host::Address(address.to_canonical()),
        Err(_) => Host::Name(host.to_owned()),
    })
}

fn attribute(session: &mut Session, value: &str) -> Value<()> {
    let (name, value) = value.split_once(':').unwrap_or((value, ""));
    let value = value.trim();
    let direction = match name {
        "sendrecv" => Some(Direction::SendRecv),
        "sendonly" => Some(Direction::SendOnly),
        "recvonly" => Some(Direction::RecvOnly),
        "inactive" => Some(Direction::Inactive),
        _ => None,
    };
    if let Some(direction) = direction {
        match session.media.last_mut() {
            Some(media) => media.direction = Some(direction),
            None => session.direction = Some(direction),
        }
        return Ok(());
    }
    match (name, session.media.last_mut()) {
        ("ptime", Some(media)) => media.ptime_ms = ptime(value),
        ("ptime", None) => session.ptime_ms = ptime(value),
        ("rtcp", Some(media)) => media.rtcp = Some(rtcp(value)?),
        ("crypto", Some(media)) if media.crypto.len() < limits::SDP_CRYPTO_MAX => {
            media.crypto.extend(crypto::read(value));
        }
        ("fmtp", Some(media)) if media.fmtp.len() < limits::SDP_FORMATS_MAX => {
            media.fmtp.extend(fmtp(value));
        }
        ("rtpmap", Some(media)) if media.rtp_maps.len() < limits::SDP_FORMATS_MAX => {
            media.rtp_maps.extend(rtp_map(value)?);
        }
        _ => {}
    }
    Ok(())
}

/// Milliseconds; phones write `20`, some `20.0`. What is no number is as good as absent.
fn ptime(value: &str) -> Option<u16> {
    let whole = value.split('.').next().unwrap_or(value);
    whole.parse().ok().filter(|ms| *ms > 0)
}

/// `0 PCMU/8000` or `96 opus/48000/2`. `None` for a payload type that is not RTP's.
fn rtp_map(value: &str) -> Value<Option<RtpMap>> {
    let (payload_type, rest) = value
        .split_once(' ')
        .ok_or("a=rtpmap without an encoding")?;
    let mut parts = rest.trim().split('/');
    let encoding = parts.next().unwrap_or_default();
    // Without a clock rate it is broken, but a G.711 phone that writes so is understood.
    let clock_rate = match parts.next() {
        Some(rate) => rate
            .trim()
            .parse()
            .map_err(|_| "a=rtpmap with a bad rate")?,
        None => 8_000,
    };
    let channels = parts
        .next()
        .map_or(Some(1), |text| text.trim().parse().ok());
    Ok(payload_type
        .parse()
        .ok()
        .filter(|number: &u8| *number < 128)
        .map(|payload_type| RtpMap {
            payload_type,
            encoding: encoding.to_owned(),
            clock_rate,
            channels: channels.unwrap_or(1),
        }))
}

/// `96 maxaveragebitrate=20000;stereo=1`. `None` for a format that is no payload type.
fn fmtp(value: &str) -> Option<(u8, String)> {
    let (payload_type, parameters) = value.split_once(' ')?;
    Some((payload_type.parse().ok()?, parameters.to_owned()))
}

/// `53020` or `53020 IN IP4 126.16.64.4`.
fn rtcp(value: &str) -> Value<RtcpAddress> {
    let (port, rest) = value.split_once(' ').unwrap_or((value, ""));
    let port = port
        .parse()
        .map_err(|_| "a=rtcp with a port that is none")?;
    let address = match connection(rest) {
        Ok(host) => host.unicast(),
        Err(_) => None,
    };
    Ok(RtcpAddress { port, address })
}
