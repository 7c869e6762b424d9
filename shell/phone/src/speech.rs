//! Outgoing RTP stream of a phone: audio, and DTMF digits in between.

use std::collections::VecDeque;

use confab_codec::{Encoder, OpusSettings, PAYLOAD_BYTES_MAX};
use confab_rtp::{DigitPacket, DigitSender, HEADER_BYTES, Header};
use confab_terms::{Codec, Digit, Rate};

use crate::voice::{Mouth, Voice};

/// Duration of a digit, in milliseconds.
const DIGIT_MS: u32 = 100;
/// Maximum number of queued digits.
const DIGITS_MAX: usize = 64;

/// Coding of the stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Coding {
    pub(crate) codec: Codec,
    pub(crate) payload_type: u8,
    /// Payload type and clock rate of digits.
    pub(crate) digits: Option<(u8, u32)>,
}

/// Outgoing RTP stream of a phone.
#[derive(Debug)]
pub(crate) struct Speech {
    mouth: Mouth,
    encoder: Encoder,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    spoke: bool,
    waiting: VecDeque<Digit>,
    pressed: Option<DigitSender>,
    packet: [u8; HEADER_BYTES + PAYLOAD_BYTES_MAX],
}

impl Speech {
    pub(crate) fn new(voice: Voice, seed: &[u8; 32]) -> Self {
        let word =
            |at: usize| u32::from_be_bytes([seed[at], seed[at + 1], seed[at + 2], seed[at + 3]]);
        Self {
            mouth: Mouth::new(voice),
            encoder: Encoder::new(Codec::Pcmu, OpusSettings::default()),
            ssrc: word(0),
            sequence: (word(4) >> 16) as u16,
            timestamp: word(8),
            spoke: false,
            waiting: VecDeque::new(),
            pressed: None,
            packet: [0; HEADER_BYTES + PAYLOAD_BYTES_MAX],
        }
    }

    pub(crate) fn say(&mut self, voice: Voice) {
        self.mouth = Mouth::new(voice);
    }

    pub(crate) fn press(&mut self, digits: &[Digit]) {
        let room = DIGITS_MAX.saturating_sub(self.waiting.len());
        self.waiting.extend(digits.iter().take(room));
    }

    /// Returns the packet of the next 20 ms, if any. The timestamp advances in either case.
    pub(crate) fn next(&mut self, coding: Coding) -> Option<&[u8]> {
        let codec = coding.codec;
        if self.encoder.codec() != codec {
            self.encoder = Encoder::new(codec, OpusSettings::default());
        }
        let timestamp = self.timestamp;
        self.timestamp = timestamp.wrapping_add(codec.frame_units());
        let mut frame = [0; Rate::Hz48000.frame_samples()];
        let frame = &mut frame[..codec.rate().frame_samples()];
        let speaks = self.mouth.speak(codec.rate(), frame);
        if let Some((payload_type, clock_rate)) = coding.digits
            && let Some(digit) = self.digit(timestamp, clock_rate)
        {
            let DigitPacket {
                marker,
                timestamp,
                payload,
            } = digit;
            return Some(self.write(payload_type, marker, timestamp, &payload));
        }
        if !speaks {
            self.spoke = false;
            return None;
        }
        let mut payload = [0; PAYLOAD_BYTES_MAX];
        let length = self.encoder.encode(frame, &mut payload);
        let marker = !self.spoke;
        self.spoke = true;
        Some(self.write(coding.payload_type, marker, timestamp, &payload[..length]))
    }

    /// Returns the next packet of the current digit, or of the next queued one.
    fn digit(&mut self, timestamp: u32, clock_rate: u32) -> Option<DigitPacket> {
        loop {
            if let Some(packet) = self.pressed.as_mut().and_then(DigitSender::next_packet) {
                return Some(packet);
            }
            let digit = self.waiting.pop_front()?;
            self.pressed = DigitSender::at(clock_rate, digit, timestamp, DIGIT_MS);
        }
    }

    fn write(&mut self, payload_type: u8, marker: bool, timestamp: u32, payload: &[u8]) -> &[u8] {
        let header = Header {
            payload_type,
            marker,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
        };
        self.sequence = self.sequence.wrapping_add(1);
        header.write(&mut self.packet);
        let length = HEADER_BYTES + payload.len();
        self.packet[HEADER_BYTES..length].copy_from_slice(payload);
        &self.packet[..length]
    }
}
