//! Pending conference-end events that wait for the file of the conference's recording.

use std::collections::BTreeMap;

use confab_conference::Url;
use confab_terms::{ConferenceSid, RecordingSid, limits};
use serde::{Deserialize, Serialize};

use crate::notifications::fields::Fields;

/// Pending conference-end event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PendingConferenceEnd {
    pub(crate) conference: ConferenceSid,
    pub(crate) to: Vec<Url>,
    pub(crate) fields: Fields,
}

/// Pending conference-end events, indexed by the awaited recording.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PendingConferenceEnds {
    by_recording: BTreeMap<RecordingSid, PendingConferenceEnd>,
}

impl PendingConferenceEnds {
    /// Inserts an event. Returns the event if too many events are pending.
    pub(crate) fn insert(
        &mut self,
        recording: RecordingSid,
        ending: PendingConferenceEnd,
    ) -> Option<PendingConferenceEnd> {
        if self.by_recording.len() >= limits::CONFERENCES_MAX {
            return Some(ending);
        }
        self.by_recording.insert(recording, ending);
        None
    }

    /// Returns whether conference-end of this conference waits for this recording.
    pub(crate) fn waits_for(&self, recording: RecordingSid, conference: ConferenceSid) -> bool {
        let ending = self.by_recording.get(&recording);
        ending.is_some_and(|ending| ending.conference == conference)
    }

    pub(crate) fn take(&mut self, recording: RecordingSid) -> Option<PendingConferenceEnd> {
        self.by_recording.remove(&recording)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_recording.len()
    }
}
