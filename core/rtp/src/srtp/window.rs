//! Replay window (RFC 3711 §3.3.1, §3.3.2): the highest index, the 128 indices up to it, and the
//! index of a sequence number.

use serde::{Deserialize, Serialize};

/// Number of indices up to the highest that the window distinguishes. The RFC requires 64; at 20 ms
/// per packet, 128 are two and a half seconds.
const BITS: u64 = 128;

/// Received indices of one stream under one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    /// Highest index; `None` before the first packet.
    top: Option<u64>,
    /// Bit n: the index n below the highest was received.
    came: u128,
}

impl Window {
    /// Returns the index of a sequence number, with the rollover count that is nearest to the
    /// highest index. Returns `None` before index 0 and after index 2^48 − 1.
    pub(super) fn index_of(&self, sequence: u16) -> Option<u64> {
        let Some(top) = self.top else {
            return Some(u64::from(sequence));
        };
        let (rollovers, last) = (top >> 16, i32::from(low(top)));
        let ahead = i32::from(sequence) - last;
        let rollovers = match last {
            ..0x8000 if ahead > 0x8000 => rollovers.checked_sub(1)?,
            0x8000.. if ahead < -0x8000 => rollovers + 1,
            _ => rollovers,
        };
        let index = rollovers << 16 | u64::from(sequence);
        (rollovers <= u64::from(u32::MAX)).then_some(index)
    }

    /// Returns whether an index was not received yet and is inside the window.
    pub(super) fn is_new(&self, index: u64) -> bool {
        let Some(top) = self.top else { return true };
        match top.checked_sub(index) {
            None => true,
            Some(below) => below < BITS && self.came >> below & 1 == 0,
        }
    }

    /// Notes the index of an authenticated packet.
    pub(super) fn note(&mut self, index: u64) {
        let Some(top) = self.top else {
            (self.top, self.came) = (Some(index), 1);
            return;
        };
        if let Some(below) = top.checked_sub(index) {
            self.came |= 1_u128.checked_shl(shift(below)).unwrap_or(0);
        } else {
            let up = index - top;
            self.came = self.came.checked_shl(shift(up)).unwrap_or(0) | 1;
            self.top = Some(index);
        }
    }
}

fn shift(places: u64) -> u32 {
    u32::try_from(places).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are meant")]
fn low(index: u64) -> u16 {
    index as u16
}

#[cfg(test)]
mod tests {
    use super::Window;

    fn at(top: u64) -> Window {
        let mut window = Window::default();
        window.note(top);
        window
    }

    #[test]
    fn nearest_index_is_chosen() {
        let index = |top, sequence| at(top).index_of(sequence);
        assert_eq!(Window::default().index_of(65_535), Some(65_535));
        assert_eq!(index(65_535, 0), Some(65_536));
        assert_eq!(index(65_000, 10), Some(65_546));
        assert_eq!(index(65_546, 65_000), Some(65_000));
        assert_eq!(index(0x1_8000, 0x8001), Some(0x1_8001));
        assert_eq!(index(0x1_8000, 0x7fff), Some(0x1_7fff));
        // An index below 0 does not exist.
        assert_eq!(index(3, 65_535), None);
        // After 2^48 packets a key is used up.
        assert_eq!(index((1 << 48) - 1, 0), None);
    }

    #[test]
    fn rejects_received_and_too_old_indexes() {
        let mut window = at(1_000);
        assert!(!window.is_new(1_000) && window.is_new(999) && window.is_new(1_001));
        assert!(window.is_new(873) && !window.is_new(872));
        window.note(873);
        assert!(!window.is_new(873));
        window.note(1_001);
        assert!(!window.is_new(1_000) && !window.is_new(873));
        window.note(5_000);
        assert!(window.is_new(4_999) && !window.is_new(1_001));
    }
}
