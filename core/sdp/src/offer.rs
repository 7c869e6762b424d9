//! Our own offer, and the lines that it shares with an answer.

use confab_terms::{Codec, IpAddr};

use crate::{Crypto, Direction, Local, crypto};

/// The payload type of digits where we choose it.
const DIGITS_PAYLOAD_TYPE: u8 = 101;

/// Offers one audio stream.
#[must_use]
pub fn offer(local: &Local, codecs: &[Codec], direction: Direction) -> Vec<u8> {
    let codecs: Vec<_> = codecs
        .iter()
        .map(|codec| (*codec, codec.payload_type()))
        .collect();
    let (protocol, lines) = crypto::offered(local.srtp.as_ref());
    let mut text = write_head(local);
    write_audio(
        &mut text,
        local,
        &codecs,
        Some(DIGITS_PAYLOAD_TYPE),
        direction,
        (protocol, &lines),
    );
    text.into_bytes()
}

pub(crate) fn write_head(local: &Local) -> String {
    let Local {
        address,
        session_id,
        version,
        ..
    } = local;
    let family = match address {
        IpAddr::V4(_) => "IP4",
        IpAddr::V6(_) => "IP6",
    };
    format!(
        "v=0\r\no=- {session_id} {version} IN {family} {address}\r\ns=-\r\n\
         c=IN {family} {address}\r\nt=0 0\r\n"
    )
}

pub(crate) fn write_audio(
    text: &mut String,
    local: &Local,
    codecs: &[(Codec, u8)],
    digits: Option<u8>,
    direction: Direction,
    (protocol, lines): (&str, &[Crypto]),
) {
    text.push_str(&format!("m=audio {} {protocol}", local.rtp_port));
    for payload_type in codecs.iter().map(|(_, number)| *number).chain(digits) {
        text.push_str(&format!(" {payload_type}"));
    }
    text.push_str("\r\n");
    for line in lines {
        crypto::write(text, line);
    }
    for (codec, payload_type) in codecs {
        let (name, rate) = (codec.name(), codec.clock_rate());
        text.push_str(&format!("a=rtpmap:{payload_type} {name}/{rate}\r\n"));
    }
    if let Some(digits) = digits {
        text.push_str(&format!(
            "a=rtpmap:{digits} telephone-event/8000\r\na=fmtp:{digits} 0-15\r\n"
        ));
    }
    text.push_str(&format!("a=ptime:20\r\na={}\r\n", direction.attribute()));
}
