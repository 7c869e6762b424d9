//! References to sounds. A document references the sound that is playing or pending. The next verb
//! or the end of the document releases the reference, so that unused sounds are freed.

use confab_terms::{CallSid, DecodeId, FetchId};

use crate::live::Role;
use crate::{FetchError, Fetched, Output, Switchboard};

/// Replaces the sound referenced by a document with the sound of this decoding.
pub(super) fn hold(board: &mut Switchboard, call: CallSid, role: Role, decode: DecodeId) {
    let earlier = board.asked.holds.insert((call, role), decode);
    if let Some(decode) = earlier {
        board.send(Output::ReleaseSound { decode });
    }
}

/// Releases the sound referenced by a document, if any.
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

/// Releases the audio of an unused response.
pub(crate) fn drop_audio(board: &mut Switchboard, answer: &Result<Fetched, FetchError>) {
    if let Ok(Fetched::Audio { audio }) = answer {
        board.send(Output::DropAudio { audio: *audio });
    }
}
