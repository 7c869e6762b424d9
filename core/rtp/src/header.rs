//! Fixed header of RTP (RFC 3550 §5.1): parsing and writing. Payloads and the assignment of packets
//! to legs are handled elsewhere.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Length in bytes of the header that [`Header::write`] writes: no CSRC, no extension.
pub const HEADER_BYTES: usize = 12;

/// Fields of the fixed RTP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Payload type, one of the agreed formats; 7 bits.
    pub payload_type: u8,
    /// Marker bit. For voice: the first packet after a pause (RFC 3551 §4.1).
    pub marker: bool,
    /// Sequence number; counts packets.
    pub sequence: u16,
    /// Timestamp; counts samples.
    pub timestamp: u32,
    /// Identifier of the stream.
    pub ssrc: u32,
}

/// Reasons for which a packet is not RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRtp {
    /// The packet is shorter than its headers.
    TooShort,
    /// The version is not 2 (STUN, DTLS or junk).
    WrongVersion,
    /// The payload type denotes RTCP (RFC 5761 §4): 64 to 95.
    Rtcp,
    /// The padding is longer than the payload, or announced with a length of zero.
    WrongPadding,
}

impl fmt::Display for NotRtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "shorter than its headers",
            Self::WrongVersion => "not version 2 of RTP",
            Self::Rtcp => "RTCP, not RTP",
            Self::WrongPadding => "padding that does not fit",
        })
    }
}

impl core::error::Error for NotRtp {}

impl Header {
    /// Parses a packet. Returns the header and the payload without CSRCs, extension and padding.
    pub fn parse(packet: &[u8]) -> Result<(Self, &[u8]), NotRtp> {
        let (fixed, mut rest) = packet
            .split_first_chunk::<HEADER_BYTES>()
            .ok_or(NotRtp::TooShort)?;
        if fixed[0] >> 6 != 2 {
            return Err(NotRtp::WrongVersion);
        }
        let payload_type = fixed[1] & 0x7f;
        if (64..96).contains(&payload_type) {
            return Err(NotRtp::Rtcp);
        }
        let csrcs = usize::from(fixed[0] & 0x0f);
        rest = rest.get(csrcs * 4..).ok_or(NotRtp::TooShort)?;
        if fixed[0] & 0x10 != 0 {
            let (head, after) = rest.split_first_chunk::<4>().ok_or(NotRtp::TooShort)?;
            let words = usize::from(u16::from_be_bytes([head[2], head[3]]));
            rest = after.get(words * 4..).ok_or(NotRtp::TooShort)?;
        }
        if fixed[0] & 0x20 != 0 {
            let padding = usize::from(*rest.last().ok_or(NotRtp::WrongPadding)?);
            if padding == 0 || padding > rest.len() {
                return Err(NotRtp::WrongPadding);
            }
            rest = &rest[..rest.len() - padding];
        }
        let header = Self {
            payload_type,
            marker: fixed[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
        };
        Ok((header, rest))
    }

    /// Writes the header to the start of `out`. Returns the number of bytes written: 12, or 0 if
    /// `out` is too short.
    pub fn write(&self, out: &mut [u8]) -> usize {
        let Some(out) = out.first_chunk_mut::<HEADER_BYTES>() else {
            return 0;
        };
        out[0] = 0x80;
        out[1] = (self.payload_type & 0x7f) | (u8::from(self.marker) << 7);
        out[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        out[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        out[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        HEADER_BYTES
    }
}
