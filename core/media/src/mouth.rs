//! One leg's voice on its way into its room: pulled at the codec's rate, freed of touch tones (or
//! given them, if rooms are to hear keys), brought to each rate that the room runs at.

use confab_codec::{Resampler, TouchTones};
use confab_mixer::{Room, Seat};
use confab_rtp::{JitterBuffer, Pulled};
use confab_terms::{Codec, Digit, Instant, Rate};
use serde::{Deserialize, Serialize};

use crate::pressed::Pressed;
use crate::scratch::Scratch;
use crate::speech::energy;
use crate::ways::Ways;

/// A piece of a frame that ends one block of the ear for tones at most: 10 ms.
const PIECE_SAMPLES: usize = 80;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Mouth {
    rate: Rate,
    ways: Ways,
    /// Something of its voice is still in the ways.
    rings: bool,
    /// For a phone that has no other way to send digits than its voice.
    tones: Option<TouchTones>,
    /// Its room is to hear keys: those in the voice are left there, and this one, which came as
    /// packets, sounds.
    keeps_keys: bool,
    pressed: Option<Pressed>,
}

/// What a leg said in one tick.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) pulled: Pulled,
    /// Whether there is anything in it for the room; and how loud.
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

    /// Whether its room hears keys.
    pub(crate) fn keep_keys(&mut self, kept: bool) {
        self.keeps_keys = kept;
    }

    /// A packet says that this key is down.
    pub(crate) fn press(&mut self, digit: Digit) {
        if !self.keeps_keys {
            return;
        }
        match &mut self.pressed {
            Some(pressed) if pressed.is(digit) => pressed.goes_on(),
            pressed => *pressed = Pressed::new(self.rate, digit),
        }
    }

    /// Takes keys out of the voice from now on, or lets it be. Wide codecs' phones have packets for
    /// them (RFC 4733).
    pub(crate) fn listen_for_tones(&mut self, wanted: bool) {
        let wanted = wanted && self.rate == Rate::Hz8000;
        self.tones = wanted.then(|| self.tones.take().unwrap_or_default());
    }

    /// Makes ways to the rates that its room runs at.
    pub(crate) fn fit(&mut self, rates: impl Iterator<Item = Rate>) {
        let from = self.rate;
        self.ways
            .fit(from, rates, |rate| Resampler::new(from, rate));
    }

    /// What it says next goes elsewhere, or to nobody: nothing of what it said last does.
    pub(crate) fn part(&mut self) {
        self.pressed = None;
        if core::mem::take(&mut self.rings) {
            self.ways.forget();
        }
    }

    /// Takes a frame of the jitter buffer that no room hears.
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
        // A frame is longer than the filters: one of silence empties them.
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

/// The key that this frame lets recognise, and whether any of its tones is in it.
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
