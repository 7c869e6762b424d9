//! The jitter buffer: packets come in when they come, 20 ms of samples go out at each tick. It
//! decides how long voice waits; it does not know who hears it.

mod expand;
mod stats;

pub use stats::{JitterStats, Pulled};

use confab_terms::{Codec, Instant};
use serde::{Deserialize, Serialize};

use crate::Header;

/// One leg's incoming voice, from packets to frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JitterBuffer {
    samples: Vec<i16>,
    stats: JitterStats,
}

impl JitterBuffer {
    /// An empty buffer for a codec of so many samples a second. All its memory is taken here.
    #[must_use]
    pub fn new(clock_rate: u32) -> Self {
        Self {
            samples: Vec::with_capacity(clock_rate as usize / 5),
            stats: JitterStats::default(),
        }
    }

    /// A packet's payload arrived (of the agreed payload type and from the locked source).
    pub fn insert(&mut self, _now: Instant, _header: &Header, codec: Codec, payload: &[u8]) {
        let table = expand::expansion(codec);
        self.stats.received += 1;
        for &byte in payload {
            if self.samples.len() < self.samples.capacity() {
                self.samples.push(table[usize::from(byte)]);
            }
        }
    }

    /// The next samples, as many as `out` holds (20 ms), at each tick; and what they are.
    pub fn pull(&mut self, _now: Instant, out: &mut [i16]) -> Pulled {
        out.fill(0);
        let n = out.len().min(self.samples.len());
        if n == 0 {
            return Pulled::Silence;
        }
        out[..n].copy_from_slice(&self.samples[..n]);
        self.samples.drain(..n);
        Pulled::Voice
    }

    /// What has happened so far.
    #[must_use]
    pub fn stats(&self) -> JitterStats {
        self.stats
    }
}
