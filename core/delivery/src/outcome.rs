//! Outcomes of attempts, and their consequences.

use core::time::Duration;

use confab_terms::Instant;

/// Outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered with a success.
    Delivered,
    /// The event was not delivered.
    Failed {
        /// Vendor's error code.
        code: u32,
        /// Status of the answer; `None` without an answer.
        status: Option<u16>,
        /// `Retry-After` of the answer.
        retry_after: Option<Duration>,
    },
    /// The event was not sent, since reading from the disk failed.
    NotRead,
    /// The event was not sent, since the disk no longer contains it.
    Missing,
}

impl Outcome {
    /// Returns true for an error that another attempt may avoid: no connection, no address, a
    /// certificate that may be renewed, 408, 429, 5xx.
    #[must_use]
    pub fn is_retried(self) -> bool {
        match self {
            Self::Failed { code, status, .. } => match status {
                None => matches!(code, 11_200 | 11_210 | 11_220),
                Some(status) => code == 11_217 && (status >= 500 || matches!(status, 408 | 429)),
            },
            Self::Delivered | Self::NotRead | Self::Missing => false,
        }
    }

    /// Returns true if the receiver answered with any status.
    pub(crate) fn is_answer(self) -> bool {
        match self {
            Self::Delivered => true,
            Self::Failed { status, .. } => status.is_some(),
            Self::NotRead | Self::Missing => false,
        }
    }
}

/// Consequence of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// The event has left the outbox: delivered.
    Delivered,
    /// The event has left the outbox: the error is final.
    Final,
    /// The event stays. The receiver or the line rests until `at`.
    Again {
        /// Earliest time of the next attempt to this receiver.
        at: Instant,
        /// True for the first failure of a receiver that accepted events before.
        is_first: bool,
    },
    /// No such attempt was under way.
    Unknown,
}
