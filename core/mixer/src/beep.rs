//! A short tone that sounds in a room: a voice that nobody owns.

use core::f64::consts::TAU;

use confab_terms::{LegId, Rate};
use serde::{Deserialize, Serialize};

/// How long a tone lasts.
const LENGTH_MS: u32 = 200;
/// How long it takes to swell and to fade.
const EDGE_MS: u32 = 5;
/// −20 dBFS.
const AMPLITUDE: f64 = 3_277.0;

/// One tone: all there is to know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeepSound {
    /// Its pitch.
    pub hz: u16,
    /// One who does not hear it.
    pub except: Option<LegId>,
    /// How much of it has sounded.
    pub position_ms: u32,
}

impl BeepSound {
    pub(crate) fn is_over(&self) -> bool {
        self.position_ms >= LENGTH_MS
    }

    /// Adds this tick's part of it.
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
