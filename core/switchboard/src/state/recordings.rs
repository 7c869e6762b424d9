//! Recordings whose file is not complete, indexed by sid.

use std::collections::BTreeMap;

use confab_media::Recorded;
use confab_terms::{Instant, RecordingSid, limits};
use serde::{Deserialize, Serialize};

use crate::RecordingView;
use crate::interpreter::DeferredAction;

/// Recording, with the source of its audio.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Recording {
    pub(crate) view: RecordingView,
    pub(crate) thread: u16,
    pub(crate) of: Recorded,
    pub(crate) began: Instant,
    /// Action request sent after the file is complete, if the recording call has ended before.
    pub(crate) deferred_action: Option<Box<DeferredAction>>,
}

/// Recordings whose file is not complete.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Recordings {
    by_sid: BTreeMap<RecordingSid, Recording>,
}

impl Recordings {
    pub(crate) fn is_full(&self) -> bool {
        self.by_sid.len() >= limits::RECORDINGS_MAX
    }

    pub(crate) fn insert(&mut self, recording: Recording) {
        self.by_sid.insert(recording.view.sid, recording);
    }

    pub(crate) fn get(&self, sid: RecordingSid) -> Option<&Recording> {
        self.by_sid.get(&sid)
    }

    pub(crate) fn get_mut(&mut self, sid: RecordingSid) -> Option<&mut Recording> {
        self.by_sid.get_mut(&sid)
    }

    pub(crate) fn remove(&mut self, sid: RecordingSid) -> Option<Recording> {
        self.by_sid.remove(&sid)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_sid.len()
    }
}
