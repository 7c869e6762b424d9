//! A sender whose clock is slow slips by a frame each time that its packets have come a tick
//! later. When the next slip is due, a frame is held in reserve: then nothing is missing.

use serde::{Deserialize, Serialize};

/// Slips closer than this (20 s) come of no clock: 1,000 ppm.
const APART_TICKS_MIN: u32 = 1_000;
/// How early, and how late, a slip may come, in parts of the time from one to the next.
const EARLY_PARTS: u32 = 8;
const LATE_PARTS: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Slips {
    /// There was none.
    None,
    /// The last one was so many ticks ago; nothing tells when the next will be.
    Once { ago: u32 },
    /// And the one before it was so many ticks earlier.
    Regular { ago: u32, apart: u32 },
    /// The next is due, and a frame is held for it.
    Reserved { ago: u32, apart: u32 },
}

impl Slips {
    /// A tick went by. Whether a frame is to be held in reserve from now on.
    pub(crate) fn tick(&mut self) -> bool {
        match self {
            Self::None => {}
            Self::Once { ago } | Self::Regular { ago, .. } | Self::Reserved { ago, .. } => {
                *ago = ago.saturating_add(1);
            }
        }
        match *self {
            Self::Regular { ago, apart } if ago >= apart - apart / EARLY_PARTS => {
                *self = Self::Reserved { ago, apart };
                true
            }
            Self::Reserved { ago, apart } if ago > apart.saturating_add(apart / LATE_PARTS) => {
                *self = Self::Once { ago };
                false
            }
            _ => false,
        }
    }

    /// A packet came a tick late, where none had.
    pub(crate) fn slipped(&mut self) {
        *self = match *self {
            Self::Once { ago } | Self::Regular { ago, .. } | Self::Reserved { ago, .. }
                if ago >= APART_TICKS_MIN =>
            {
                Self::Regular { ago: 0, apart: ago }
            }
            _ => Self::Once { ago: 0 },
        };
    }

    pub(crate) fn is_reserved(self) -> bool {
        matches!(self, Self::Reserved { .. })
    }
}
