//! Questions that were asked of the web and of the sounds, and whose they are. What is no longer
//! in the table is stale: its answer is dropped.

use std::collections::BTreeMap;

use confab_terms::{CallSid, DecodeId, FetchId};
use serde::{Deserialize, Serialize};

/// Which of a call's programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Role {
    /// What the call itself runs.
    Document,
    /// Hold or wait music.
    Music,
    /// An announcement.
    Announcement,
}

/// Whose fetch it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fetching {
    /// A program of a call waits for it.
    Program(CallSid, Role),
    /// An announcement to a whole conference.
    ToAll(u64),
    /// The action of a call that is over: whatever comes is not carried out.
    Farewell,
}

/// Whose sound it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Decoding {
    /// A program of a call waits for it.
    Program(CallSid, Role),
    /// An announcement to a whole conference.
    ToAll(u64),
}

/// Everything that was asked and not answered.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) fetches: BTreeMap<FetchId, Fetching>,
    pub(crate) decodes: BTreeMap<DecodeId, Decoding>,
    /// Sounds in use by the programs of calls, to be given back with `Output::ReleaseSound`.
    pub(crate) holds: BTreeMap<(CallSid, Role), DecodeId>,
}

impl Asked {
    /// An application is still to hear of the end of a call.
    pub(crate) fn owes_farewell(&self) -> bool {
        let mut fetches = self.fetches.values();
        fetches.any(|fetching| matches!(fetching, Fetching::Farewell))
    }
}
