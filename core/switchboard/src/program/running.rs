//! `Running`: a place in a document and what is waited for. The same for all three roles.

use confab_conference::Url;
use confab_cxml::{Cursor, Document, Record, Verb};
use confab_terms::{AudioId, CallSid, DecodeId, FetchId, Instant, PlayerId, SoundId};
use serde::{Deserialize, Serialize};

use super::record::Taking;
use super::{hold, keys};
use crate::live::Role;
use crate::tell::fields::Fields;
use crate::{Output, Switchboard};

/// A program. Without a document it is one sound, played as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Running {
    /// What was asked last, to be asked again when a document starts over.
    pub(crate) asked: Option<Url>,
    /// What was sent along.
    pub(crate) sent: Fields,
    /// Where the document came from: relative URLs in it refer to this.
    pub(crate) base: String,
    pub(crate) document: Option<Document>,
    pub(crate) cursor: Cursor,
    /// The sound of the `<Play>` or `<Say>` that is being looped.
    pub(crate) sound: Option<(Verb, SoundId)>,
    pub(crate) step: Step,
    /// Its warnings were noted: music that starts over says nothing new.
    pub(crate) noted: bool,
    /// When the document began.
    pub(crate) began: Instant,
}

/// What a call runs itself.
pub(crate) type Flow = Running;

/// The one thing that a program waits for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) enum Step {
    /// Nothing: it has not begun, or is done and silent.
    #[default]
    Idle,
    /// A document, or audio in its stead.
    Fetching(FetchId),
    /// The audio of this verb.
    Audio(FetchId, Verb),
    /// The sound of this verb; of the audio itself if there is no document.
    Sound(DecodeId, Option<Verb>),
    /// The end of a player.
    Playing(PlayerId),
    /// The last of the keys of this verb.
    Pressing(PlayerId),
    /// The last of the keys that a call of ours presses before its first document.
    PressingFirst(PlayerId),
    /// The end of the tone before this recording.
    Beeping(PlayerId, Box<Record>),
    /// The end of a recording.
    Recording(Box<Taking>),
    /// The end of a `<Pause>` before the answer.
    Pausing,
    /// The answer: this verb needs it.
    Answering(Verb),
    /// The answer: this audio stands for the document.
    AnsweringAudio(AudioId),
    /// The end of its stay in a conference.
    Dialled,
    /// The shortest round's end, before it starts over.
    Resting,
    /// What is asked once for the whole conference.
    Shared,
}

impl Running {
    /// Runs this document from its top.
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

    /// The next verb, looped ones once for each round.
    pub(crate) fn next_verb(&mut self) -> Option<Verb> {
        let document = self.document.as_ref()?;
        self.cursor.next(document).cloned()
    }

    /// The sound of this verb, if it is the one that was played last.
    pub(crate) fn sound_of(&self, verb: &Verb) -> Option<SoundId> {
        let (last, sound) = self.sound.as_ref()?;
        (last == verb).then_some(*sound)
    }
}

/// The program of this role, if there is one.
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

/// The next verb of a program. The sound that is held is given back unless this verb plays it.
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

/// What the program waits for is not its any more: the answer will be stale, and keys that are
/// not out yet stay unpressed.
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
        // An application that was asked for a document gets its request whole.
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
