//! Selection of an audio section and a codec of the peer.

use confab_terms::{Codec, OpusLimit, ReceivedTypes};

use crate::{Agreed, Local, Media, NotAcceptable, Session, crypto};

/// Returns the agreement for this section, with the peer's first codec that is supported.
pub(crate) fn choose(
    session: &Session,
    media: &Media,
    local: &Local,
) -> Result<Agreed, NotAcceptable> {
    if media.kind != "audio" || media.port == Some(0) {
        return Err(NotAcceptable::NoAudio);
    }
    if media.port.is_none() {
        return Err(NotAcceptable::NoPort);
    }
    let srtp = crypto::agreed(media, local.srtp.as_ref())?;
    let (payload_type, codec) = media
        .payload_types()
        .find_map(|payload_type| {
            let codec = media.codec(payload_type)?;
            local
                .codecs
                .contains(&codec)
                .then_some((payload_type, codec))
        })
        .ok_or(NotAcceptable::NoCodec)?;
    let (remote_rtp, remote_rtcp) = media.addresses(session).ok_or(NotAcceptable::NoAddress)?;
    let digits = media.digits(codec);
    let noise = media.comfort_noise(codec);
    let digits_payload_type = digits.map(|(payload_type, _)| payload_type);
    let mut numbers = local.numbers;
    numbers.bind(media);
    Ok(Agreed {
        remote_rtp,
        remote_rtcp,
        codec,
        payload_type,
        digits_payload_type,
        digits_clock_rate: digits.map_or(8_000, |(_, clock_rate)| clock_rate),
        comfort_noise: noise,
        received: ReceivedTypes::same(payload_type, digits_payload_type, noise),
        numbers,
        direction: media.direction(session).mirrored(),
        opus_limit: match codec {
            Codec::Opus => media.opus_limit(payload_type),
            Codec::Pcmu | Codec::Pcma | Codec::G722 => OpusLimit::None,
        },
        ptime_ms: media.ptime_ms.or(session.ptime_ms).unwrap_or(20),
        srtp,
    })
}

/// Returns the index and the agreement of the first usable section, or the fault of the first audio
/// section.
pub(crate) fn choose_first(
    session: &Session,
    local: &Local,
) -> Result<(usize, Agreed), NotAcceptable> {
    let mut nearest = NotAcceptable::NoAudio;
    for (index, media) in session.media.iter().enumerate() {
        match choose(session, media, local) {
            Ok(agreed) => return Ok((index, agreed)),
            Err(fault) if nearest == NotAcceptable::NoAudio => nearest = fault,
            Err(_) => {}
        }
    }
    Err(nearest)
}
