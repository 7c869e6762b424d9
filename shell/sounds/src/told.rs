//! What the sounds tell the server.

use std::sync::Arc;

use confab_switchboard::DecodeError;
use confab_terms::{DecodeId, LegId, PlayerId, SoundId};

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
        leg: LegId,
        /// Echoed.
        player: PlayerId,
        /// Echoed.
        sound: SoundId,
        /// Echoed: the place of the first sample.
        position: u64,
        /// At most `limits::SOUND_CHUNK_SAMPLES`, at 8 kHz.
        samples: Arc<[i16]>,
        /// The sound ends with these, or is gone.
        last: bool,
    },
}

/// Takes what is told, on whichever thread it comes up; must not block.
pub type Sink = Box<dyn Fn(Told) + Send + Sync>;
