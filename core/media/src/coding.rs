//! Encoding of a leg's mix: in a stream of its own, or in a stream shared with all legs that hear
//! the same. Also the seamless change between both.

use confab_codec::{Encoder, OpusSettings, OpusSpares, Resampler, silence};
use confab_mixer::{Heard, Room, limit};
use confab_terms::{Codec, Rate};
use serde::{Deserialize, Serialize};

use crate::ear::{self, Ear};
use crate::engine::RoomAudio;
use crate::keys::Keys;
use crate::leg::Place;
use crate::scratch::Scratch;
use crate::ways::Ways;

/// Time for which a leg keeps its own stream after audio of its own: half a second. After this time
/// both streams are equal, and an encoder with state can be replaced.
const LINGER_TICKS: u8 = 25;

/// Encoder of a leg.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Coding {
    encoder: Encoder,
    /// Converters from the room's rates.
    ways: Ways,
    /// Tick of the last conversion: after a gap, the state of the converters is outdated.
    ways_ran_at: u64,
    /// True while the leg has a stream of its own.
    own: bool,
    lingers: u8,
}

/// Payload for a leg.
enum Choice {
    Silence,
    Shared,
    Own,
}

impl Coding {
    pub(crate) fn new(codec: Codec, opus: OpusSettings) -> Self {
        // A decoder of G.722 that begins follows an encoder that begins: the shared stream, which
        // has begun before, would be noise to the phone for some frames.
        let begins = codec == Codec::G722;
        Self {
            encoder: Encoder::new(codec, opus),
            ways: Ways::default(),
            ways_ran_at: 0,
            own: begins,
            lingers: if begins { LINGER_TICKS } else { 0 },
        }
    }

    pub(crate) fn codec(&self) -> Codec {
        self.encoder.codec()
    }

    /// Returns the encoder.
    pub(crate) fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// Replaces the encoder. The spares of the old encoder must have been released.
    pub(crate) fn set_encoder(&mut self, encoder: Encoder) {
        self.encoder = encoder;
        self.own = false;
        self.lingers = 0;
    }

    /// Creates converters from the rates of the leg's room.
    pub(crate) fn fit(&mut self, rates: impl Iterator<Item = Rate>) {
        let to = self.codec().rate();
        self.ways.fit(to, rates, |rate| Resampler::new(rate, to));
    }

    /// Marks the converters as outdated: the next audio belongs to another room.
    pub(crate) fn part(&mut self) {
        self.ways_ran_at = 0;
    }

    /// Prepares the encoder, so that a stream of the leg's own can begin without allocation.
    pub(crate) fn equip(&mut self, spares: &mut OpusSpares) {
        self.encoder.equip(spares);
    }

    /// Releases the spares that only a stream of the leg's own needs.
    pub(crate) fn release(&mut self, spares: &mut OpusSpares) {
        self.encoder.release(spares);
    }

    /// Releases the spares, unless the leg has a stream of its own now.
    pub(crate) fn rest(&mut self, spares: &mut OpusSpares) {
        if !self.own {
            self.release(spares);
        }
    }

    /// Returns the payload of this tick, and the events of its players. G.722 codes changes: a
    /// frame that is not sent is not coded, so that the encoder stays in step with the decoder of
    /// the phone.
    pub(crate) fn payload<'a>(
        &mut self,
        (tick, is_sent): (u64, bool),
        (ear, is_recorded, keys): (&mut Ear, bool, Option<&mut Keys>),
        mut place: Option<(Place, &'a mut RoomAudio)>,
        scratch: &'a mut Scratch,
    ) -> (&'a [u8], ear::Heard) {
        let codec = self.codec();
        let keys = keys.filter(|keys| keys.sounds());
        let is_coded = is_sent || codec != Codec::G722;
        let alone = !ear.is_idle() || is_recorded || keys.is_some() || !is_coded;
        let choice = self.choose(!alone, place.as_ref());
        let choice = self.without_a_seam(tick, choice, &mut place, scratch);
        match (choice, place) {
            (Choice::Silence, _) => {
                let payload = &mut scratch.payload[..codec.rate().frame_samples()];
                payload.fill(silence(codec));
                (payload, ear::Heard::default())
            }
            (Choice::Shared, Some((_, audio))) => {
                let payload = audio
                    .shared
                    .payload(&self.encoder, &audio.room, tick, scratch);
                (payload, ear::Heard::default())
            }
            (Choice::Shared | Choice::Own, place) => {
                let room = place.map(|(place, audio)| (place, &audio.room));
                let heard = self.mix(tick, ear, room, scratch);
                if !is_coded {
                    return (&[], heard);
                }
                let frame = &mut scratch.frame[..codec.rate().frame_samples()];
                if let Some(keys) = keys {
                    keys.sound(frame);
                }
                let length = self.encoder.encode(frame, &mut scratch.payload);
                (&scratch.payload[..length], heard)
            }
        }
    }

