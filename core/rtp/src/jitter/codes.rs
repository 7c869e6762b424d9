//! Store for codecs with one byte per timestamp unit: G.711, and G.722 with two samples per byte.
//! Codes are stored undecoded and decoded at playout, so that a stateful decoder processes each
//! code once and in order.

use confab_codec::{G722Decoder, expansion};
use confab_terms::Codec;
use serde::{Deserialize, Serialize};

use super::conceal::Concealer;
use super::ring::{RING_CODES, Ring};
use super::store::Played;
use super::stretch::{self, LAG_MAX, Limits, QUIET};

/// Maximum length of a payload: longer ones exceed every agreed packet time (480 bytes are 60 ms).
const PAYLOAD_BYTES_MAX: usize = 1_600;
/// Number of samples of a frame and the longest lag, for the widest voice.
const STRETCHED_MAX: usize = 2 * 2 * LAG_MAX;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Codes {
    codec: Codec,
    ring: Ring,
    wide: G722Decoder,
    concealer: Concealer,
}

impl Codes {
    pub(crate) fn new(codec: Codec) -> Self {
        Self {
            codec,
            ring: Ring::new(),
            wide: G722Decoder::default(),
            concealer: Concealer::new(codec.rate()),
        }
    }

    pub(crate) fn units(payload: &[u8]) -> Option<u32> {
        let fits = (1..=PAYLOAD_BYTES_MAX).contains(&payload.len());
        fits.then_some(payload.len() as u32)
    }

    pub(crate) fn put(&mut self, timestamp: u32, payload: &[u8], past: u32) {
        if let Some(rest) = payload.get(past as usize..) {
            self.ring.put(timestamp.wrapping_add(past), rest);
        }
    }

    /// Discards a range of codes.
    pub(crate) fn clear(&mut self, from: u32, count: u32) {
        self.ring.clear(from, count);
    }

    /// Discards all codes outside a range.
    pub(crate) fn keep(&mut self, from: u32, count: u32) {
        let rest = RING_CODES.saturating_sub(count);
        self.ring.clear(from.wrapping_add(count), rest);
    }

    /// Marks a discontinuity: the next frame is blended with the previous one.
    pub(crate) fn part(&mut self) {
        self.concealer.part();
    }

    /// Discards the history, which is too old for concealment.
    pub(crate) fn forget(&mut self) {
        self.concealer = Concealer::new(self.codec.rate());
    }

    pub(crate) fn conceal(&mut self, out: &mut [i16]) -> bool {
        self.concealer.conceal(out)
    }

    /// Returns whether a frame is present and quiet, or missing as a whole.
    pub(crate) fn is_quiet(&self, cursor: u32, frame: u32) -> bool {
        let (there, run) = self.ring.run(cursor, frame);
        if run < frame {
            return false;
        }
        let codes = self.ring.read(cursor, frame).into_iter().flatten();
        match expansion(self.codec) {
            _ if !there => true,
            Some(table) => {
                let sizes = codes.map(|&code| u32::from(table[usize::from(code)].unsigned_abs()));
                sizes.sum::<u32>() <= QUIET * frame
            }
            None => {
                // A clone decodes the frame ahead, since the playout decoder must process each code
                // once.
                let mut wide = self.wide.clone();
                let mut pair = [0; 2];
                let sizes = codes.map(|&code| {
                    wide.decode(&[code], &mut pair);
                    u32::from(pair[0].unsigned_abs())
                });
                sizes.sum::<u32>() <= QUIET * frame
            }
        }
    }

    /// Returns whether a whole frame is missing.
    pub(crate) fn is_missing(&self, cursor: u32, frame: u32) -> bool {
        self.ring.run(cursor, frame) == (false, frame)
    }

    /// Returns the number of units to conceal until the end of the pitch period, where voice
    /// continues.
    pub(crate) fn complete(&mut self) -> u32 {
        (self.concealer.complete() / self.each()) as u32
    }

