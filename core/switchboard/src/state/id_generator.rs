//! Generation of ids: random sids from the seed, other ids from a counter.

use confab_sdp::OurSrtp;
use confab_terms::{
    CallSid, ConferenceSid, DecodeId, FetchId, LegId, MasterKey, PlayerId, RecordingSid, RoomId,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

/// Generator of unique ids.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct IdGenerator {
    random: ChaCha20Rng,
    counted: u64,
}

impl IdGenerator {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self {
            random: ChaCha20Rng::from_seed(seed),
            counted: 0,
        }
    }

    pub(crate) fn random_u64(&mut self) -> u64 {
        self.random.next_u64()
    }

    pub(crate) fn random_u32(&mut self) -> u32 {
        self.random.next_u32()
    }

    pub(crate) fn random_u16(&mut self) -> u16 {
        (self.random.next_u32() >> 16) as u16
    }

    /// Returns fresh SRTP master keys.
    pub(crate) fn srtp(&mut self, required: bool) -> OurSrtp {
        OurSrtp {
            required,
            gcm: self.master_key(),
            counter_mode: self.master_key(),
        }
    }

    fn master_key(&mut self) -> MasterKey {
        let mut key = [0; MasterKey::BYTES];
        self.random.fill_bytes(&mut key);
        MasterKey::new(key)
    }

    pub(crate) fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.random.fill_bytes(&mut seed);
        seed
    }

    fn random_u128(&mut self) -> u128 {
        u128::from(self.random.next_u64()) << 64 | u128::from(self.random.next_u64())
    }

    pub(crate) fn call(&mut self) -> CallSid {
        CallSid::from_random(self.random_u128())
    }

    pub(crate) fn conference(&mut self) -> ConferenceSid {
        ConferenceSid::from_random(self.random_u128())
    }

    pub(crate) fn recording(&mut self) -> RecordingSid {
        RecordingSid::from_random(self.random_u128())
    }

    pub(crate) fn leg(&mut self) -> LegId {
        LegId(self.count())
    }

    pub(crate) fn room(&mut self) -> RoomId {
        RoomId(self.count())
    }

    pub(crate) fn player(&mut self) -> PlayerId {
        PlayerId(self.count())
    }

    pub(crate) fn fetch(&mut self) -> FetchId {
        FetchId(self.count())
    }

    pub(crate) fn decode(&mut self) -> DecodeId {
        DecodeId(self.count())
    }

    /// Returns the next number of the counter, for ids without a type.
    pub(crate) fn count(&mut self) -> u64 {
        self.counted += 1;
        self.counted
    }
}
