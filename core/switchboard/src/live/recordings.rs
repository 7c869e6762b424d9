//! Recordings that are not whole yet, by their sid.

use std::collections::BTreeMap;

use confab_media::Recorded;
use confab_terms::{Instant, RecordingSid, limits};
use serde::{Deserialize, Serialize};

use crate::RecordingView;
use crate::program::LastWord;

/// A recording, and where its audio comes from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Recording {
    pub(crate) view: RecordingView,
    pub(crate) thread: u16,
    pub(crate) of: Recorded,
    pub(crate) began: Instant,
    /// Whom to ask once it is whole, if the call whose document took it is over by then.
    pub(crate) last_word: Option<Box<LastWord>>,
}

/// All of them.
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
