//! Prediction of slips. A sender with a slow clock slips by a frame each time its packets arrive
//! one tick later. When the next slip is due, a frame is held in reserve, so that no frame is
//! missing.

use serde::{Deserialize, Serialize};

/// Minimum distance of slips that come from a clock: 20 s, at 1,000 ppm.
const APART_TICKS_MIN: u32 = 1_000;
/// Tolerance of an early and of a late slip, as divisors of the interval.
const EARLY_PARTS: u32 = 8;
const LATE_PARTS: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Slips {
    /// No slip occurred.
    None,
    /// One slip occurred `ago` ticks ago; the next slip is not predictable.
    Once { ago: u32 },
    /// The last slip occurred `ago` ticks ago, the one before it `apart` ticks earlier.
    Regular { ago: u32, apart: u32 },
    /// The next slip is due, and a frame is held in reserve.
    Reserved { ago: u32, apart: u32 },
}

impl Slips {
    /// Advances by one tick. Returns whether a frame is to be held in reserve from now on.
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

    /// Notes a packet that arrived one tick late on a line without lateness.
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
