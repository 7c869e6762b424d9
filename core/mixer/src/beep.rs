//! Short tone in a room: a sound that belongs to no leg.

use core::f64::consts::TAU;

use confab_terms::{LegId, Rate};
use serde::{Deserialize, Serialize};

/// Duration of a tone in milliseconds.
const LENGTH_MS: u32 = 200;
/// Duration of the rise and of the fall in milliseconds.
const EDGE_MS: u32 = 5;
/// Peak of −20 dBFS.
const AMPLITUDE: f64 = 3_277.0;

/// State of one tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeepSound {
    /// Pitch in hertz.
    pub hz: u16,
    /// Leg that does not hear the tone.
    pub except: Option<LegId>,
    /// Played part in milliseconds.
    pub position_ms: u32,
}

impl BeepSound {
    pub(crate) fn is_over(&self) -> bool {
        self.position_ms >= LENGTH_MS
    }

    /// Adds the part of the current tick to a frame.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the amplitude is far below the range"
    )]
    pub(crate) fn add_to(&self, rate: Rate, frame: &mut [i32]) {
        let (end, edge) = (length(rate, LENGTH_MS), length(rate, EDGE_MS));
        for (at, sample) in (length(rate, self.position_ms)..end).zip(frame) {
            let swell = f64::from(at.min(end - at).min(edge)) / f64::from(edge);
            let turns = f64::from(at) * f64::from(self.hz) / f64::from(rate.hz());
            *sample += ((turns * TAU).sin() * AMPLITUDE * swell) as i32;
        }
    }

    pub(crate) fn advance(&mut self) {
        self.position_ms += 20;
    }
}

fn length(rate: Rate, ms: u32) -> u32 {
    rate.hz() / 1_000 * ms
}
