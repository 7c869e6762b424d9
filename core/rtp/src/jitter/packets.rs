//! Store for a codec with indivisible packets: Opus. Packets are stored undecoded and decoded in
//! order at playout. Missing samples are recovered from the next packet (in-band FEC) or concealed.

use confab_codec::{OpusDecoder, OpusSpares, opus_is_silent, opus_samples};
use serde::{Deserialize, Serialize};

use super::fixed;
use super::store::Played;
use super::stream::distance;
use super::stretch::{self, LAG_MAX, Limits, QUIET};

/// Maximum number of stored packets: half a second of the usual 20 ms, with a margin.
const PACKETS_MAX: usize = 32;
/// Maximum length of a packet: 20 ms at the highest bit rate.
const PACKET_BYTES_MAX: usize = 1_276;
/// Maximum number of samples of a packet: 120 ms.
const SAMPLES_MAX: usize = 5_760;
/// Number of samples of a frame of 20 ms, and step of concealment by a decoder: 2.5 ms.
const FRAME: usize = 960;
const STEP: usize = 120;
/// Maximum number of consecutive concealed samples, followed by silence: 100 ms.
const MADE_MAX: usize = 4_800;
/// Maximum number of consecutive concealed samples for a sender of background noise. Such a sender
/// transmits every 400 ms (RFC 7587 §3.1.3); the value covers the interval and a frame.
const RESTS_MAX: usize = 20_160;
/// Maximum peak of background noise: -40 dBFS.
const AROUND_PEAK: u16 = 328;
/// Maximum length of a packet that denotes silence (RFC 6716 §2.1.9).
const PAUSE_BYTES: usize = 2;
/// Maximum peak of decoded samples that denote silence: −60 dBFS.
const PAUSE_PEAK: u16 = 32;
/// Longest lag at 48 kHz, in samples.
const LONGEST: usize = 6 * LAG_MAX;
/// Number of silent packets decoded before further ones are skipped; by then the decoder's state
/// holds nothing audible.
const SILENT_MAX: u8 = 2;
/// Number of frames without decoding after which the decoder is given back: 1 s.
const IDLE_FRAMES: u8 = 50;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Packets {
    decoder: OpusDecoder,
    /// Stored packets, unordered.
    kept: Vec<Packet>,
    /// Decoded samples, not yet played.
    #[serde(with = "fixed")]
    samples: Box<[i16; SAMPLES_MAX + FRAME + LONGEST]>,
    /// Timestamp of the first decoded sample, and the number of decoded samples.
    from: u32,
    waiting: usize,
    /// Timestamp just after the last decoded sample that is voice.
    voice_end: u32,
    /// Most recently played samples.
    #[serde(with = "fixed")]
    past: Box<[i16; LONGEST]>,
    /// Consecutive samples without a packet, and their maximum.
    made: usize,
    made_max: usize,
    /// True if the sender has paused without loss: its transmission is discontinuous.
    rests: bool,
    /// True if the last packet denoted silence.
    pause: bool,
    /// Consecutive decoded packets of silence.
    silent: u8,
    /// Consecutive frames that needed no decoder.
    idle: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Packet {
    timestamp: u32,
    samples: u32,
    bytes: Vec<u8>,
}

impl Packets {
    pub(crate) fn new() -> Self {
        let empty = || Packet {
            timestamp: 0,
            samples: 0,
            bytes: Vec::with_capacity(PACKET_BYTES_MAX / 4),
        };
        Self {
            decoder: OpusDecoder::default(),
            kept: (0..PACKETS_MAX).map(|_| empty()).collect(),
            samples: fixed::zeros(),
            from: 0,
            waiting: 0,
            voice_end: 0,
            past: fixed::zeros(),
            made: RESTS_MAX,
            made_max: MADE_MAX,
            rests: false,
            pause: false,
            silent: 0,
            idle: 0,
        }
    }

    pub(crate) fn units(payload: &[u8]) -> Option<u32> {
        let samples = opus_samples(payload).filter(|_| payload.len() <= PACKET_BYTES_MAX)?;
        Some(samples as u32)
    }

    /// Returns whether this packet needs a decoder and none is present.
    pub(crate) fn lacks_decoder(&self, payload: &[u8]) -> bool {
        !self.decoder.is_equipped() && payload.len() > PAUSE_BYTES && !opus_is_silent(payload)
    }

    pub(crate) fn has_decoder(&self) -> bool {
        self.decoder.is_equipped()
    }

    pub(crate) fn equip(&mut self, spares: &mut OpusSpares) {
        self.decoder.equip(spares);
        self.idle = 0;
    }

    /// Gives the decoder back after a long time without voice.
    pub(crate) fn rest(&mut self, spares: &mut OpusSpares) {
        self.idle = self.idle.saturating_add(1);
        if self.idle > IDLE_FRAMES {
            self.decoder.release(spares);
        }
    }

    pub(crate) fn release(&mut self, spares: &mut OpusSpares) {
        self.decoder.release(spares);
    }

    pub(crate) fn put(&mut self, timestamp: u32, payload: &[u8]) {
        let Some(samples) = Self::units(payload) else {
            return;
        };
        if payload.len() > PAUSE_BYTES && !opus_is_silent(payload) {
            // The packet is played before an idle decoder would be given back.
            self.idle = 0;
        }
        let oldest = self.kept.iter_mut().min_by_key(|packet| {
            let age = distance(packet.timestamp, timestamp);
            (packet.samples > 0, age.saturating_neg())
        });
        if let Some(place) = oldest {
            place.timestamp = timestamp;
            place.samples = samples;
            place.bytes.clear();
            place.bytes.extend_from_slice(payload);
        }
    }

    /// Discards packets that lie completely inside a range.
    pub(crate) fn clear(&mut self, from: u32, count: u32) {
        for packet in &mut self.kept {
            let start = distance(from, packet.timestamp);
            if start >= 0 && start.saturating_add(packet.samples as i32) <= count as i32 {
                packet.samples = 0;
            }
        }
    }

    /// Discards packets that lie completely outside a range.
    pub(crate) fn keep(&mut self, from: u32, count: u32) {
        for packet in &mut self.kept {
            let start = distance(from, packet.timestamp);
            let ends_before = start.saturating_add(packet.samples as i32) <= 0;
            if count == 0 || ends_before || start >= count as i32 {
                packet.samples = 0;
            }
        }
        self.waiting = 0;
        self.voice_end = from;
    }

    /// Discards the history, which is too old for concealment.
    pub(crate) fn forget(&mut self) {
        self.made = RESTS_MAX;
    }

    /// Marks the sender's transmission as discontinuous.
    pub(crate) fn rests(&mut self) {
        self.rests = true;
    }

    pub(crate) fn conceal(&mut self, out: &mut [i16]) -> bool {
        if self.pause || self.made >= self.made_max {
            out.fill(0);
            return false;
        }
        self.made += out.len();
        self.decoder.conceal(out.len(), out) == out.len()
    }

    /// Returns whether a frame is silent or missing.
    pub(crate) fn is_quiet(&self, cursor: u32, frame: u32) -> bool {
        let decoded = usize::try_from(distance(self.from, cursor)).unwrap_or(usize::MAX);
        let waiting = self.samples[..self.waiting].get(decoded..);
        match waiting.filter(|waiting| !waiting.is_empty()) {
            Some(waiting) => waiting.get(..frame as usize).is_some_and(|next| {
                let sizes = next.iter().map(|sample| u32::from(sample.unsigned_abs()));
                sizes.sum::<u32>() <= QUIET * frame
            }),
            None => {
                let there = self.kept.iter().find(|packet| packet.covers(cursor));
                there.is_none_or(|packet| packet.bytes.len() <= PAUSE_BYTES)
            }
        }
    }

    /// Returns whether a whole frame is missing.
    pub(crate) fn is_missing(&self, cursor: u32) -> bool {
        let decoded = distance(self.from, cursor);
        !(0..self.waiting as i32).contains(&decoded)
            && !self.kept.iter().any(|packet| packet.covers(cursor))
    }

    pub(crate) fn play(&mut self, cursor: u32, out: &mut [i16]) -> Played {
        self.align(cursor);
        let mut made = 0;
        while self.waiting < out.len() {
            let at = self.from.wrapping_add(self.waiting as u32);
            if !self.decode(at) {
                made += self.make_up(at);
            }
        }
        let n = out.len();
        out.copy_from_slice(&self.samples[..n]);
        self.go_on(n, out);
        let missing = distance(self.voice_end, self.from).clamp(0, n as i32);
        Played {
            made: made as u32,
            missing: missing as u32,
        }
    }

    /// Plays a frame and skips the returned number of samples, at most `most`. Returns `None` if
    /// the similarity is below `least`.
    pub(crate) fn shorten(
        &mut self,
        cursor: u32,
        (most, least): (u32, f32),
        out: &mut [i16],
    ) -> Option<u32> {
        self.align(cursor);
        let wanted = out.len() + LONGEST.min(most as usize);
        while self.waiting < wanted {
            let at = self.from.wrapping_add(self.waiting as u32);
            if !self.decode(at) {
                break;
            }
        }
        let samples = &self.samples[..self.waiting.min(wanted)];
        let limits = limits(samples.len().checked_sub(out.len())?, least);
        let lag = stretch::shorten(samples, out, limits)?;
        self.go_on(out.len() + lag, out);
        Some(lag as u32)
    }

    /// Plays a frame and repeats the returned number of samples. Returns `None` if the similarity
    /// is below `least`.
    pub(crate) fn lengthen(&mut self, cursor: u32, least: f32, out: &mut [i16]) -> Option<u32> {
        self.align(cursor);
        while self.waiting < out.len() {
            let at = self.from.wrapping_add(self.waiting as u32);
            if !self.decode(at) {
                return None;
            }
        }
        let mut samples = [0; LONGEST + FRAME];
        let samples = samples.get_mut(..LONGEST + out.len())?;
        samples[..LONGEST].copy_from_slice(&*self.past);
        samples[LONGEST..].copy_from_slice(&self.samples[..out.len()]);
        let lag = stretch::lengthen(samples, LONGEST, out, limits(LONGEST, least))?;
        self.go_on(out.len() - lag, out);
        Some(lag as u32)
    }

    /// Advances past a played frame that used `n` samples.
    fn go_on(&mut self, n: usize, frame: &[i16]) {
        self.drop_first(n);
        let keep = LONGEST.saturating_sub(frame.len());
        self.past.copy_within(LONGEST - keep.., 0);
        self.past[keep..].copy_from_slice(&frame[frame.len() - (LONGEST - keep)..]);
    }

    /// Moves the start of the decoded samples to the cursor.
    fn align(&mut self, cursor: u32) {
        let past = distance(self.from, cursor);
        match usize::try_from(past) {
            Ok(past) if past <= self.waiting => self.drop_first(past),
            _ => {
                self.waiting = 0;
                self.voice_end = cursor;
            }
        }
        self.from = cursor;
    }

    fn drop_first(&mut self, n: usize) {
        self.samples.copy_within(n..self.waiting, 0);
        self.waiting -= n;
        self.from = self.from.wrapping_add(n as u32);
    }

    /// Decodes the stored packet that holds this sample. Returns false if there is none.
    fn decode(&mut self, at: u32) -> bool {
        let Some(packet) = self.kept.iter_mut().find(|packet| packet.covers(at)) else {
            return false;
        };
        let past = distance(packet.timestamp, at).max(0) as usize;
        let count = core::mem::take(&mut packet.samples) as usize;
        let mut samples = [0; SAMPLES_MAX];
        let silent = opus_is_silent(&packet.bytes);
        let unheard = if self.decoder.is_equipped() {
            silent && self.silent >= SILENT_MAX
        } else {
            silent || packet.bytes.len() <= PAUSE_BYTES
        };
        let n = if unheard {
            count
        } else {
            self.decoder.decode(&packet.bytes, &mut samples)
        };
        self.silent = if silent {
            self.silent.saturating_add(1)
        } else {
            0
        };
        if !silent && packet.bytes.len() > PAUSE_BYTES {
            self.idle = 0;
        }
        // A sender of occasional silent packets has paused, too.
        let loudest = samples[..n]
            .iter()
            .map(|sample| sample.unsigned_abs())
            .max();
        self.pause = packet.bytes.len() <= PAUSE_BYTES || loudest <= Some(PAUSE_PEAK);
        self.made_max = if self.rests && loudest <= Some(AROUND_PEAK) {
            RESTS_MAX
        } else {
            MADE_MAX
        };
        let Some(rest) = samples[..n].get(past..).filter(|rest| !rest.is_empty()) else {
            return false;
        };
        self.samples[self.waiting..][..rest.len()].copy_from_slice(rest);
        self.waiting += rest.len();
        self.voice_end = self.from.wrapping_add(self.waiting as u32);
        self.made = 0;
        true
    }

    /// Conceals from this sample to the next packet, at most one frame. Returns the number of
    /// concealed samples, silence excluded.
    fn make_up(&mut self, at: u32) -> usize {
        let after = self.kept.iter().filter(|packet| packet.samples > 0);
        let after = after.filter(|packet| distance(at, packet.timestamp) > 0);
        let next = after.min_by_key(|packet| distance(at, packet.timestamp));
        let gap = next.map_or(FRAME, |next| distance(at, next.timestamp) as usize);
        let out = &mut self.samples[self.waiting..];
        if let Some(next) = next
            && gap <= next.samples as usize
            && gap % STEP == 0
            && !self.pause
            && self.made < self.made_max
        {
            let n = self.decoder.recover(&next.bytes, gap, out);
            if n > 0 {
                self.waiting += n;
                self.made += n;
                return n;
            }
        }
        let whole = gap.min(FRAME).next_multiple_of(STEP);
        let silent =
            self.pause || self.made >= self.made_max || self.decoder.conceal(whole, out) < whole;
        if silent {
            out[..whole].fill(0);
        }
        self.waiting += whole;
        self.made += whole;
        if silent { 0 } else { whole }
    }
}

fn limits(lag_max: usize, least: f32) -> Limits {
    Limits {
        lag_max,
        each: 1,
        least,
    }
}

impl Packet {
    fn covers(&self, at: u32) -> bool {
        let into = distance(self.timestamp, at);
        (0..self.samples as i32).contains(&into)
    }
}
