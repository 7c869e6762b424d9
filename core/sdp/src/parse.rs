//! Parser of session descriptions. Only values that confab uses are validated, and only where they
//! are used: other lines, sections and attributes may be invalid.

use confab_terms::{IpAddr, limits};

use crate::{Direction, Host, Malformed, Media, RtcpAddress, RtpMap, Session, crypto};

/// Longest host name (RFC 1035 §2.3.4).
const NAME_BYTES_MAX: usize = 253;

/// Parses a session description. Lines may end in CRLF or LF.
///
/// # Errors
///
/// Fails if the text does not begin with `v=0`, or exceeds a limit.
pub fn parse(bytes: &[u8]) -> Result<Session, Malformed> {
    let mut session = Session::default();
    let mut begun = false;
    for (index, raw) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let fault = |what| Malformed {
            line: index + 1,
            what,
        };
        if index >= limits::SDP_LINES_MAX {
            return Err(fault("too many lines"));
        }
        let text = String::from_utf8_lossy(raw);
        let text = text.trim_matches(is_blank);
        if text.is_empty() {
            continue;
        }
        let line = text.split_once('=');
        let line = line.map(|(letter, value)| (letter.trim_end(), value.trim_start()));
        if !begun && line != Some(("v", "0")) {
            return Err(fault("does not begin with v=0"));
        }
        begun = true;
        match line {
            Some(("m", _)) if session.media.len() >= limits::SDP_MEDIA_MAX => {
                return Err(fault("too many m= lines"));
            }
            Some((letter, value)) => read_line(&mut session, letter, value),
            None => {}
        }
    }
    if !begun {
        return Err(Malformed {
            line: 1,
            what: "no session description",
        });
    }
    Ok(session)
}

/// Returns whether a character is white space, NUL or a byte order mark: some phones begin or end a
/// body with these characters.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\0' || c == '\u{feff}'
}

fn read_line(session: &mut Session, letter: &str, value: &str) {
    match letter {
        "m" => session.media.push(media(value)),
        "c" => {
            let host = match session.media.last_mut() {
                Some(media) => &mut media.connection,
                None => &mut session.connection,
            };
            // Several c= lines in a section are layers of multicast: the first is sufficient.
            if matches!(host, None | Some(Host::Unusable)) {
                *host = Some(connection(value));
            }
        }
        "a" => attribute(session, value),
        _ => {}
    }
}

/// Parses `audio 49170/2 RTP/AVP 0 8 101`. An invalid line remains a section, so that the answer
/// has as many sections as the offer.
fn media(value: &str) -> Media {
    // The answer repeats these words, so only tokens are kept (RFC 8866 §9).
    let mut words = value.split_ascii_whitespace().map(|word| {
        let is_token = word.bytes().all(|byte| byte.is_ascii_graphic());
        if is_token { word } else { "-" }
    });
    let kind = words.next().unwrap_or("-").to_owned();
    let port = words.next().and_then(|port| port.split('/').next());
    let port = port.filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    Media {
        kind,
        port: port.and_then(|port| port.parse().ok()),
        protocol: words.next().unwrap_or("-").to_owned(),
        formats: words
            .take(limits::SDP_FORMATS_MAX)
            .map(str::to_owned)
            .collect(),
        ..Media::default()
    }
}

/// Parses `IN IP4 192.0.2.1`, `IN IP4 phone.example` or, for multicast, `IN IP4 224.2.1.1/127/3`.
fn connection(value: &str) -> Host {
    let mut words = value.split_ascii_whitespace();
    let (Some(net), Some(kind), Some(host), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Host::Unusable;
    };
    let known = kind.eq_ignore_ascii_case("IP4") || kind.eq_ignore_ascii_case("IP6");
    if !net.eq_ignore_ascii_case("IN") || !known {
        return Host::Unusable;
    }
    let host = host.split('/').next().unwrap_or(host);
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    match bare.unwrap_or(host).parse::<IpAddr>() {
        Ok(address) => Host::Address(address.to_canonical()),
        Err(_) if is_name(host) => Host::Name(host.to_ascii_lowercase()),
        Err(_) => Host::Unusable,
    }
}

