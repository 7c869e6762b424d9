//! Conference rules with the state of the conference's room: numbered changes, pending replies and
//! pending audibility requests.

use confab_conference::{Conference, Effects, EndReason, EventKind};
use confab_terms::{CallSid, ConferenceSid, Instant, Now, RecordingSid, RequestId, RoomId};
use serde::{Deserialize, Serialize};

use super::whole_seconds;
use crate::{AudibilityView, ConferenceRow, Reply};

/// Conference with its room.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Room {
    pub(crate) conference: Conference,
    pub(crate) room: RoomId,
    pub(crate) thread: u16,
    /// Number of the last change sent to the room, counted from 1.
    pub(crate) issued: u64,
    /// Number of the last change that the room reported as applied.
    pub(crate) applied: u64,
    /// Time of the conference's start, else of its creation; base of the event field Duration.
    pub(crate) since: Instant,
    /// Replies sent after a change is applied.
    pub(crate) pending_replies: Vec<PendingReply>,
    /// Pending audibility requests.
    pub(crate) audibility_requests: Vec<AudibilityRequest>,
    /// Reason of the end, and the call whose leave ended the conference.
    pub(crate) end: Option<(EndReason, Option<CallSid>)>,
    /// True if the conference has ended and only the room's last report is pending.
    pub(crate) ended: bool,
    /// Current or last recording of the conference.
    pub(crate) recording: Option<RecordingSid>,
    /// File of the last complete recording.
    pub(crate) file: Option<RecordingFile>,
    /// Last stored row.
    pub(crate) row: Option<Box<ConferenceRow>>,
}

/// File of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordingFile {
    pub(crate) sid: RecordingSid,
    pub(crate) bytes: u64,
}

/// Reply sent after the room has applied a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PendingReply {
    pub(crate) number: u64,
    pub(crate) request: RequestId,
    pub(crate) reply: Reply,
}

/// Pending audibility request, with the rules at the time of the request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AudibilityRequest {
    pub(crate) request: RequestId,
    pub(crate) rules: Conference,
}

/// Result of the comparison between rules and room.
pub(crate) enum Comparison {
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

    /// Returns the whole seconds since the start, or since the creation if the conference never
    /// started.
    pub(crate) fn seconds(&self, now: Now) -> i64 {
        whole_seconds(self.since, now.instant)
    }

    /// Stores the reason of the conference's end, if these effects contain the end.
    pub(crate) fn note_end(&mut self, effects: &Effects) {
        for event in &effects.events {
            if let EventKind::End { reason, call, .. } = &event.kind {
                self.end = Some((*reason, *call));
            }
        }
    }
}
