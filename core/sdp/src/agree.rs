//! Processing of an answer to a local offer.

use crate::choose::choose;
use crate::crypto::tag_in_offer;
use crate::{Agreed, Local, NotAcceptable, Session};

/// Returns the result of an answer to a local offer of one audio stream.
///
/// # Errors
///
/// Fails if the peer rejected the stream or answered with parameters that were not offered.
pub fn agree(local: &Local, answer: &Session) -> Result<Agreed, NotAcceptable> {
    let media = answer.media.first().ok_or(NotAcceptable::NoAudio)?;
    let offered = local.numbers.offered(&local.codecs);
    let media = &offered.complete(media);
    let mut agreed = choose(answer, media, local)?;
    let voice = (agreed.codec, agreed.payload_type);
    agreed.received = offered.received(voice, agreed.digits_payload_type, agreed.comfort_noise);
    agreed.numbers = local.numbers;
    agreed.numbers.bind_offered(&offered, media);
    // The tag names the accepted line (RFC 4568 §5.1.3).
    let taken = media.crypto.first().filter(|_| agreed.srtp.is_some());
    if taken.is_some_and(|crypto| crypto.tag != tag_in_offer(crypto.suite)) {
        return Err(NotAcceptable::NoSuite);
    }
    Ok(agreed)
}
