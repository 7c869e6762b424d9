//! Local offer, and the lines that offers and answers share.

use confab_terms::{Codec, IpAddr};

use crate::numbers::OfferedNumbers;
use crate::{Crypto, Direction, Local, crypto};

/// Offers one audio stream.
#[must_use]
pub fn offer(local: &Local, direction: Direction) -> Vec<u8> {
    let OfferedNumbers { voice, digits } = local.numbers.offered(&local.codecs);
    let (protocol, lines) = crypto::offered(local.srtp.as_ref());
    let mut text = write_head(local);
    let secrecy = (protocol, lines.as_slice());
    // Comfort noise is not offered, so that phones transmit actual background sound.
    write_audio(&mut text, local, &voice, None, &digits, direction, secrecy);
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
    noise: Option<u8>,
    digits: &[(u8, u32)],
    direction: Direction,
    (protocol, lines): (&str, &[Crypto]),
) {
    text.push_str(&format!("m=audio {} {protocol}", local.rtp_port));
    let digit_types = digits.iter().map(|&(number, _)| number);
    let voices = codecs.iter().map(|&(_, number)| number);
    for payload_type in voices.chain(noise).chain(digit_types) {
        text.push_str(&format!(" {payload_type}"));
    }
    text.push_str("\r\n");
    for line in lines {
        crypto::write(text, line);
    }
    for (codec, payload_type) in codecs {
        let (name, rate) = (codec.name(), codec.clock_rate());
        let channels = match codec.channels() {
            1 => String::new(),
            more => format!("/{more}"),
        };
        text.push_str(&format!(
            "a=rtpmap:{payload_type} {name}/{rate}{channels}\r\n"
        ));
        if *codec == Codec::Opus {
            // Receiver capabilities: mono, and in-band FEC against loss (RFC 7587 §6.1).
            text.push_str(&format!(
                "a=fmtp:{payload_type} useinbandfec=1;stereo=0\r\n"
            ));
        }
    }
    if let Some(payload_type) = noise {
        text.push_str(&format!("a=rtpmap:{payload_type} CN/8000\r\n"));
    }
    for (payload_type, rate) in digits {
        text.push_str(&format!(
            "a=rtpmap:{payload_type} telephone-event/{rate}\r\na=fmtp:{payload_type} 0-15\r\n"
        ));
    }
    text.push_str(&format!("a=ptime:20\r\na={}\r\n", direction.attribute()));
}
