//! Token bucket: limits a rate per second and the size of a burst.

use core::time::Duration;

use confab_terms::Instant;
use serde::{Deserialize, Serialize};

/// Token bucket. Each call of `take` passes rate and depth.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Bucket {
    /// Time at which the bucket is full again.
    full_at: Instant,
}

impl Bucket {
    /// Takes a token from a bucket that fills up within `depth`. Returns false if there is no
    /// token.
    pub(crate) fn take(&mut self, now: Instant, per_second: u32, depth: Duration) -> bool {
        let each = Duration::from_secs(1) / per_second.max(1);
        let full_at = self.full_at.max(now) + each;
        let has_token = full_at <= now + depth;
        if has_token {
            self.full_at = full_at;
        }
        has_token
    }

    /// Returns true if the bucket is full, like a new bucket.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        self.full_at <= now
    }
}
