//! `Running`: position in a document and the pending operation. Common to the documents of all
//! roles.

use confab_conference::Url;
use confab_cxml::{Cursor, Document, Record, Verb};
use confab_terms::{AudioId, CallSid, DecodeId, FetchId, Instant, PlayerId, SoundId};
use serde::{Deserialize, Serialize};

use super::record::Taking;
use super::{hold, keys};
use crate::live::Role;
use crate::tell::fields::Fields;
use crate::{Output, Switchboard};

/// Running document, or a single sound without a document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Running {
    /// URL of the last request.
    pub(crate) asked: Option<Url>,
    /// Fields of the last request.
    pub(crate) sent: Fields,
    /// URL of the document, base of its relative URLs.
    pub(crate) base: String,
    pub(crate) document: Option<Document>,
    pub(crate) cursor: Cursor,
    /// Sound of the `<Play>` or `<Say>` that is looping.
    pub(crate) sound: Option<(Verb, SoundId)>,
    pub(crate) step: Step,
    /// True if the document's warnings were reported; restarted music reports none again.
    pub(crate) noted: bool,
    /// Time at which the document began.
    pub(crate) began: Instant,
}

/// The call's own document.
pub(crate) type Flow = Running;

/// Pending operation of a document.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) enum Step {
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
    Pressing(PlayerId),
    /// Last digit of `SendDigits`, before the first document.
    PressingFirst(PlayerId),
    /// End of the tone before this recording.
    Beeping(PlayerId, Box<Record>),
    /// End of a recording.
    Recording(Box<Taking>),
    /// End of a `<Pause>` before the answer.
    Pausing,
    /// Answer of the call, needed by this verb.
    Answering(Verb),
    /// Answer of the call, needed by this audio in place of a document.
    AnsweringAudio(AudioId),
    /// End of the call's stay in a conference.
    Dialled,
    /// End of the minimum round, before a restart.
    Resting,
    /// Content fetched once for the whole conference.
    Shared,
}

impl Running {
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
        self.step = Step::Idle;
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
pub(crate) fn running(board: &mut Switchboard, call: CallSid, role: Role) -> Option<&mut Running> {
    let call = board.calls.get_mut(call)?;
    match role {
        Role::Document => Some(&mut call.flow),
        Role::Music => call.music.as_mut().map(|music| &mut music.running),
        Role::Announcement => {
            let current = call.announcing.current.as_mut();
            current.map(|current| &mut current.running)
        }
    }
}

/// Returns the next verb of a document. Releases the referenced sound unless this verb plays the
/// sound again.
pub(super) fn next_verb(board: &mut Switchboard, call: CallSid, role: Role) -> Option<Verb> {
    let program = running(board, call, role)?;
    let verb = program.next_verb();
    let plays_on = verb.as_ref().and_then(|verb| program.sound_of(verb));
    if plays_on.is_none() {
        program.sound = None;
        hold::release(board, call, role);
    }
    verb
}

/// Cancels the pending operation of a document: a later response is stale, and unsent digits are
/// dropped.
pub(crate) fn forget_question(board: &mut Switchboard, call: CallSid, role: Role) {
    hold::release(board, call, role);
    let Some(running) = running(board, call, role) else {
        return;
    };
    running.sound = None;
    match core::mem::take(&mut running.step) {
        Step::Pressing(player) | Step::PressingFirst(player) => {
            keys::stop(board, call, player);
        }
        // Requests to the application for a document are never interrupted.
        Step::Fetching(fetch) if role == Role::Document => {
            board.asked.fetches.remove(&fetch);
        }
        Step::Fetching(fetch) | Step::Audio(fetch, _) => hold::cancel(board, fetch),
        Step::AnsweringAudio(audio) => board.send(Output::DropAudio { audio }),
        Step::Sound(decode, _) => {
            board.asked.decodes.remove(&decode);
        }
        _ => {}
    }
}
