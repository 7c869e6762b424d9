//! References to sounds. A document references the sound that is playing or pending. The next verb
//! or the end of the document releases the reference, so that unused sounds are freed.

use confab_terms::{CallSid, DecodeId, FetchId};

use crate::state::DocumentRole;
use crate::{FetchError, Fetched, Output, Switchboard};

/// Replaces the sound referenced by a document with the sound of this decoding.
pub(super) fn hold(
    switchboard: &mut Switchboard,
    call: CallSid,
    role: DocumentRole,
    decode: DecodeId,
) {
    let earlier = switchboard.requests.holds.insert((call, role), decode);
    if let Some(decode) = earlier {
        switchboard.send(Output::ReleaseSound { decode });
    }
}

/// Releases the sound referenced by a document, if any.
pub(super) fn release(switchboard: &mut Switchboard, call: CallSid, role: DocumentRole) {
    if let Some(decode) = switchboard.requests.holds.remove(&(call, role)) {
        switchboard.send(Output::ReleaseSound { decode });
    }
}

/// Cancels a fetch of audio.
pub(super) fn cancel(switchboard: &mut Switchboard, fetch: FetchId) {
    if switchboard.requests.fetches.remove(&fetch).is_some() {
        switchboard.send(Output::CancelFetch { fetch });
    }
}

/// Releases the audio of an unused response.
pub(crate) fn drop_audio(switchboard: &mut Switchboard, answer: &Result<Fetched, FetchError>) {
    if let Ok(Fetched::Audio { audio }) = answer {
        switchboard.send(Output::DropAudio { audio: *audio });
    }
}
