//! `Execution`: position in a document and the pending operation. Common to the documents of all
//! roles.

use confab_conference::Url;
use confab_cxml::{Cursor, Document, Record, Verb};
use confab_terms::{AudioId, CallSid, DecodeId, FetchId, Instant, PlayerId, SoundId};
use serde::{Deserialize, Serialize};

use super::record::RecordState;
use super::{send_digits, sound_refs};
use crate::notifications::fields::Fields;
use crate::state::DocumentRole;
use crate::{Output, Switchboard};

/// Running document, or a single sound without a document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Execution {
    /// URL of the last request.
    pub(crate) requested: Option<Url>,
    /// Fields of the last request.
    pub(crate) request_fields: Fields,
    /// URL of the document, base of its relative URLs.
    pub(crate) base: String,
    pub(crate) document: Option<Document>,
    pub(crate) cursor: Cursor,
    /// Sound of the `<Play>` or `<Say>` that is looping.
    pub(crate) sound: Option<(Verb, SoundId)>,
    pub(crate) pending: PendingOperation,
    /// True if the document's warnings were reported; restarted music reports none again.
    pub(crate) noted: bool,
    /// Time at which the document began.
    pub(crate) began: Instant,
}

/// Pending operation of a document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) enum PendingOperation {
    /// None: not begun, or complete and silent.
    #[default]
    Idle,
    /// Fetch of a document, or of audio in its place.
    Fetching(FetchId),
    /// Fetch of this verb's audio.
    Audio(FetchId, Verb),
    /// Decoding of this verb's sound, or of the sound in place of a document.
    Sound(DecodeId, Option<Verb>),
    /// End of a player.
    Playing(PlayerId),
    /// Last digit of a `<Play digits>`.
    SendingDigits(PlayerId),
    /// Last digit of `SendDigits`, before the first document.
    SendingInitialDigits(PlayerId),
    /// End of the tone before this recording.
    Beeping(PlayerId, Box<Record>),
    /// End of a recording.
    Recording(Box<RecordState>),
    /// End of a `<Pause>` before the answer.
    Pausing,
    /// Answer of the call, needed by this verb.
    Answering(Verb),
    /// Answer of the call, needed by this audio in place of a document.
    AnsweringAudio(AudioId),
    /// End of the call's stay in a conference.
    Dialled,
    /// End of the minimum round, before a restart.
    WaitingForRound,
    /// Content fetched once for the whole conference.
    Shared,
}

impl Execution {
    /// Runs this document from its beginning.
    pub(crate) fn load(&mut self, document: Document, base: String, now: Instant) {
        self.document = Some(document);
        self.start_at(base, now);
    }

    /// Plays audio in place of a document.
    pub(crate) fn load_audio(&mut self, now: Instant) {
        self.document = None;
        self.start_at(String::new(), now);
    }

    fn start_at(&mut self, base: String, now: Instant) {
        self.base = base;
        self.cursor = Cursor::default();
        self.sound = None;
        self.pending = PendingOperation::Idle;
        self.began = now;
    }

    /// Returns the next verb; a looped verb once per round.
    pub(crate) fn next_verb(&mut self) -> Option<Verb> {
        let document = self.document.as_ref()?;
        self.cursor.next(document).cloned()
    }

    /// Returns the sound of this verb, if the verb was the last one played.
    pub(crate) fn sound_of(&self, verb: &Verb) -> Option<SoundId> {
        let (last, sound) = self.sound.as_ref()?;
        (last == verb).then_some(*sound)
    }
}

/// Returns the document of this role, if any.
pub(crate) fn running(
    switchboard: &mut Switchboard,
    call: CallSid,
    role: DocumentRole,
) -> Option<&mut Execution> {
    let call = switchboard.calls.get_mut(call)?;
    match role {
        DocumentRole::Document => Some(&mut call.document),
        DocumentRole::Music => call.music.as_mut().map(|music| &mut music.running),
        DocumentRole::Announcement => {
            let current = call.announcing.current.as_mut();
            current.map(|current| &mut current.running)
        }
    }
}

/// Returns the next verb of a document. Releases the referenced sound unless this verb plays the
/// sound again.
pub(super) fn next_verb(
    switchboard: &mut Switchboard,
    call: CallSid,
    role: DocumentRole,
) -> Option<Verb> {
    let execution = running(switchboard, call, role)?;
    let verb = execution.next_verb();
    let plays_on = verb.as_ref().and_then(|verb| execution.sound_of(verb));
    if plays_on.is_none() {
        execution.sound = None;
        sound_refs::release(switchboard, call, role);
    }
    verb
}

/// Cancels the pending operation of a document: a later response is stale, and unsent digits are
/// dropped.
pub(crate) fn cancel_pending(switchboard: &mut Switchboard, call: CallSid, role: DocumentRole) {
    sound_refs::release(switchboard, call, role);
    let Some(running) = running(switchboard, call, role) else {
        return;
    };
    running.sound = None;
    match core::mem::take(&mut running.pending) {
        PendingOperation::SendingDigits(player)
        | PendingOperation::SendingInitialDigits(player) => {
            send_digits::stop(switchboard, call, player);
        }
        // Requests to the application for a document are never interrupted.
        PendingOperation::Fetching(fetch) if role == DocumentRole::Document => {
            switchboard.requests.fetches.remove(&fetch);
        }
        PendingOperation::Fetching(fetch) | PendingOperation::Audio(fetch, _) => {
            sound_refs::cancel(switchboard, fetch);
        }
        PendingOperation::AnsweringAudio(audio) => switchboard.send(Output::DropAudio { audio }),
        PendingOperation::Sound(decode, _) => {
            switchboard.requests.decodes.remove(&decode);
        }
        _ => {}
    }
}
