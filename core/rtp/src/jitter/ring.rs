//! Ring of one-byte codes for half a second, each at the position of its timestamp, with a presence
//! bit per code. Order, time and codec are handled elsewhere.

use serde::{Deserialize, Serialize};

use super::fixed;

/// Capacity in codes: a power of two, so that a wrap of the timestamp has no effect.
pub(crate) const RING_CODES: u32 = 4_096;
const SIZE: usize = RING_CODES as usize;
const WORDS: usize = SIZE / 64;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ring {
    #[serde(with = "fixed")]
    codes: Box<[u8; SIZE]>,
    #[serde(with = "fixed")]
    present: Box<[u64; WORDS]>,
}

impl Ring {
    pub(crate) fn new() -> Self {
        Self {
            codes: fixed::zeros(),
            present: fixed::zeros(),
        }
    }

    /// Stores a payload of at most `RING_CODES` bytes.
    pub(crate) fn put(&mut self, timestamp: u32, payload: &[u8]) {
        let at = place(timestamp);
        let (head, tail) = payload.split_at(payload.len().min(SIZE - at));
        self.codes[at..at + head.len()].copy_from_slice(head);
        self.codes[..tail.len()].copy_from_slice(tail);
        self.mark(timestamp, payload.len() as u32, true);
    }

    /// Returns the presence of the first code and the number of codes, at most `count`, that share
    /// the same presence.
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

    /// Returns `count` codes in at most two slices.
    pub(crate) fn read(&self, timestamp: u32, count: u32) -> [&[u8]; 2] {
        let (at, count) = (place(timestamp), count as usize);
        let head = count.min(SIZE - at);
        [&self.codes[at..at + head], &self.codes[..count - head]]
    }

    /// Discards `count` codes.
    pub(crate) fn clear(&mut self, timestamp: u32, count: u32) {
        self.mark(timestamp, count.min(RING_CODES), false);
    }

    /// Returns the presence bits from this code to the end of its word, this code's bit lowest.
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
    (timestamp % RING_CODES) as usize
}
