//! Sets of RTP payload types.

use serde::{Deserialize, Serialize};

/// Maximum number of payload types of one content: those of an offer at both clock rates, and the
/// answer's.
const TYPES_MAX: usize = 4;
/// Marker of an unused entry.
const NONE: u8 = 0xff;

/// Small set of RTP payload types, 0 to 127.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadTypes([u8; TYPES_MAX]);

impl Default for PayloadTypes {
    fn default() -> Self {
        Self([NONE; TYPES_MAX])
    }
}

impl PayloadTypes {
    /// Returns whether the set holds the payload type.
    #[must_use]
    pub fn contains(self, payload_type: u8) -> bool {
        payload_type < 128 && self.0.contains(&payload_type)
    }

    /// Adds a payload type. Numbers above 127 are ignored, and all numbers once the set is full.
    pub fn insert(&mut self, payload_type: u8) {
        if payload_type < 128
            && !self.contains(payload_type)
            && let Some(free) = self.0.iter_mut().find(|number| **number == NONE)
        {
            *free = payload_type;
        }
    }
}

impl FromIterator<u8> for PayloadTypes {
    fn from_iter<I: IntoIterator<Item = u8>>(numbers: I) -> Self {
        let mut set = Self::default();
        numbers.into_iter().for_each(|number| set.insert(number));
        set
    }
}

/// Payload types that a peer may send, by content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedTypes {
    /// Voice in the agreed codec.
    pub voice: PayloadTypes,
    /// Digits (RFC 4733).
    pub digits: PayloadTypes,
    /// Comfort noise (RFC 3389).
    pub noise: PayloadTypes,
}

impl ReceivedTypes {
    /// Returns the types of a peer that sends by the same numbers as it receives.
    #[must_use]
    pub fn same(voice: u8, digits: Option<u8>, noise: Option<u8>) -> Self {
        Self {
            voice: PayloadTypes::from_iter([voice]),
            digits: digits.into_iter().collect(),
            noise: noise.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PayloadTypes;

    #[test]
    fn a_set_holds_the_numbers_that_were_added() {
        let set = PayloadTypes::from_iter([127, 0, 101, 128, 101, 255, 96, 97]);
        let held: Vec<u8> = (0..=255).filter(|number| set.contains(*number)).collect();
        assert_eq!(held, [0, 96, 101, 127]);
    }
}
