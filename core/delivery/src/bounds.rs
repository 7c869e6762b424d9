//! How much may wait, and for how long anything is tried.

use core::time::Duration;

use confab_terms::limits;
use serde::{Deserialize, Serialize};

/// The bounds of one sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Callbacks that wait or are under way.
    pub count: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Callbacks about one thing.
    pub of_one: usize,
    /// Callbacks being sent at once, each about something else.
    pub at_once: usize,
    /// Attempts at one callback.
    pub attempts: u32,
    /// All attempts at one callback together.
    pub total: Duration,
    /// Before the second attempt; doubled before each further one.
    pub pause: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            count: limits::CALLBACKS_MAX,
            bytes: limits::CALLBACK_BYTES_MAX,
            of_one: limits::CALLBACKS_PER_CONFERENCE_MAX,
            at_once: limits::CALLBACKS_AT_ONCE,
            attempts: limits::CALLBACK_ATTEMPTS_MAX,
            total: limits::CALLBACK_TOTAL,
            pause: limits::CALLBACK_PAUSE,
        }
    }
}
