//! Requests of players, and responses of `Sounds` to the server.

use std::sync::Arc;

use confab_switchboard::DecodeError;
use confab_terms::{DecodeId, LegId, PlayerId, Rate, SoundId};

/// Request of a player for the samples of a sound from a position on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// Leg of the player.
    pub leg: LegId,
    /// Player.
    pub player: PlayerId,
    /// Sound to play.
    pub sound: SoundId,
    /// Position of the first sample, counted at 8 kHz.
    pub position: u64,
    /// Rate of the samples: 8 or 16 kHz.
    pub rate: Rate,
}

/// Response of `Sounds` to the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Response to `decode` and `say`: the sound can be played from now on, or an error.
    Decoded {
        /// Id of the request.
        decode: DecodeId,
        /// Sound or error.
        result: Result<SoundId, DecodeError>,
    },
    /// Response to `want`.
    Feed {
        /// Request.
        want: Want,
        /// Samples at the requested rate, at most a second.
        samples: Arc<[i16]>,
        /// True if the sound ends with these samples, or does not exist.
        last: bool,
    },
}

/// Receiver of responses, called on any thread; must not block.
pub type Sink = Box<dyn Fn(Told) + Send + Sync>;
