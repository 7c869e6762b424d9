//! Sets of RTP payload types.

use serde::{Deserialize, Serialize};

/// Set of RTP payload types, 0 to 127.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadTypes(u128);

impl PayloadTypes {
    /// Returns whether the set holds the payload type.
    #[must_use]
    pub const fn contains(self, payload_type: u8) -> bool {
        payload_type < 128 && self.0 >> payload_type & 1 == 1
    }

    /// Adds a payload type; a number above 127 is ignored.
    pub fn insert(&mut self, payload_type: u8) {
        self.0 |= 1_u128.checked_shl(payload_type.into()).unwrap_or(0);
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
        let set = PayloadTypes::from_iter([0, 101, 127, 128, 255]);
        let held: Vec<u8> = (0..=255).filter(|number| set.contains(*number)).collect();
        assert_eq!(held, [0, 101, 127]);
    }
}
