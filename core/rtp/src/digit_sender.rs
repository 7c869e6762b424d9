//! Sender of a DTMF digit as RFC 4733 packets: one packet every 20 ms, the last one three times.

use confab_terms::Digit;
use serde::{Deserialize, Serialize};

/// Interval between two packets, in milliseconds.
const STEP_MS: u32 = 20;
/// Number of transmissions of the last packet (RFC 4733 §2.5.1.4).
const ENDS: u8 = 3;

/// Key press being sent. Its packets replace voice; sequence numbers continue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigitSender {
    event: u8,
    timestamp: u32,
    step: u16,
    sent: u16,
    total: u16,
    ends: u8,
}

/// Contents of the next packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigitPacket {
    /// Marker bit; set in the first packet of a press.
    pub marker: bool,
    /// Timestamp of the beginning of the press, the same in all its packets.
    pub timestamp: u32,
    /// Telephone event payload (RFC 4733 §2.3).
    pub payload: [u8; 4],
}

impl DigitSender {
    /// Creates a press of `ms` milliseconds, clamped to 40 ms to 8 s, that begins at `timestamp` of
    /// an 8 kHz clock. Returns `None` if `digit` is not a DTMF digit.
    #[must_use]
    pub fn new(digit: Digit, timestamp: u32, ms: u32) -> Option<Self> {
        Self::at(8_000, digit, timestamp, ms)
    }

    /// Creates a press with another clock rate (RFC 4733 §2.4.1), at most 48 kHz. The duration is
    /// limited to 16 bits of timestamp units.
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

    /// Returns the next packet, one every 20 ms; `None` after the last one.
    pub fn next_packet(&mut self) -> Option<DigitPacket> {
        if self.ends == ENDS {
            return None;
        }
        let marker = self.sent == 0;
        self.sent = self.sent.saturating_add(self.step).min(self.total);
        let end = self.sent == self.total;
        self.ends += u8::from(end);
        let [high, low] = self.sent.to_be_bytes();
        // The volume is −10 dBm0.
        let payload = [self.event, 10 | (u8::from(end) << 7), high, low];
        Some(DigitPacket {
            marker,
            timestamp: self.timestamp,
            payload,
        })
    }
}
