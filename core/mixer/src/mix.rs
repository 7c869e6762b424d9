//! One tick of a room: every voice into one sum, then for each listener that sum less its own
//! voice, plus what is whispered to it. Flat slices and 32 bits throughout; no allocation.

use confab_terms::{LegId, Rate, Voice};

use crate::room::{Room, Seat, Seated};

/// How long a voice that becomes audible takes to swell.
pub const FADE_MS: u32 = 4;

/// What a listener is to hear this tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Silence: it does not hear the room, or nobody speaks.
    Nothing,
    /// Exactly the public sum: all who hear this can share one encoding.
    Public,
    /// Something that only it hears: ask `hear`.
    Own,
}

/// The samples of one tick.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frames {
    /// What each seat says, one after the other; untouched by any fade.
    voices: Vec<i16>,
    /// All public voices and beeps.
    sum: Vec<i32>,
    /// Whether anything is in the sum.
    any: bool,
    /// Who whispered before and speaks to all now: the target goes on hearing it at full.
    carried: Vec<(LegId, Seat)>,
}

impl Frames {
    pub(crate) fn fit(&mut self, seats: usize, rate: Rate) {
        let samples = rate.frame_samples();
        if self.voices.len() < seats * samples {
            self.voices.resize(seats * samples, 0);
            self.carried.reserve(seats);
        }
        self.sum.resize(samples, 0);
    }
}

impl Room {
    /// Where to put what the leg says this tick; call `spoke` once it is there. Not calling it
    /// is silence and costs nothing.
    pub fn voice(&mut self, seat: Seat) -> &mut [i16] {
        let samples = self.rate.frame_samples();
        self.frames
            .fit(self.seats.len().max(seat.index() + 1), self.rate);
        &mut self.frames.voices[seat.index() * samples..][..samples]
    }

    /// What `voice` holds is what the leg says this tick.
    pub fn spoke(&mut self, seat: Seat) {
        if let Some(Some(seated)) = self.seats.get_mut(seat.index()) {
            seated.spoke = true;
        }
    }

    /// Sums what everyone says. Once a tick, after the voices and before anyone hears.
    pub fn mix(&mut self) {
        self.frames.fit(self.seats.len(), self.rate);
        let fade = fade_samples(self.rate);
        let samples = self.rate.frame_samples();
        let frames = &mut self.frames;
        frames.sum.fill(0);
        frames.carried.clear();
        frames.any = !self.beeps.is_empty();
        let voices = frames.voices.chunks_exact(samples);
        for (index, (seated, voice)) in self.seats.iter().zip(voices).enumerate() {
            let Some(seated) = seated else { continue };
            if !(seated.public && seated.spoke) {
                continue;
            }
            frames.any = true;
            if seated.voice_before == Voice::ToEveryone {
                add(&mut frames.sum, voice);
                continue;
            }
            add_fading(&mut frames.sum, voice, fade);
            if let Voice::Only(target) = seated.voice_before {
                frames.carried.push((target, Seat::from_index(index)));
            }
        }
        for beep in &self.beeps {
            beep.add_to(self.rate, &mut frames.sum);
        }
    }

    /// What a listener will hear, without working it out.
    #[must_use]
    pub fn heard(&self, seat: Seat) -> Heard {
        let Some(seated) = self.seated_at(seat) else {
            return Heard::Nothing;
        };
        if !seated.hears {
            return Heard::Nothing;
        }
        let own = (seated.public && seated.spoke)
            || self.whispers_to(seated.leg).next().is_some()
            || self
                .frames
                .carried
                .iter()
                .any(|&(leg, _)| leg == seated.leg)
            || self
                .beeps
                .iter()
                .any(|beep| beep.except == Some(seated.leg));
        match (own, self.frames.any) {
            (true, _) => Heard::Own,
            (false, false) => Heard::Nothing,
            (false, true) if !seated.heard_before => Heard::Own,
            (false, true) => Heard::Public,
        }
    }

    /// The sum of all public voices and beeps: what `Heard::Public` means.
    #[must_use]
    pub fn public(&self) -> &[i32] {
        &self.frames.sum
    }

