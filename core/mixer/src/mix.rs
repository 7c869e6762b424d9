//! Mixing of one tick: all voices into one sum; then, for each listener, the sum without the
//! listener's own voice, plus whispers to the listener. Flat slices of 32-bit samples; no
//! allocation.

use confab_terms::{LegId, Rate, Voice};
use serde::{Deserialize, Serialize};

use crate::beep::BeepSound;
use crate::room::{Room, Seat, Seated};

/// Duration of the fade-in of a voice that becomes audible, in milliseconds.
pub const FADE_MS: u32 = 4;

/// Signal of a listener in this tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Silence: the leg does not hear the room, or the room is silent.
    Nothing,
    /// The public sum: all listeners with this value can share one encoding.
    Public,
    /// Individual mix, available from `hear`.
    Own,
}

/// Samples of one tick at one rate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frames {
    /// Input frames, indexed by seat, before fading.
    voices: Vec<i16>,
    /// Sum of all public voices and beeps.
    sum: Vec<i32>,
}

/// State of one tick that is common to all rates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summed {
    /// True if the sum contains any sound.
    any: bool,
    /// Legs that whispered in the last tick and are public now, with their targets. The target
    /// continues to hear such a voice at full level.
    carried: Vec<(LegId, Seat)>,
    /// Buffer for ranking the voices.
    pub(crate) ranks: Vec<(u32, u32)>,
}

/// Part of a voice in the sum of this tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    #[default]
    None,
    Whole,
    /// A new voice: fades in at its beginning.
    Swells,
    /// A voice displaced by louder ones: fades out at its beginning.
    Fades,
}

impl Frames {
    pub(crate) fn fit(&mut self, seats: usize, rate: Rate) {
        let samples = rate.frame_samples();
        if self.voices.len() < seats * samples {
            self.voices.resize(seats * samples, 0);
        }
        self.sum.resize(samples, 0);
    }
}

impl Summed {
    pub(crate) fn fit(&mut self, seats: usize) {
        let more = |length: usize| seats.saturating_sub(length);
        self.carried.reserve(more(self.carried.len()));
        self.ranks.reserve(more(self.ranks.len()));
    }
}

impl Room {
    /// Returns the buffer for a leg's samples of this tick. Call `spoke` after filling the buffer;
    /// without that call the leg is silent at no cost.
    pub fn voice(&mut self, seat: Seat) -> &mut [i16] {
        self.voice_at(self.rate, seat)
    }

    /// Returns the buffer of a seat at one of the `rates` of this tick.
    pub fn voice_at(&mut self, rate: Rate, seat: Seat) -> &mut [i16] {
        let samples = rate.frame_samples();
        let frames = &mut self.frames[rate as usize];
        frames.fit(self.seats.len().max(seat.index() + 1), rate);
        &mut frames.voices[seat.index() * samples..][..samples]
    }

    /// Marks the buffer of `voice` as the leg's samples of this tick.
    pub fn spoke(&mut self, seat: Seat) {
        let samples = self.rate.frame_samples();
        let voices = &self.frames[self.rate as usize].voices;
        let voice = voices.get(seat.index() * samples..(seat.index() + 1) * samples);
        if let (Some(Some(seated)), Some(voice)) = (self.seats.get_mut(seat.index()), voice) {
            seated.spoke = seated.voicing.is_worth_summing(voice);
        }
    }

    /// Sums all voices. Call once per tick, after `spoke` and before `hear`.
    pub fn mix(&mut self) {
        self.fit();
        self.choose_loudest();
        self.summed.carried.clear();
        self.summed.any = !self.beeps.is_empty();
        for (index, seated) in self.seats.iter_mut().enumerate() {
            let Some(seated) = seated else { continue };
            seated.part = seated.share();
            self.summed.any |= seated.part != Part::None;
            if let Voice::Only(target) = seated.voice_before
                && seated.part != Part::None
            {
                let seat = Seat::from_index(index);
                self.summed.carried.push((target, seat));
            }
        }
        for rate in self.rates() {
            self.sum_at(rate);
        }
    }

