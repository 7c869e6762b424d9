//! Sent RTP stream of a leg: its numbers, its clock, its counts.

use confab_rtp::Header;
use confab_terms::Codec;
use serde::{Deserialize, Serialize};

/// Sent RTP stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// True if the next packet is the first, or the first after a pause.
    starts: bool,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
    /// Number of packets of earlier streams that this stream has replaced.
    pub(crate) earlier: u64,
    pub(crate) cname: String,
}

impl Stream {
    pub(crate) fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        Self {
            ssrc,
            sequence,
            timestamp,
            starts: true,
            packets: 0,
            octets: 0,
            earlier: 0,
            cname: format!("{ssrc:08x}@confab"),
        }
    }

    /// Returns the header of the next packet, and counts the packet as sent.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a frame is a few hundred bytes"
    )]
    pub(crate) fn next(&mut self, payload_type: u8, octets: usize) -> Header {
        let header = Header {
            payload_type,
            marker: core::mem::take(&mut self.starts),
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(octets as u32);
        header
    }

    /// Advances the timestamp by a tick, with or without a packet.
    pub(crate) fn advance(&mut self, codec: Codec) {
        self.skip(1, codec);
    }

    /// Advances the timestamp by skipped ticks; the sequence numbers have no gap.
    pub(crate) fn skip(&mut self, ticks: u32, codec: Codec) {
        if self.packets > 0 {
            let units = ticks.wrapping_mul(codec.frame_units());
            self.timestamp = self.timestamp.wrapping_add(units);
        }
    }

    /// Returns the timestamp of the next sample.
    pub(crate) fn timestamp(&self) -> u32 {
        self.timestamp
    }

    /// Starts another stream of the same source: clock and CNAME remain. The first sequence number
    /// is below 2^15, as for any stream that may be encrypted.
    pub(crate) fn begin_anew(&mut self) {
        self.ssrc = another(self.ssrc);
        self.sequence &= 0x7fff;
        self.earlier += u64::from(self.packets);
        (self.packets, self.octets) = (0, 0);
        self.starts = true;
    }

    pub(crate) fn pause(&mut self) {
        self.starts = true;
    }
}

/// Returns a different SSRC: each bit of the input changes each bit with a probability of one half.
fn another(ssrc: u32) -> u32 {
    let mut bits = ssrc.wrapping_add(0x9e37_79b9);
    for factor in [0x7feb_352d_u32, 0x846c_a68b] {
        bits = (bits ^ bits >> 16).wrapping_mul(factor);
    }
    bits ^ bits >> 16
}
