//! Holds on sounds. A program holds the sound that it plays or waits for; the hold is given back
//! when the program goes on to something else or ends, so that unused sounds are released.

use confab_terms::{CallSid, DecodeId, FetchId};

use crate::live::Role;
use crate::{FetchError, Fetched, Output, Switchboard};

/// Replaces the sound that a program holds by the one of this decoding.
pub(super) fn hold(board: &mut Switchboard, call: CallSid, role: Role, decode: DecodeId) {
    let earlier = board.asked.holds.insert((call, role), decode);
    if let Some(decode) = earlier {
        board.send(Output::ReleaseSound { decode });
    }
}

/// Gives back the sound that a program holds, if any.
pub(super) fn release(board: &mut Switchboard, call: CallSid, role: Role) {
    if let Some(decode) = board.asked.holds.remove(&(call, role)) {
        board.send(Output::ReleaseSound { decode });
    }
}

/// Cancels a fetch of audio.
pub(super) fn cancel(board: &mut Switchboard, fetch: FetchId) {
    if board.asked.fetches.remove(&fetch).is_some() {
        board.send(Output::CancelFetch { fetch });
    }
}

/// Gives back the audio of an answer that has no use.
pub(crate) fn drop_audio(board: &mut Switchboard, answer: &Result<Fetched, FetchError>) {
    if let Ok(Fetched::Audio { audio }) = answer {
        board.send(Output::DropAudio { audio: *audio });
    }
}
