//! Limits of one outbox.

use core::time::Duration;

use confab_terms::limits;
use serde::{Deserialize, Serialize};

/// Limits of one outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Maximum number of events, those in delivery included.
    pub count: usize,
    /// Maximum number of bytes of all events.
    pub bytes: usize,
    /// Divisor of both: the share of one receiver.
    pub receiver_share: usize,
    /// Maximum number of attempts at once.
    pub at_once: usize,
    /// Maximum number of attempts at once to one receiver.
    pub at_once_to_one: usize,
    /// Maximum number of attempts at once to a receiver that has accepted no event yet.
    pub at_once_at_first: usize,
    /// Maximum number of attempts at once to a failing receiver.
    pub at_once_to_failing: usize,
    /// Timeout of one attempt.
    pub attempt: Duration,
    /// Pause after a first failure, doubled after each further failure.
    pub pause: Duration,
    /// Maximum pause by doubling.
    pub pause_max: Duration,
    /// Maximum `Retry-After`.
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
    /// Returns the maximum number of events of one receiver.
    #[must_use]
    pub fn count_of_one(&self) -> usize {
        self.count / self.receiver_share.max(1)
    }

    /// Returns the maximum number of bytes of one receiver's events.
    #[must_use]
    pub fn bytes_of_one(&self) -> usize {
        self.bytes / self.receiver_share.max(1)
    }
}