    pub(crate) fn play(&mut self, cursor: u32, out: &mut [i16]) -> Played {
        let each = self.each();
        let count = (out.len() / each) as u32;
        let mut played = Played::default();
        let mut at = cursor;
        let mut rest = &mut *out;
        while !rest.is_empty() {
            let left = count - at.wrapping_sub(cursor);
            if left == 0 {
                break;
            }
            let (there, n) = self.ring.run(at, left);
            let (part, after) = rest.split_at_mut(n as usize * each);
            if there {
                decode(self.codec, &mut self.wide, self.ring.read(at, n), part);
                self.concealer.voice(part);
                played.missing = 0;
            } else {
                let made = self.concealer.conceal(part);
                played.made += if made { n } else { 0 };
                played.missing += n;
            }
            at = at.wrapping_add(n);
            rest = after;
        }
        self.ring.clear(cursor, count);
        played
    }

    /// Plays a frame and skips the returned number of codes, at most `most`. Returns `None` if the
    /// similarity is below `least`.
    pub(crate) fn shorten(
        &mut self,
        cursor: u32,
        (most, least): (u32, f32),
        out: &mut [i16],
    ) -> Option<u32> {
        let each = self.each();
        let count = (out.len() / each) as u32;
        let (there, n) = self.ring.run(cursor, count + most.min(LAG_MAX as u32));
        self.concealer.past(0).filter(|_| there && n > count)?;
        let mut samples = [0; STRETCHED_MAX];
        let samples = samples.get_mut(..n as usize * each)?;
        // A clone decodes ahead, since the playout decoder must process the remaining codes later.
        let mut wide = self.wide.clone();
        decode(self.codec, &mut wide, self.ring.read(cursor, n), samples);
        let limits = self.limits(samples.len() - out.len(), least);
        let lag = stretch::shorten(samples, out, limits)? / each;
        self.go_on(cursor, count + lag as u32, out);
        Some(lag as u32)
    }

    /// Plays a frame and repeats the returned number of codes. Returns `None` if the similarity is
    /// below `least`.
    pub(crate) fn lengthen(&mut self, cursor: u32, least: f32, out: &mut [i16]) -> Option<u32> {
        let each = self.each();
        let count = (out.len() / each) as u32;
        let past = self.concealer.past(LAG_MAX * each)?;
        if self.ring.run(cursor, count) != (true, count) {
            return None;
        }
        let mut samples = [0; STRETCHED_MAX];
        let samples = samples.get_mut(..past.len() + out.len())?;
        samples[..past.len()].copy_from_slice(past);
        let mut wide = self.wide.clone();
        let frame = &mut samples[past.len()..];
        decode(self.codec, &mut wide, self.ring.read(cursor, count), frame);
        let limits = self.limits(past.len(), least);
        let lag = stretch::lengthen(samples, past.len(), out, limits)? / each;
        self.go_on(cursor, count - lag as u32, out);
        Some(lag as u32)
    }

    /// Advances past a played frame that used `count` codes.
    fn go_on(&mut self, cursor: u32, count: u32, frame: &mut [i16]) {
        if self.codec == Codec::G722 {
            let codes = self.ring.read(cursor, count);
            decode(self.codec, &mut self.wide, codes, &mut [0; STRETCHED_MAX]);
        }
        self.concealer.voice(frame);
        self.ring.clear(cursor, count);
    }

    fn limits(&self, lag_max: usize, least: f32) -> Limits {
        let each = self.each();
        Limits {
            lag_max,
            each,
            least,
        }
    }

    /// Returns the number of samples per code.
    fn each(&self) -> usize {
        if self.codec == Codec::G722 { 2 } else { 1 }
    }
}

fn decode(codec: Codec, wide: &mut G722Decoder, codes: [&[u8]; 2], mut out: &mut [i16]) {
    for piece in codes {
        let n = match expansion(codec) {
            Some(_) => confab_codec::decode(codec, piece, out),
            None => wide.decode(piece, out),
        };
        out = &mut out[n..];
    }
}
