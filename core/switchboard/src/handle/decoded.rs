//! Responses to decodings, dispatched to the waiting document.

use confab_terms::{DecodeId, Now, SoundId};

use crate::live::Decoding;
use crate::program;
use crate::{DecodeError, Switchboard};

pub(crate) fn decoded(
    board: &mut Switchboard,
    now: Now,
    decode: DecodeId,
    result: Result<SoundId, DecodeError>,
) {
    match board.asked.decodes.remove(&decode) {
        Some(Decoding::Program(call, role)) => {
            program::decoded(board, now, call, role, decode, result);
        }
        Some(Decoding::ToAll(announcement)) => {
            program::decoded_for_all(board, now, announcement, result);
        }
        None => board.counted.stale_answers += 1,
    }
}
