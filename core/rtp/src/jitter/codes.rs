//! Voice whose codes are one byte for each step of the timestamp: G.711, and G.722 with two samples
//! for each. Kept as it came and decoded when it is played, so that a memory of the codec's sees
//! everything once and in order.

use confab_codec::{G722Decoder, expansion};
use confab_terms::Codec;
use serde::{Deserialize, Serialize};

use super::conceal::Concealer;
use super::ring::{RING_CODES, Ring};
use super::store::Played;
use super::stretch::{self, LAG_MAX, Limits, QUIET};

/// A payload of more is not voice that anybody agreed on (ptime 60 is 480).
const PAYLOAD_BYTES_MAX: usize = 1_600;
/// A frame and the longest lag, of the widest voice.
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

    /// Forgets what lies there.
    pub(crate) fn clear(&mut self, from: u32, count: u32) {
        self.ring.clear(from, count);
    }

    /// Forgets all but what lies there.
    pub(crate) fn keep(&mut self, from: u32, count: u32) {
        let rest = RING_CODES.saturating_sub(count);
        self.ring.clear(from.wrapping_add(count), rest);
    }

    /// What comes next does not follow from what came before.
    pub(crate) fn part(&mut self) {
        self.concealer.part();
    }

    /// What came before is too long ago to go on from.
    pub(crate) fn forget(&mut self) {
        self.concealer = Concealer::new(self.codec.rate());
    }

    pub(crate) fn conceal(&mut self, out: &mut [i16]) -> bool {
        self.concealer.conceal(out)
    }

    /// Whether a frame is there and quiet, or is missing as a whole.
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
                // What it would be: the decoder that plays must not hear it twice.
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

    /// Whether a whole frame is missing.
    pub(crate) fn is_missing(&self, cursor: u32, frame: u32) -> bool {
        self.ring.run(cursor, frame) == (false, frame)
    }

    /// How much more is to be made up, so that voice goes on at the end of a period.
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

    /// Plays a frame and leaves out as many codes as it says, if that is not heard.
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
        // The decoder that plays must not hear twice what is left for later.
        let mut wide = self.wide.clone();
        decode(self.codec, &mut wide, self.ring.read(cursor, n), samples);
        let limits = self.limits(samples.len() - out.len(), least);
        let lag = stretch::shorten(samples, out, limits)? / each;
        self.go_on(cursor, count + lag as u32, out);
        Some(lag as u32)
    }

    /// Plays a frame that repeats as many codes as it says, if that is not heard.
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

    /// A frame was played that took up so many codes.
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

    /// Samples that a code holds.
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