    fn sum_at(&mut self, rate: Rate) {
        let fade = fade_samples(rate);
        let Frames { voices, sum } = &mut self.frames[rate as usize];
        sum.fill(0);
        let voices = voices.chunks_exact(rate.frame_samples());
        for (seated, voice) in self.seats.iter().zip(voices) {
            match seated.as_ref().map_or(Part::None, |seated| seated.part) {
                Part::None => {}
                Part::Whole => add(sum, voice),
                Part::Swells => add_fading(sum, voice, fade),
                Part::Fades => add_fading_out(sum, voice, fade),
            }
        }
        for beep in &self.beeps {
            beep.add_to(rate, sum);
        }
    }

    /// Returns the kind of a listener's signal without computing the signal.
    #[must_use]
    pub fn heard(&self, seat: Seat) -> Heard {
        let Some(seated) = self.seated_at(seat) else {
            return Heard::Nothing;
        };
        if !seated.hears {
            return Heard::Nothing;
        }
        let own = seated.part != Part::None
            || self.whispers_to(seated.leg).next().is_some()
            || self
                .summed
                .carried
                .iter()
                .any(|&(leg, _)| leg == seated.leg)
            || self
                .beeps
                .iter()
                .any(|beep| beep.except == Some(seated.leg));
        match (own, self.summed.any) {
            (true, _) => Heard::Own,
            (false, false) => Heard::Nothing,
            (false, true) if !seated.heard_before => Heard::Own,
            (false, true) => Heard::Public,
        }
    }

    /// Returns the sum of all public voices and beeps: the signal of `Heard::Public`.
    #[must_use]
    pub fn public(&self) -> &[i32] {
        self.public_at(self.rate)
    }

    /// Returns the public sum at one of the `rates` of this tick.
    #[must_use]
    pub fn public_at(&self, rate: Rate) -> &[i32] {
        &self.frames[rate as usize].sum
    }

    /// Computes a listener's signal, before the limiter. `out` holds one frame.
    pub fn hear(&self, seat: Seat, out: &mut [i32]) {
        self.hear_at(self.rate, seat, out);
    }

    /// Computes a listener's signal at one of the `rates` of this tick.
    pub fn hear_at(&self, rate: Rate, seat: Seat, out: &mut [i32]) {
        let Some(seated) = self.seated_at(seat).filter(|seated| seated.hears) else {
            out.fill(0);
            return;
        };
        let fade = fade_samples(rate);
        let (sum, own) = (self.public_at(rate), self.voice_of(rate, seat));
        match seated.part {
            Part::None => {
                for (out, &sum) in out.iter_mut().zip(sum) {
                    *out = sum;
                }
            }
            Part::Whole => subtract(out, sum, own),
            Part::Swells => {
                subtract(out, sum, own);
                // The sum contains only a part of the voice: restores the part that was subtracted
                // in excess.
                for (at, (out, &own)) in out.iter_mut().zip(own).take(fade).enumerate() {
                    *out += i32::from(own) - faded(own, at, fade);
                }
            }
            Part::Fades => {
                for (out, &sum) in out.iter_mut().zip(sum) {
                    *out = sum;
                }
                for (at, (out, &own)) in out.iter_mut().zip(own).take(fade).enumerate() {
                    *out -= faded_out(own, at, fade);
                }
            }
        }
        for speaker in self.whispers_to(seated.leg) {
            self.add_whisper(rate, seated.leg, speaker, out);
        }
        for &(target, speaker) in &self.summed.carried {
            if target == seated.leg && speaker != seat {
                let voice = self.voice_of(rate, speaker);
                for (at, (out, &voice)) in out.iter_mut().zip(voice).take(fade).enumerate() {
                    *out += i32::from(voice) - faded(voice, at, fade);
                }
            }
        }
        self.take_out_beeps(rate, seated.leg, out);
        if !seated.heard_before {
            fade_in(out, fade);
        }
    }

