//! Limits of one outbox.

use core::time::Duration;

use confab_terms::limits;
use serde::{Deserialize, Serialize};

/// The limits of one outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Events, those under way included.
    pub count: usize,
    /// Bytes of these events.
    pub bytes: usize,
    /// Divisor of both: the share of one receiver.
    pub receiver_share: usize,
    /// Attempts at once.
    pub at_once: usize,
    /// Attempts at once to one receiver.
    pub at_once_to_one: usize,
    /// Attempts at once to a receiver that has taken no event yet.
    pub at_once_at_first: usize,
    /// Attempts at once to a receiver that fails.
    pub at_once_to_failing: usize,
    /// Time for one attempt.
    pub attempt: Duration,
    /// Pause after a first failure, doubled after each further one.
    pub pause: Duration,
    /// Longest pause by doubling.
    pub pause_max: Duration,
    /// Longest `Retry-After`.
    pub retry_after_max: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            count: limits::OUTBOX_EVENTS_MAX,
            bytes: limits::OUTBOX_BYTES_MAX,
            receiver_share: limits::OUTBOX_RECEIVER_SHARE,
            at_once: limits::CALLBACKS_AT_ONCE,
            at_once_to_one: limits::CALLBACKS_AT_ONCE_TO_ONE,
            at_once_at_first: limits::CALLBACKS_AT_ONCE_AT_FIRST,
            at_once_to_failing: limits::CALLBACKS_AT_ONCE_TO_FAILING,
            attempt: limits::CALLBACK_ATTEMPT,
            pause: limits::CALLBACK_PAUSE,
            pause_max: limits::CALLBACK_PAUSE_MAX,
            retry_after_max: limits::CALLBACK_RETRY_AFTER_MAX,
        }
    }
}

impl Bounds {
    /// Returns the number of events that one receiver may have.
    #[must_use]
    pub fn count_of_one(&self) -> usize {
        self.count / self.receiver_share.max(1)
    }

    /// Returns the bytes of events that one receiver may have.
    #[must_use]
    pub fn bytes_of_one(&self) -> usize {
        self.bytes / self.receiver_share.max(1)
    }
}
