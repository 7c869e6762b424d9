//! What arrived at a phone's RTP port, as it arrived, and a bound on how much is kept.

use confab_rtp::Header;
use confab_terms::{Codec, Instant};

/// Packets that a phone keeps: half an hour. What comes later is counted only.
pub const PACKETS_MAX: usize = 90_000;

/// One RTP packet that a phone received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// By the kernel's clock.
    pub arrived: Instant,
    /// 7 bits.
    pub payload_type: u8,
    /// The marker bit.
    pub marker: bool,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp.
    pub timestamp: u32,
    /// Which stream.
    pub ssrc: u32,
    /// What it carries.
    pub payload: Box<[u8]>,
}

impl Packet {
    /// `None` if it is not RTP.
    pub(crate) fn parse(arrived: Instant, bytes: &[u8]) -> Option<Self> {
        let (header, payload) = Header::parse(bytes).ok()?;
        Some(Self {
            arrived,
            payload_type: header.payload_type,
            marker: header.marker,
            sequence: header.sequence,
            timestamp: header.timestamp,
            ssrc: header.ssrc,
            payload: payload.into(),
        })
    }

    /// Its samples; `None` if it carries no voice that a phone knows.
    #[must_use]
    pub fn decode(&self) -> Option<Vec<i16>> {
        let codec = [Codec::Pcmu, Codec::Pcma]
            .into_iter()
            .find(|codec| codec.payload_type() == self.payload_type)?;
        let mut samples = vec![0; self.payload.len()];
        confab_codec::decode(codec, &self.payload, &mut samples);
        Some(samples)
    }
}

/// All that a phone received.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    packets: Vec<Packet>,
    beyond: u64,
}

impl Ear {
    pub(crate) fn keep(&mut self, packet: Packet) {
        if self.packets.len() < PACKETS_MAX {
            self.packets.push(packet);
        } else {
            self.beyond += 1;
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.packets.len() as u64 + self.beyond
    }

    /// When the last one arrived.
    pub(crate) fn last(&self) -> Instant {
        self.packets
            .last()
            .map_or(Instant(0), |packet| packet.arrived)
    }

    /// What arrived from `from` on and before `to`.
    pub(crate) fn between(&self, from: Instant, to: Instant) -> Vec<Packet> {
        let within = |packet: &&Packet| from <= packet.arrived && packet.arrived < to;
        self.packets.iter().filter(within).cloned().collect()
    }
}