    /// Ends the tick: signals that were audible in the tick need no fade-in in the next.
    pub fn finish(&mut self) {
        for seated in self.seats.iter_mut().flatten() {
            seated.heard_before = seated.hears;
            let fits = seated.part != Part::Fades && !(seated.spoke && seated.part == Part::None);
            seated.voice_before = if seated.public && fits {
                Voice::ToEveryone
            } else {
                Voice::ToNobody
            };
        }
        for seated in self.seats.iter_mut().flatten() {
            seated.spoke = false;
            seated.part = Part::None;
        }
        for &(target, speaker) in &self.whispers {
            if let Some(Some(seated)) = self.seats.get_mut(speaker.index()) {
                seated.voice_before = Voice::Only(target);
            }
        }
        self.beeps.iter_mut().for_each(BeepSound::advance);
        self.beeps.retain(|beep| !beep.is_over());
        self.rate_before = match self.rate_before {
            Some((rate, left)) if left > 1 => Some((rate, left - 1)),
            _ => None,
        };
    }

    fn add_whisper(&self, rate: Rate, listener: LegId, speaker: Seat, out: &mut [i32]) {
        let Some(whisperer) = self.seated_at(speaker).filter(|seated| seated.spoke) else {
            return;
        };
        let before = whisperer.voice_before;
        if before == Voice::ToEveryone || before == Voice::Only(listener) {
            add(out, self.voice_of(rate, speaker));
        } else {
            add_fading(out, self.voice_of(rate, speaker), fade_samples(rate));
        }
    }

    fn take_out_beeps(&self, rate: Rate, leg: LegId, out: &mut [i32]) {
        for beep in self.beeps.iter().filter(|beep| beep.except == Some(leg)) {
            // Tones are exact: adding the negated tone removes it completely.
            for sample in &mut *out {
                *sample = -*sample;
            }
            beep.add_to(rate, out);
            for sample in &mut *out {
                *sample = -*sample;
            }
        }
    }

    pub(crate) fn whispers_to(&self, leg: LegId) -> impl Iterator<Item = Seat> + '_ {
        let from = self.whispers.partition_point(|&(target, _)| target < leg);
        self.whispers[from..]
            .iter()
            .take_while(move |&&(target, _)| target == leg)
            .map(|&(_, speaker)| speaker)
    }

    fn seated_at(&self, seat: Seat) -> Option<&Seated> {
        self.seats.get(seat.index())?.as_ref()
    }

    fn voice_of(&self, rate: Rate, seat: Seat) -> &[i16] {
        let samples = rate.frame_samples();
        self.frames[rate as usize]
            .voices
            .get(seat.index() * samples..(seat.index() + 1) * samples)
            .unwrap_or_default()
    }
}

impl Seated {
    fn share(&self) -> Part {
        match (self.public && self.spoke, self.voicing.is_chosen()) {
            (false, _) => Part::None,
            (true, true) if self.voice_before == Voice::ToEveryone => Part::Whole,
            (true, true) => Part::Swells,
            (true, false) if self.voice_before == Voice::ToEveryone => Part::Fades,
            (true, false) => Part::None,
        }
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

/// Returns a sample of a fade-in; shared by addition and subtraction so that both agree exactly.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a fade is a few hundred samples at most"
)]
fn faded(voice: i16, at: usize, fade: usize) -> i32 {
    i32::from(voice) * at as i32 / fade as i32
}

/// Returns a sample of a fade-out.
fn faded_out(voice: i16, at: usize, fade: usize) -> i32 {
    i32::from(voice) - faded(voice, at, fade)
}

fn add_fading_out(sum: &mut [i32], voice: &[i16], fade: usize) {
    for (at, (sum, &voice)) in sum.iter_mut().zip(voice).take(fade).enumerate() {
        *sum += faded_out(voice, at, fade);
    }
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