    fn choose(&self, idle: bool, place: Option<&(Place, &mut RoomAudio)>) -> Choice {
        let (mut heard, mut hears) = (Heard::Nothing, false);
        if let Some((place, audio)) = place {
            heard = audio.room.heard(place.seat);
            hears = audio.room.hears(place.seat);
        }
        let remembers = self.remembers(place.map(|(_, audio)| &audio.room));
        match (heard, remembers) {
            _ if !idle => Choice::Own,
            (Heard::Own, _) => Choice::Own,
            (Heard::Public, _) => Choice::Shared,
            (Heard::Nothing, false) => Choice::Silence,
            // Silence too must continue the stream of the last voice.
            (Heard::Nothing, true) if hears => Choice::Shared,
            (Heard::Nothing, true) => Choice::Own,
        }
    }

    /// Returns whether the next payload depends on earlier payloads.
    fn remembers(&self, room: Option<&Room>) -> bool {
        let rate = self.codec().rate();
        self.encoder.has_memory()
            || room.is_some_and(|room| room.rates().any(|other| other != rate))
    }

    /// Selects the leg's own stream immediately, and the shared stream once both have been equal
    /// for long enough.
    fn without_a_seam(
        &mut self,
        tick: u64,
        choice: Choice,
        place: &mut Option<(Place, &mut RoomAudio)>,
        scratch: &mut Scratch,
    ) -> Choice {
        let Some((_, audio)) = place else {
            self.own = true;
            self.lingers = 0;
            return choice;
        };
        if !self.remembers(Some(&audio.room)) {
            return choice;
        }
        match choice {
            Choice::Own | Choice::Silence => {
                self.leave_shared(tick, audio);
                Choice::Own
            }
            Choice::Shared if self.own => {
                let Self { encoder, .. } = &self;
                audio.shared.payload(encoder, &audio.room, tick, scratch);
                if self.lingers > 0 || !audio.shared.is_warm(encoder) {
                    self.lingers = self.lingers.saturating_sub(1);
                    return Choice::Own;
                }
                self.own = false;
                Choice::Shared
            }
            Choice::Shared => Choice::Shared,
        }
    }

    /// Continues the shared stream in a stream of the leg's own.
    fn leave_shared(&mut self, tick: u64, audio: &RoomAudio) {
        if !self.own {
            let Self { encoder, ways, .. } = self;
            if audio.shared.hand_over(tick, encoder, ways) {
                self.ways_ran_at = tick.wrapping_sub(1);
            }
            self.own = true;
        }
        self.lingers = LINGER_TICKS;
    }

    /// Records a tick without a payload: an encoder of G.722 is unchanged.
    pub(crate) fn pause(&mut self, tick: u64, audio: Option<&RoomAudio>) {
        if let Some(audio) = audio.filter(|_| self.codec() == Codec::G722) {
            self.leave_shared(tick, audio);
        }
    }

    /// Writes the leg's mix of this tick to `scratch.frame`.
    fn mix(
        &mut self,
        tick: u64,
        ear: &mut Ear,
        room: Option<(Place, &Room)>,
        scratch: &mut Scratch,
    ) -> ear::Heard {
        let rate = self.codec().rate();
        let n = rate.frame_samples();
        let Scratch {
            mix, frame, other, ..
        } = scratch;
        // The resamplers hold up to 10 ms of the room, which a held leg must not be sent.
        let room = room.filter(|(place, room)| room.hears(place.seat));
        match room {
            None => mix[..n].fill(0),
            Some((place, room)) if room.rates().eq([rate]) => {
                room.hear(place.seat, &mut mix[..n]);
            }
            Some((place, room)) => {
                if self.ways_ran_at.wrapping_add(1) != tick {
                    self.ways.forget();
                }
                self.ways_ran_at = tick;
                let hear = |rate, mix: &mut [i32]| room.hear_at(rate, place.seat, mix);
                self.ways.bring(room, hear, (mix, other), &mut frame[..n]);
                for (sum, &sample) in mix[..n].iter_mut().zip(&frame[..n]) {
                    *sum = i32::from(sample);
                }
            }
        }
        let heard = if ear.is_idle() {
            ear::Heard::default()
        } else {
            ear.add_to(rate, &mut mix[..n])
        };
        limit(&mix[..n], &mut frame[..n]);
        heard
    }
}
