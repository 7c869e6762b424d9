//! What an answer to our offer comes to.

use confab_terms::Codec;

use crate::choose::choose;
use crate::{Agreed, NotAcceptable, Session};

/// Reads the answer to an offer of one audio stream with these codecs.
///
/// # Errors
/// They refused it, or answered with what was not offered.
pub fn agree(offered: &[Codec], answer: &Session) -> Result<Agreed, NotAcceptable> {
    let media = answer.media.first().ok_or(NotAcceptable::NoAudio)?;
    choose(answer, media, offered)
}
