//! Ids of dialogs and transactions, unique within a user agent.

use serde::{Deserialize, Serialize};

/// Id of an INVITE and its dialog, from the first request to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DialogId(pub u64);

/// Id of a client or server transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct TransactionId(pub(crate) u64);
