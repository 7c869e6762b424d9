//! How far a dialog has got, and what stands open within it: an answer without its ACK, an offer
//! without its answer, a provisional response without its PRACK.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::hop::Hop;
use crate::lasting::Lasting;
use crate::timers::TransactionId;

/// How far a dialog has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// They called; the application has not decided.
    Invited { server: TransactionId },
    /// We called; no final response yet.
    Inviting { client: TransactionId, rang: bool },
    /// We called, and took it back; the last word is still theirs.
    Withdrawn,
    /// Answered.
    Up,
    /// Hung up after our 200 and before its ACK: a BYE is owed.
    Leaving,
    /// Our BYE is on its way.
    Over,
}

/// A 2xx of ours that waits for its ACK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unheard {
    pub(crate) cseq: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) to: Hop,
    /// Until the next retransmission but one.
    pub(crate) pause: Duration,
    /// Retransmissions so far.
    pub(crate) repeats: u8,
    /// The call's first answer, not a re-INVITE's.
    pub(crate) first: bool,
    /// It carries our offer: the ACK brings the answer.
    pub(crate) late: bool,
}

/// Whether their INVITE wants provisional responses to be acknowledged (RFC 3262).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Reliably {
    Never,
    May,
    Must,
}

/// A provisional response of ours that waits for its PRACK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reliable {
    pub(crate) bytes: Vec<u8>,
    pub(crate) to: Hop,
    pub(crate) pause: Duration,
    /// Retransmissions so far.
    pub(crate) repeats: u8,
}

/// Their offer, on which the application has not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) server: TransactionId,
    pub(crate) cseq: u32,
    /// re-INVITE, else UPDATE.
    pub(crate) invite: bool,
    /// A re-INVITE without an offer: ours is wanted.
    pub(crate) late: bool,
    pub(crate) lasting: Option<Lasting>,
}

/// Our re-INVITE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asking {
    pub(crate) offer: Vec<u8>,
    /// On its way; `None`: it waits for its turn.
    pub(crate) client: Option<TransactionId>,
    pub(crate) tries: u8,
}