    /// What a listener hears, before the limiter. `out` is a frame.
    pub fn hear(&self, seat: Seat, out: &mut [i32]) {
        let Some(seated) = self.seated_at(seat).filter(|seated| seated.hears) else {
            out.fill(0);
            return;
        };
        let fade = fade_samples(self.rate);
        let sum = &self.frames.sum[..];
        if seated.public && seated.spoke {
            let own = self.voice_of(seat);
            subtract(out, sum, own);
            if seated.voice_before != Voice::ToEveryone {
                // Only a part of it is in the sum yet: give back what was not.
                for (at, (out, &own)) in out.iter_mut().zip(own).take(fade).enumerate() {
                    *out += i32::from(own) - faded(own, at, fade);
                }
            }
        } else {
            for (out, &sum) in out.iter_mut().zip(sum) {
                *out = sum;
            }
        }
        for speaker in self.whispers_to(seated.leg) {
            self.add_whisper(seated.leg, speaker, fade, out);
        }
        for &(target, speaker) in &self.frames.carried {
            if target == seated.leg && speaker != seat {
                let voice = self.voice_of(speaker);
                for (at, (out, &voice)) in out.iter_mut().zip(voice).take(fade).enumerate() {
                    *out += i32::from(voice) - faded(voice, at, fade);
                }
            }
        }
        self.take_out_beeps(seated.leg, out);
        if !seated.heard_before {
            fade_in(out, fade);
        }
    }

    /// The tick is over: what was audible in it is no longer new.
    pub fn finish(&mut self) {
        for seated in self.seats.iter_mut().flatten() {
            seated.heard_before = seated.hears;
            seated.spoke = false;
            seated.voice_before = if seated.public {
                Voice::ToEveryone
            } else {
                Voice::ToNobody
            };
        }
        for &(target, speaker) in &self.whispers {
            if let Some(Some(seated)) = self.seats.get_mut(speaker.index()) {
                seated.voice_before = Voice::Only(target);
            }
        }
        let rate = self.rate;
        for beep in &mut self.beeps {
            beep.advance(rate);
        }
        self.beeps.retain(|beep| !beep.is_over(rate));
    }

    fn add_whisper(&self, listener: LegId, speaker: Seat, fade: usize, out: &mut [i32]) {
        let Some(whisperer) = self.seated_at(speaker).filter(|seated| seated.spoke) else {
            return;
        };
        let before = whisperer.voice_before;
        if before == Voice::ToEveryone || before == Voice::Only(listener) {
            add(out, self.voice_of(speaker));
        } else {
            add_fading(out, self.voice_of(speaker), fade);
        }
    }

    fn take_out_beeps(&self, leg: LegId, out: &mut [i32]) {
        for beep in self.beeps.iter().filter(|beep| beep.except == Some(leg)) {
            // A tone is exact: adding its opposite leaves nothing of it.
            for sample in &mut *out {
                *sample = -*sample;
            }
            beep.add_to(self.rate, out);
            for sample in &mut *out {
                *sample = -*sample;
            }
        }
    }

    fn whispers_to(&self, leg: LegId) -> impl Iterator<Item = Seat> + '_ {
        let from = self.whispers.partition_point(|&(target, _)| target < leg);
        self.whispers[from..]
            .iter()
            .take_while(move |&&(target, _)| target == leg)
            .map(|&(_, speaker)| speaker)
    }

    fn seated_at(&self, seat: Seat) -> Option<&Seated> {
        self.seats.get(seat.index())?.as_ref()
    }

    fn voice_of(&self, seat: Seat) -> &[i16] {
        let samples = self.rate.frame_samples();
        self.frames
            .voices
            .get(seat.index() * samples..(seat.index() + 1) * samples)
            .unwrap_or_default()
    }
}

fn fade_samples(rate: Rate) -> usize {
    (rate.hz() / 1_000 * FADE_MS) as usize
}

fn add(sum: &mut [i32], voice: &[i16]) {
    for (sum, &voice) in sum.iter_mut().zip(voice) {
        *sum += i32::from(voice);
    }
}

fn subtract(out: &mut [i32], sum: &[i32], own: &[i16]) {
    for ((out, &sum), &own) in out.iter_mut().zip(sum).zip(own) {
        *out = sum - i32::from(own);
    }
}

/// The one way a voice fades in, so that adding and taking out agree to the bit.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a fade is a few hundred samples at most"
)]
fn faded(voice: i16, at: usize, fade: usize) -> i32 {
    i32::from(voice) * at as i32 / fade as i32
}

fn add_fading(sum: &mut [i32], voice: &[i16], fade: usize) {
    let fade = fade.min(voice.len());
    for (at, (sum, &voice)) in sum.iter_mut().zip(voice).take(fade).enumerate() {
        *sum += faded(voice, at, fade);
    }
    add(sum.get_mut(fade..).unwrap_or_default(), &voice[fade..]);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a fade is a few hundred samples at most, a sum is below 2^27"
)]
fn fade_in(out: &mut [i32], fade: usize) {
    for (at, sample) in out.iter_mut().take(fade).enumerate() {
        *sample = (i64::from(*sample) * at as i64 / fade as i64) as i32;
    }
}
