//! Pending fetches and decodings, with their owners. A response without an entry is stale and
//! dropped.

use std::collections::BTreeMap;

use confab_terms::{CallSid, DecodeId, FetchId};
use serde::{Deserialize, Serialize};

/// Role of a document among the documents of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum DocumentRole {
    /// The call's own document.
    Document,
    /// Hold or wait music.
    Music,
    /// An announcement.
    Announcement,
}

/// Owner of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FetchOwner {
    /// A document of a call.
    Document(CallSid, DocumentRole),
    /// An announcement to a whole conference.
    Announcement(u64),
    /// The action of an ended call; the response is not executed.
    FinalAction,
}

/// Owner of a decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DecodeOwner {
    /// A document of a call.
    Document(CallSid, DocumentRole),
    /// An announcement to a whole conference.
    Announcement(u64),
}

/// Pending requests for documents, audio and sounds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PendingRequests {
    pub(crate) fetches: BTreeMap<FetchId, FetchOwner>,
    pub(crate) decodes: BTreeMap<DecodeId, DecodeOwner>,
    /// Sounds in use by documents of calls, released with `Output::ReleaseSound`.
    pub(crate) holds: BTreeMap<(CallSid, DocumentRole), DecodeId>,
}

impl PendingRequests {
    /// Returns whether the action request of an ended call is pending.
    pub(crate) fn has_final_action(&self) -> bool {
        let mut fetches = self.fetches.values();
        fetches.any(|fetching| matches!(fetching, FetchOwner::FinalAction))
    }
}
