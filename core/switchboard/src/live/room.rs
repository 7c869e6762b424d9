//! One conference and its room: the rules, the count of changes, and who waits for their word.

use confab_conference::{Conference, Effects, EndReason, EventKind};
use confab_terms::{CallSid, ConferenceSid, Instant, Now, RecordingSid, RequestId, RoomId};
use serde::{Deserialize, Serialize};

use super::whole_seconds;
use crate::{AudibilityView, ConferenceRow, Reply};

/// A conference with its room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Room {
    pub(crate) conference: Conference,
    pub(crate) room: RoomId,
    pub(crate) thread: u16,
    /// The last change that was sent to the room; they count from 1.
    pub(crate) issued: u64,
    /// The last change that the room said it applied.
    pub(crate) applied: u64,
    /// Time of the conference's start, else of its creation: its Duration counts from here.
    pub(crate) since: Instant,
    /// Replies that leave once a change was applied.
    pub(crate) waiting: Vec<Waiting>,
    /// Questions about who hears whom that are on their way.
    pub(crate) asks: Vec<Ask>,
    /// Why it ended, and by whose leaving.
    pub(crate) end: Option<(EndReason, Option<CallSid>)>,
    /// Over: only the room's last word is awaited.
    pub(crate) over: bool,
    /// The recording that is taken of it, or was last.
    pub(crate) recording: Option<RecordingSid>,
    /// The file of the last recording that was written.
    pub(crate) file: Option<RecordingFile>,
    /// Row that was stored last.
    pub(crate) row: Option<Box<ConferenceRow>>,
}

/// File of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordingFile {
    pub(crate) sid: RecordingSid,
    pub(crate) bytes: u64,
}

/// A reply that leaves once the room has applied a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) number: u64,
    pub(crate) request: RequestId,
    pub(crate) reply: Reply,
}

/// A question about who hears whom, and the rules as they were when it was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ask {
    pub(crate) request: RequestId,
    pub(crate) rules: Conference,
}

/// What comparing rules and room gave.
pub(crate) enum Verdict {
    Agreed(AudibilityView),
    Disagreed { listener: CallSid, speaker: CallSid },
}

impl Room {
    pub(crate) fn sid(&self) -> ConferenceSid {
        self.conference.sid()
    }

    pub(crate) fn unapplied(&self) -> u64 {
        self.issued - self.applied
    }

    /// Whole seconds from its start, or from its making if it never started.
    pub(crate) fn seconds(&self, now: Now) -> i64 {
        whole_seconds(self.since, now.instant)
    }

    /// Remembers why the conference ended, if these effects say so.
    pub(crate) fn note_end(&mut self, effects: &Effects) {
        for event in &effects.events {
            if let EventKind::End { reason, call, .. } = &event.kind {
                self.end = Some((*reason, *call));
            }
        }
    }
}
