//! Ingress of a leg: playout at the codec's rate, touch tones, conversion to each rate of the room.
//! Touch tones are removed from the voice, or added to it if rooms hear digits.

use confab_codec::{Resampler, TouchTones};
use confab_mixer::{Room, Seat};
use confab_rtp::{JitterBuffer, Pulled};
use confab_terms::{Codec, Digit, Instant, Rate};
use serde::{Deserialize, Serialize};

use crate::pressed::Pressed;
use crate::scratch::Scratch;
use crate::speech::energy;
use crate::ways::Ways;

/// Maximum number of samples of a piece of a frame that ends a block of the tone detector: 10 ms.
const PIECE_SAMPLES: usize = 80;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Mouth {
    rate: Rate,
    ways: Ways,
    /// True if the converters still contain audio of the leg.
    rings: bool,
    /// Detector of touch tones, for a phone that sends digits in its voice only.
    tones: Option<TouchTones>,
    /// True if the room hears digits: tones in the voice remain, and digits received as packets
    /// become tones.
    keeps_keys: bool,
    pressed: Option<Pressed>,
}

/// Ingress of a leg in a tick.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) pulled: Pulled,
    /// True if the frame contains audio for the room; and its energy.
    pub(crate) speaks: bool,
    pub(crate) loud: u64,
    pub(crate) digit: Option<Digit>,
}

impl Mouth {
    pub(crate) fn new(codec: Codec) -> Self {
        Self {
            rate: codec.rate(),
            ways: Ways::default(),
            rings: false,
            tones: None,
            keeps_keys: false,
            pressed: None,
        }
    }

    /// Sets whether the leg's room hears digits.
    pub(crate) fn keep_keys(&mut self, kept: bool) {
        self.keeps_keys = kept;
    }

    /// Records a packet of a digit.
    pub(crate) fn press(&mut self, digit: Digit) {
        if !self.keeps_keys {
            return;
        }
        match &mut self.pressed {
            Some(pressed) if pressed.is(digit) => pressed.goes_on(),
            pressed => *pressed = Pressed::new(self.rate, digit),
        }
    }

    /// Enables or disables the removal of tones. Phones with wideband codecs send packets instead
    /// (RFC 4733).
    pub(crate) fn listen_for_tones(&mut self, wanted: bool) {
        let wanted = wanted && self.rate == Rate::Hz8000;
        self.tones = wanted.then(|| self.tones.take().unwrap_or_default());
    }

    /// Creates converters to the rates of the leg's room.
    pub(crate) fn fit(&mut self, rates: impl Iterator<Item = Rate>) {
        let from = self.rate;
        self.ways
            .fit(from, rates, |rate| Resampler::new(from, rate));
    }

    /// Discards earlier audio in digits and converters: the next frames belong to another room, or
    /// to none.
    pub(crate) fn part(&mut self) {
        self.pressed = None;
        if core::mem::take(&mut self.rings) {
            self.ways.forget();
        }
    }

    /// Takes a frame from the jitter buffer that no room hears.
    pub(crate) fn pull(
        &mut self,
        now: Instant,
        jitter: &mut JitterBuffer,
        scratch: &mut Scratch,
    ) -> Said {
        self.part();
        let frame = &mut scratch.frame[..self.rate.frame_samples()];
        self.say(now, jitter, frame, false)
    }

    /// Returns the frame of `speak` at the codec's rate, valid during the tick.
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

    /// Writes a frame to the leg's seat in its room; returns its kind and energy.
    pub(crate) fn speak(
        &mut self,
        now: Instant,
        jitter: &mut JitterBuffer,
        (room, seat): (&mut Room, Seat),
        scratch: &mut Scratch,
    ) -> Said {
        if room.rates().eq([self.rate]) {
            let said = self.say(now, jitter, room.voice(seat), self.keeps_keys);
            if said.speaks {
                room.spoke(seat);
            }
            return said;
        }
        let frame = &mut scratch.frame[..self.rate.frame_samples()];
        let said = self.say(now, jitter, frame, self.keeps_keys);
        if said.speaks || self.rings {
            for rate in room.rates() {
                self.ways.run(rate, frame, room.voice_at(rate, seat));
            }
            room.spoke(seat);
        }
        // A frame is longer than the filters: a frame of silence empties them.
        self.rings = said.speaks;
        said
    }

    fn say(
        &mut self,
        now: Instant,
        jitter: &mut JitterBuffer,
        frame: &mut [i16],
        keeps_keys: bool,
    ) -> Said {
        let pulled = jitter.pull(now, frame);
        let (digit, toned) = hear(&mut self.tones, frame);
        let removed = toned && !keeps_keys;
        if removed {
            frame.fill(0);
        }
        let sounds = self.pressed.is_some();
        self.pressed.take_if(|pressed| pressed.sound(frame));
        let speaks = sounds || (pulled != Pulled::Silence && !removed && !jitter.is_mute());
        Said {
            pulled,
            speaks,
            loud: if speaks { energy(frame) } else { 0 },
            digit,
        }
    }
}

/// Returns the digit recognized in this frame, and true if the frame contains any of its tones.
fn hear(tones: &mut Option<TouchTones>, frame: &[i16]) -> (Option<Digit>, bool) {
    let Some(ear) = tones else {
        return (None, false);
    };
    let (mut digit, mut toned) = (None, ear.holds_tones());
    for piece in frame.chunks(PIECE_SAMPLES) {
        digit = ear.hear(piece).or(digit);
        toned |= ear.holds_tones();
    }
    (digit, toned)
}
