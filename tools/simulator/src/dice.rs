//! Random numbers derived from the seed. Each purpose has a stream of its own, so that an
//! additional draw in one stream does not change another.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// Purpose of a stream of random numbers.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Script = 1,
    Network = 2,
    Voice = 3,
    Application = 4,
    Media = 5,
    Restoring = 6,
    Switchboard = 7,
    Phones = 8,
    Hooks = 9,
    Ringing = 10,
    Ports = 11,
}

pub(crate) struct Dice(ChaCha20Rng);

impl Dice {
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        Self(ChaCha20Rng::from_seed(key(seed, purpose as u64)))
    }

    /// Returns a number from 0 up to, but not including, `n`.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    pub(crate) fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }

    /// Returns a number between `from` and `to`, both included.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }

    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        per_mille > 0 && self.below(1_000) < per_mille
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.chance(500)
    }

    pub(crate) fn maybe<T>(
        &mut self,
        per_mille: u64,
        thing: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        self.chance(per_mille).then(|| thing(self))
    }

    /// Returns one of the elements with equal probability; `None` for an empty slice.
    pub(crate) fn pick<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        if things.is_empty() {
            return None;
        }
        things.get(self.index(things.len()))
    }

    /// Returns an index with a probability proportional to its weight.
    pub(crate) fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum::<u64>().max(1));
        for (at, weight) in weights.iter().enumerate() {
            if left < *weight {
                return at;
            }
            left -= weight;
        }
        0
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    pub(crate) fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// Derives a 256-bit seed for a generator.
pub(crate) fn key(seed: u64, stream: u64) -> [u8; 32] {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(&stream.to_le_bytes());
    key
}
