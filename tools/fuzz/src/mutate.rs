//! Almost valid inputs derived from a seed: bits flipped; bytes inserted, removed or repeated;
//! words of the grammar; pieces of other inputs. Not guided by coverage, unlike `cargo xtask fuzz`.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// Generator of inputs; equal seeds give equal inputs.
#[derive(Debug)]
pub struct Mutator {
    random: ChaCha20Rng,
    corpus: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    bytes_max: usize,
}

impl Mutator {
    /// Creates a generator from initial inputs and the words of their grammar.
    #[must_use]
    pub fn new(seed: u64, corpus: Vec<Vec<u8>>, words: Vec<Vec<u8>>, bytes_max: usize) -> Self {
        Self {
            random: ChaCha20Rng::seed_from_u64(seed),
            corpus,
            words,
            bytes_max,
        }
    }

    /// Returns the next input.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut bytes = self.any_of_corpus();
        for _ in 0..=self.below(6) {
            self.change(&mut bytes);
        }
        bytes.truncate(self.bytes_max);
        bytes
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.random.next_u32() as usize) % limit.max(1)
    }

    fn any_of_corpus(&mut self) -> Vec<u8> {
        let n = self.below(self.corpus.len());
        self.corpus.get(n).cloned().unwrap_or_default()
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        let length = 1 + self.below(16);
        let end = (at + length).min(bytes.len());
        match self.below(8) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << (length % 8);
                }
            }
            1 => {
                let any = self.random.next_u32() as u8;
                bytes.insert(at, any);
            }
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again.repeat(1 + length % 4));
            }
            4 => {
                let n = self.below(self.words.len());
                let word = self.words.get(n).cloned().unwrap_or_default();
                bytes.splice(at..at, word);
            }
            5 => {
                // Makes numbers very large.
                let much = [0xff, 0x7f, 0x80, 0, b'9', b'-'][length % 6];
                bytes[at..end].fill(much);
            }
            6 => {
                let other = self.any_of_corpus();
                let from = self.below(other.len() + 1);
                let until = (from + 8 * length).min(other.len());
                bytes.splice(at..at, other[from..until].iter().copied());
            }
            _ => bytes.truncate(at),
        }
    }
}

/// Parses a line of a dictionary: `"word"` or `name="word"`, with `\\`, `\"` and `\xNN`.
pub(crate) fn word(line: &str) -> Option<Vec<u8>> {
    let quoted = line.trim().split_once('"')?.1.strip_suffix('"')?;
    let mut word = Vec::new();
    let mut bytes = quoted.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            word.push(byte);
            continue;
        }
        match bytes.next()? {
            b'x' => {
                let hex = [bytes.next()?, bytes.next()?];
                let hex = core::str::from_utf8(&hex).ok()?;
                word.push(u8::from_str_radix(hex, 16).ok()?);
            }
            escaped => word.push(escaped),
        }
    }
    Some(word)
}
