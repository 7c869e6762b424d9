//! A pressed key as RFC 4733 packets, for phones: one packet each 20 ms, then the end three times.

use confab_terms::Digit;
use serde::{Deserialize, Serialize};

/// Samples of the 8 kHz clock between two packets.
const STEP: u16 = 160;
/// RFC 4733 §2.5.1.4: the last packet is sent three times.
const ENDS: u8 = 3;

/// One press under way. Its packets take the place of voice; sequence numbers go on counting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigitSender {
    event: u8,
    timestamp: u32,
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
    /// A press of so many milliseconds (40 at least, 8 s at most) that begins at `timestamp`;
    /// `None` if there is no such key.
    #[must_use]
    pub fn new(digit: Digit, timestamp: u32, ms: u32) -> Option<Self> {
        let event = "0123456789*#ABCD".find(digit.0.to_ascii_uppercase())?;
        let total = (ms.clamp(40, 8_000) * 8) as u16;
        Some(Self {
            event: event as u8,
            timestamp,
            sent: 0,
            total,
            ends: 0,
        })
    }

    /// The next packet, one each 20 ms; `None` once the press has been told.
    pub fn next_packet(&mut self) -> Option<DigitPacket> {
        if self.ends == ENDS {
            return None;
        }
        let marker = self.sent == 0;
        self.sent = self.sent.saturating_add(STEP).min(self.total);
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
