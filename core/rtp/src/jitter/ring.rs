//! Half a second of samples, each in the place that its timestamp gives it, and a bit for each
//! that says whether it is there. Keeps no order and no time.

use confab_terms::Codec;
use serde::{Deserialize, Serialize};

use super::fixed;

/// Samples that fit: a power of two, so that a timestamp's wrap does not show.
pub(crate) const RING_SAMPLES: u32 = 4_096;
const SIZE: usize = RING_SAMPLES as usize;
const WORDS: usize = SIZE / 64;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ring {
    #[serde(with = "fixed")]
    samples: Box<[i16; SIZE]>,
    #[serde(with = "fixed")]
    present: Box<[u64; WORDS]>,
}

impl Ring {
    pub(crate) fn new() -> Self {
        Self {
            samples: fixed::zeros(),
            present: fixed::zeros(),
        }
    }

    /// Decodes a payload (of no more than `RING_SAMPLES`) into its place.
    pub(crate) fn put(&mut self, timestamp: u32, codec: Codec, payload: &[u8]) {
        let table = confab_codec::expansion(codec);
        let at = place(timestamp);
        let (head, tail) = payload.split_at(payload.len().min(SIZE - at));
        for (sample, &code) in self.samples[at..].iter_mut().zip(head) {
            *sample = table[usize::from(code)];
        }
        for (sample, &code) in self.samples.iter_mut().zip(tail) {
            *sample = table[usize::from(code)];
        }
        self.mark(timestamp, payload.len() as u32, true);
    }

    /// How many samples from here on, of `count`, share one answer: they are there, or not.
    pub(crate) fn run(&self, timestamp: u32, count: u32) -> (bool, u32) {
        let there = self.word_from(timestamp) & 1 == 1;
        let mut run = 0;
        while run < count {
            let word = self.word_from(timestamp.wrapping_add(run));
            let same = if there {
                word.trailing_ones()
            } else {
                word.trailing_zeros()
            };
            let in_word = 64 - (timestamp.wrapping_add(run) % 64);
            run += same.min(in_word);
            if same < in_word {
                break;
            }
        }
        (there, run.min(count))
    }

    pub(crate) fn read(&self, timestamp: u32, out: &mut [i16]) {
        let at = place(timestamp);
        let (head, tail) = out.split_at_mut(out.len().min(SIZE - at));
        head.copy_from_slice(&self.samples[at..at + head.len()]);
        tail.copy_from_slice(&self.samples[..tail.len()]);
    }

    /// Forgets `count` samples from here on.
    pub(crate) fn clear(&mut self, timestamp: u32, count: u32) {
        self.mark(timestamp, count.min(RING_SAMPLES), false);
    }

    /// The bits from this sample to the end of its word, its own lowest.
    fn word_from(&self, timestamp: u32) -> u64 {
        self.present[place(timestamp) / 64] >> (timestamp % 64)
    }

    fn mark(&mut self, timestamp: u32, count: u32, there: bool) {
        let mut done = 0;
        while done < count {
            let from = timestamp.wrapping_add(done);
            let n = (64 - from % 64).min(count - done);
            let mask = (u64::MAX >> (64 - n)) << (from % 64);
            let word = &mut self.present[place(from) / 64];
            if there {
                *word |= mask;
            } else {
                *word &= !mask;
            }
            done += n;
        }
    }
}

const fn place(timestamp: u32) -> usize {
    (timestamp % RING_SAMPLES) as usize
}
