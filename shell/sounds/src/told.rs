//! What the sounds tell the server.

use std::sync::Arc;

use confab_switchboard::DecodeError;
use confab_terms::{DecodeId, LegId, PlayerId, Rate, SoundId};

/// A player's question for the samples of a sound from a place on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// Whose.
    pub leg: LegId,
    /// Which player.
    pub player: PlayerId,
    /// Which sound.
    pub sound: SoundId,
    /// The place of the first sample, counted at 8 kHz.
    pub position: u64,
    /// Of the samples: 16 kHz, or 8 kHz.
    pub rate: Rate,
}

/// What the sounds tell the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The answer to `decode` and `say`: the sound can be played from now on.
    Decoded {
        /// Echoed.
        decode: DecodeId,
        /// The sound.
        result: Result<SoundId, DecodeError>,
    },
    /// The answer to `want`.
    Feed {
        /// Echoed.
        want: Want,
        /// A second at the most, at the rate that was asked for.
        samples: Arc<[i16]>,
        /// The sound ends with these, or is gone.
        last: bool,
    },
}

/// Takes what is told, on whichever thread it comes up; must not block.
pub type Sink = Box<dyn Fn(Told) + Send + Sync>;