/// Returns whether the text is a host name. A numeric last label denotes a mistyped address, since
/// resolvers parse `010.1.2.3` as octal.
fn is_name(host: &str) -> bool {
    let labels = host.strip_suffix('.').unwrap_or(host);
    let last = labels.rsplit('.').next().unwrap_or_default();
    let sound = |label: &str| {
        let mut bytes = label.bytes();
        !label.is_empty() && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    labels.len() <= NAME_BYTES_MAX
        && labels.split('.').all(sound)
        && !last.starts_with(|c: char| c.is_ascii_digit())
}

fn attribute(session: &mut Session, value: &str) {
    let (name, value) = value.split_once(':').unwrap_or((value, ""));
    let (name, value) = (name.trim_end(), value.trim());
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
        return;
    }
    match (name, session.media.last_mut()) {
        ("ptime", Some(media)) => media.ptime_ms = ptime(value),
        ("ptime", None) => session.ptime_ms = ptime(value),
        ("rtcp", Some(media)) => media.rtcp = rtcp(value).or(media.rtcp.take()),
        ("crypto", Some(media)) if media.crypto.len() < limits::SDP_CRYPTO_MAX => {
            media.crypto.extend(crypto::read(value));
        }
        ("fmtp", Some(media)) if media.fmtp.len() < limits::SDP_FORMATS_MAX => {
            media.fmtp.extend(fmtp(value));
        }
        ("rtpmap", Some(media)) => {
            let map = rtp_map(value).filter(|map| is_new(media, map));
            media.rtp_maps.extend(map);
        }
        _ => {}
    }
}

/// Returns whether the section offers the format and has no map of the format yet.
fn is_new(media: &Media, map: &RtpMap) -> bool {
    let number = map.payload_type;
    let mut known = media.rtp_maps.iter();
    media.payload_types().any(|offered| offered == number)
        && known.all(|known| known.payload_type != number)
}

/// Parses a packet time in milliseconds; phones write `20`, some `20.0`. Invalid values count as
/// absent.
fn ptime(value: &str) -> Option<u16> {
    let whole = value.split('.').next().unwrap_or(value);
    whole.parse().ok().filter(|ms| *ms > 0)
}

/// Parses `0 PCMU/8000` or `96 opus/48000/2`. Returns `None` for an invalid map: a static payload
/// type keeps its meaning then, a dynamic one has none.
fn rtp_map(value: &str) -> Option<RtpMap> {
    let (payload_type, rest) = value.split_once(|c: char| c.is_ascii_whitespace())?;
    let mut parts = rest.trim().split('/').map(str::trim);
    let encoding = parts.next().filter(|encoding| !encoding.is_empty())?;
    // A map without a clock rate is invalid, but accepted as 8,000 Hz: some G.711 phones omit the
    // rate.
    let clock_rate = match parts.next() {
        Some(rate) => rate.parse().ok()?,
        None => 8_000,
    };
    let channels = parts.next().map_or(Some(1), |text| text.parse().ok());
    let payload_type = payload_type.parse().ok();
    Some(RtpMap {
        payload_type: payload_type.filter(|number: &u8| *number < 128)?,
        encoding: encoding.to_owned(),
        clock_rate,
        channels: channels.unwrap_or(1),
    })
}

/// Parses `96 maxaveragebitrate=20000;stereo=1`. Returns `None` if the format is not a payload
/// type.
fn fmtp(value: &str) -> Option<(u8, String)> {
    let (payload_type, parameters) = value.split_once(|c: char| c.is_ascii_whitespace())?;
    let parameters = parameters.trim_start().to_owned();
    Some((payload_type.parse().ok()?, parameters))
}

/// Parses `53020` or `53020 IN IP4 126.16.64.4`. Returns `None` without a valid port: RTCP has its
/// default port then.
fn rtcp(value: &str) -> Option<RtcpAddress> {
    let mut words = value.splitn(2, |c: char| c.is_ascii_whitespace());
    let port = words.next()?.parse().ok().filter(|port| *port != 0)?;
    let host = words.next().map(connection);
    Some(RtcpAddress { port, host })
}
