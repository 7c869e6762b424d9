//! Responses to decodings, dispatched to the waiting document.

use confab_terms::{DecodeId, Now, SoundId};

use crate::interpreter;
use crate::state::DecodeOwner;
use crate::{DecodeError, Switchboard};

pub(crate) fn decoded(
    switchboard: &mut Switchboard,
    now: Now,
    decode: DecodeId,
    result: Result<SoundId, DecodeError>,
) {
    match switchboard.requests.decodes.remove(&decode) {
        Some(DecodeOwner::Document(call, role)) => {
            interpreter::decoded(switchboard, now, call, role, decode, result);
        }
        Some(DecodeOwner::Announcement(announcement)) => {
            interpreter::decoded_for_all(switchboard, now, announcement, result);
        }
        None => switchboard.counters.stale_answers += 1,
    }
}
