//! One leg's voice on its way into its room: pulled at the codec's rate, brought to each rate that
//! the room runs at.

use confab_codec::Resampler;
use confab_mixer::{Room, Seat};
use confab_rtp::{JitterBuffer, Pulled};
use confab_terms::{Codec, Instant, Rate};
use serde::{Deserialize, Serialize};

use crate::scratch::Scratch;
use crate::speech::energy;
use crate::ways::Ways;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Mouth {
    rate: Rate,
    ways: Ways,
    /// Something of its voice is still in the ways.
    rings: bool,
}

impl Mouth {
    pub(crate) fn new(codec: Codec) -> Self {
        Self {
            rate: codec.rate(),
            ways: Ways::default(),
            rings: false,
        }
    }

    /// Makes ways to the rates that its room runs at.
    pub(crate) fn fit(&mut self, rates: impl Iterator<Item = Rate>) {
        let from = self.rate;
        self.ways
            .fit(from, rates, |rate| Resampler::new(from, rate));
    }

    /// Lets a frame of the jitter buffer go by, unheard.
    pub(crate) fn pull(
        &mut self,
        now: Instant,
        jitter: &mut JitterBuffer,
        scratch: &mut Scratch,
    ) -> Pulled {
        jitter.pull(now, &mut scratch.frame[..self.rate.frame_samples()])
    }

    /// What `speak` put there, at the codec's rate, while the tick lasts.
    pub(crate) fn said<'a>(
        &self,
        room: &'a mut Room,
        seat: Seat,
        scratch: &'a Scratch,
    ) -> &'a [i16] {
        if room.rates().eq([self.rate]) {
            room.voice(seat)
        } else {
            &scratch.frame
        }
    }

    /// Puts a frame in the leg's place in its room, and says what it was and how loud.
    pub(crate) fn speak(
        &mut self,
        now: Instant,
        jitter: &mut JitterBuffer,
        (room, seat): (&mut Room, Seat),
        scratch: &mut Scratch,
    ) -> (Pulled, u64) {
        if room.rates().eq([self.rate]) {
            let voice = room.voice(seat);
            let pulled = jitter.pull(now, voice);
            if pulled == Pulled::Silence {
                return (pulled, 0);
            }
            let loud = energy(voice);
            room.spoke(seat);
            return (pulled, loud);
        }
        let frame = &mut scratch.frame[..self.rate.frame_samples()];
        let pulled = jitter.pull(now, frame);
        let speaks = pulled != Pulled::Silence;
        if speaks || self.rings {
            for rate in room.rates() {
                self.ways.run(rate, frame, room.voice_at(rate, seat));
            }
            room.spoke(seat);
        }
        // A frame is longer than the filters: one of silence empties them.
        self.rings = speaks;
        (pulled, if speaks { energy(frame) } else { 0 })
    }
}
