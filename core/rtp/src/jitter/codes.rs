//! Voice whose codes are one byte for each step of the timestamp: G.711, and G.722 with two samples
//! for each. Kept as it came and decoded when it is played, so that a memory of the codec's sees
//! everything once and in order.

use confab_codec::{G722Decoder, expansion};
use confab_terms::Codec;
use serde::{Deserialize, Serialize};

use super::conceal::Concealer;
use super::ring::{RING_CODES, Ring};

/// A payload of more is not voice that anybody agreed on (ptime 60 is 480).
const PAYLOAD_BYTES_MAX: usize = 1_600;
/// A frame is quiet if its samples are no larger than this on average (−46 dBFS).
const QUIET: u32 = 160;

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

    /// Plays from there and says (whether any of it was made up, whether any is voice).
    pub(crate) fn play(&mut self, cursor: u32, out: &mut [i16]) -> (bool, bool) {
        let (mut made, mut voice) = (false, false);
        let each = if self.codec == Codec::G722 { 2 } else { 1 };
        let count = (out.len() / each) as u32;
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
                self.decode(at, n, part);
                self.concealer.voice(part);
                voice = true;
            } else {
                made |= self.concealer.conceal(part);
            }
            at = at.wrapping_add(n);
            rest = after;
        }
        self.ring.clear(cursor, count);
        (made, voice)
    }

    fn decode(&mut self, at: u32, count: u32, mut out: &mut [i16]) {
        for piece in self.ring.read(at, count) {
            let n = match expansion(self.codec) {
                Some(_) => confab_codec::decode(self.codec, piece, out),
                None => self.wide.decode(piece, out),
            };
            out = &mut out[n..];
        }
    }
}
