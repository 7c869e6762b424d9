//! A pressed key as RFC 4733 packets, for phones: one packet each 20 ms, then the end three times.

use confab_terms::Digit;
use serde::{Deserialize, Serialize};

/// Milliseconds between two packets.
const STEP_MS: u32 = 20;
/// RFC 4733 §2.5.1.4: the last packet is sent three times.
const ENDS: u8 = 3;

/// One press under way. Its packets take the place of voice; sequence numbers go on counting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigitSender {
    event: u8,
    timestamp: u32,
    step: u16,
    sent: u16,
    total: u16,
    ends: u8,
}

/// What goes into the next packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigitPacket {
    /// Set on the first one.
    pub marker: bool,
    /// The same for the whole press: when it began.
    pub timestamp: u32,
    /// The telephone event.
    pub payload: [u8; 4],
}

impl DigitSender {
    /// A press of so many milliseconds (40 at least, 8 s at most) that begins at `timestamp`, told
    /// by a clock of 8 kHz; `None` if there is no such key.
    #[must_use]
    pub fn new(digit: Digit, timestamp: u32, ms: u32) -> Option<Self> {
        Self::at(8_000, digit, timestamp, ms)
    }

    /// The same by another clock (RFC 4733 §2.4.1), 48 kHz at most: as long as 16 bits can say.
    #[must_use]
    pub fn at(clock_rate: u32, digit: Digit, timestamp: u32, ms: u32) -> Option<Self> {
        let event = "0123456789*#ABCD".find(digit.0.to_ascii_uppercase())?;
        let units = (clock_rate / 1_000).clamp(1, 48);
        let longest = (u32::from(u16::MAX) / units).min(8_000);
        Some(Self {
            event: event as u8,
            timestamp,
            step: (STEP_MS * units) as u16,
            sent: 0,
            total: (ms.clamp(40, longest) * units) as u16,
            ends: 0,
        })
    }

    /// The next packet, one each 20 ms; `None` once the press has been told.
    pub fn next_packet(&mut self) -> Option<DigitPacket> {
        if self.ends == ENDS {
            return None;
        }
        let marker = self.sent == 0;
        self.sent = self.sent.saturating_add(self.step).min(self.total);
        let end = self.sent == self.total;
        self.ends += u8::from(end);
        let [high, low] = self.sent.to_be_bytes();
        // A volume of −10 dBm0.
        let payload = [self.event, 10 | (u8::from(end) << 7), high, low];
        Some(DigitPacket {
            marker,
            timestamp: self.timestamp,
            payload,
        })
    }
}
