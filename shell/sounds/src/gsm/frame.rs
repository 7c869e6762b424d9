//! Parameters of a frame (EN 300 961 §1.7, table 1.1), in the order in which they are packed.

/// Sub-frames of a frame.
pub(super) const SUBFRAMES: usize = 4;
/// Pulses in a sub-frame.
pub(super) const PULSES: usize = 13;
/// Bits of each reflection coefficient.
const LAR_BITS: [u32; 8] = [6, 6, 5, 5, 4, 4, 3, 3];
/// Bits in a frame without the mark.
const FRAME_BITS: usize = 260;
const MARK_BITS: usize = 4;

/// Coded parameters of 20 ms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    /// Logarithmic area ratios.
    pub(super) lar: [i16; 8],
    pub(super) subframes: [Subframe; SUBFRAMES],
}

/// Coded parameters of 5 ms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subframe {
    /// Lag of the long-term prediction.
    pub(super) lag: i16,
    /// Gain of the long-term prediction.
    pub(super) gain: usize,
    /// Position of the first pulse.
    pub(super) grid: usize,
    /// Block maximum of the pulses.
    pub(super) maximum: i16,
    pub(super) pulses: [i16; PULSES],
}

/// Reader of numbers from bytes, bit by bit.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// True if the first bit of a byte, and of a number, is the lowest.
    low_first: bool,
}

impl Bits<'_> {
    fn take(&mut self, bits: u32) -> i16 {
        let mut number = 0;
        for place in 0..bits {
            let byte = self.bytes.get(self.at / 8).copied().unwrap_or(0);
            let within = self.at % 8;
            self.at += 1;
            if self.low_first {
                number |= i16::from(byte >> within & 1) << place;
            } else {
                number = number << 1 | i16::from(byte >> (7 - within) & 1);
            }
        }
        number
    }
}

impl Frame {
    /// Parses a frame of 33 bytes.
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self::of(Bits {
            bytes,
            at: MARK_BITS,
            low_first: false,
        })
    }

    /// Parses two frames in 65 bytes.
    pub(super) fn read_pair(bytes: &[u8]) -> (Self, Self) {
        let at = |at| {
            Self::of(Bits {
                bytes,
                at,
                low_first: true,
            })
        };
        (at(0), at(FRAME_BITS))
    }

    fn of(mut bits: Bits<'_>) -> Self {
        let mut frame = Self::default();
        for (lar, count) in frame.lar.iter_mut().zip(LAR_BITS) {
            *lar = bits.take(count);
        }
        for subframe in &mut frame.subframes {
            subframe.lag = bits.take(7);
            subframe.gain = bits.take(2).unsigned_abs().into();
            subframe.grid = bits.take(2).unsigned_abs().into();
            subframe.maximum = bits.take(6);
            for pulse in &mut subframe.pulses {
                *pulse = bits.take(3);
            }
        }
        frame
    }
}
