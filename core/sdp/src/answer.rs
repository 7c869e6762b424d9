//! Answer to an offer: one audio stream is accepted, all other sections are rejected with port 0.

use crate::choose::choose_first;
use crate::offer::{write_audio, write_head};
use crate::{Agreed, Crypto, Local, NotAcceptable, Session};

/// Answers an offer (RFC 3264 §6).
///
/// # Errors
///
/// Returns the reason why no stream of the offer is usable (SIP: 488).
pub fn answer(offer: &Session, local: &Local) -> Result<(Vec<u8>, Agreed), NotAcceptable> {
    let (accepted, agreed) = choose_first(offer, local)?;
    let mut text = write_head(local);
    for (index, media) in offer.media.iter().enumerate() {
        if index == accepted {
            let taken = media.crypto.first().zip(agreed.srtp);
            let crypto = taken.map(|(theirs, keys)| Crypto {
                key: keys.ours,
                ..*theirs
            });
            write_audio(
                &mut text,
                local,
                &[(agreed.codec, agreed.payload_type)],
                agreed.comfort_noise,
                agreed
                    .digits_payload_type
                    .map(|payload_type| (payload_type, agreed.digits_clock_rate))
                    .as_slice(),
                agreed.direction,
                (&media.protocol, crypto.as_slice()),
            );
        } else {
            let (kind, protocol) = (&media.kind, &media.protocol);
            // The grammar requires a format even if the offer has none (RFC 8866 §9).
            let formats = match media.formats.is_empty() {
                true => "0".to_owned(),
                false => media.formats.join(" "),
            };
            text.push_str(&format!("m={kind} 0 {protocol} {formats}\r\n"));
        }
    }
    Ok((text.into_bytes(), agreed))
}
