//! Receiver of DTMF digits as RFC 4733 telephone events. Each key press is reported once, at the
//! first packet that arrives, however many packets were sent or lost.

use confab_terms::Digit;
use serde::{Deserialize, Serialize};

use crate::Header;

const KEYS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D',
];

/// Maximum lag of a late packet behind a later press, in timestamp units: 30 s at 8 kHz, 5 s at 48
/// kHz. A packet further back belongs to a restarted count, as after a transfer.
const LATE_UNITS: u32 = 240_000;

/// State of the current or the last key press.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigitReceiver {
    last: Option<Press>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Press {
    ssrc: u32,
    event: u8,
    timestamp: u32,
    duration: u16,
    ended: bool,
}

impl DigitReceiver {
    /// Processes a packet of the agreed telephone-event payload type. Returns the digit if a new
    /// press began.
    pub fn receive(&mut self, header: &Header, payload: &[u8]) -> Option<Digit> {
        let event = payload.first_chunk::<4>()?;
        let key = *KEYS.get(usize::from(event[0]))?;
        let press = Press {
            ssrc: header.ssrc,
            event: event[0],
            timestamp: header.timestamp,
            duration: u16::from_be_bytes([event[2], event[3]]),
            ended: event[1] & 0x80 != 0,
        };
        match self.last.as_mut().filter(|last| last.ssrc == press.ssrc) {
            Some(last) if !last.is_new(&press) => {
                last.take(&press);
                None
            }
            _ => {
                self.last = Some(press);
                Some(Digit(key))
            }
        }
    }

    /// Returns the digit that is still pressed, according to the last packet received.
    #[must_use]
    pub fn held(&self) -> Option<Digit> {
        let press = self.last.filter(|press| !press.ended)?;
        Some(Digit(*KEYS.get(usize::from(press.event))?))
    }
}

impl Press {
    fn since(&self, later: &Self) -> u32 {
        later.timestamp.wrapping_sub(self.timestamp)
    }

    fn is_new(&self, other: &Self) -> bool {
        let since = self.since(other);
        let late = since == 0 || other.since(self) <= LATE_UNITS;
        !late && !self.goes_on_as(other)
    }

    /// Returns whether `other` continues a press too long for the duration field under a new
    /// timestamp (RFC 4733 §2.5.1.3).
    fn goes_on_as(&self, other: &Self) -> bool {
        !self.ended
            && self.event == other.event
            && self.duration >= 0xff00
            && self.since(other) >= u32::from(self.duration)
            && self.since(other) <= 0xffff + 800
    }

    fn take(&mut self, other: &Self) {
        match self.since(other) {
            0 if other.event == self.event => {
                self.duration = self.duration.max(other.duration);
                self.ended |= other.ended;
            }
            // A late packet of an earlier press is ignored.
            _ if other.since(self) <= LATE_UNITS => {}
            _ => *self = *other,
        }
    }
}
