//! What arrived at a phone's RTP port, as it arrived, and a bound on how much is kept.

use confab_rtp::Header;
use confab_terms::{Codec, Instant};

/// Packets that a phone keeps: half an hour. What comes later is counted only.
pub const PACKETS_MAX: usize = 90_000;
/// Packets after which a decoder that began anew says what one would that heard all: half a second.
const LEAD_PACKETS: usize = 25;

/// One RTP packet that a phone received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// By the kernel's clock.
    pub arrived: Instant,
    /// 7 bits.
    pub payload_type: u8,
    /// What that means; `None` if it is no voice that was agreed on.
    pub codec: Option<Codec>,
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
    /// `None` if it is not RTP. A payload type that was not agreed on means what it always means.
    pub(crate) fn parse(
        arrived: Instant,
        bytes: &[u8],
        agreed: Option<(u8, Codec)>,
    ) -> Option<Self> {
        let (header, payload) = Header::parse(bytes).ok()?;
        let payload_type = header.payload_type;
        let agreed = agreed.filter(|(number, _)| *number == payload_type);
        let usual = Codec::ALL
            .into_iter()
            .find(|codec| codec.payload_type() == payload_type);
        Some(Self {
            arrived,
            payload_type,
            codec: agreed.map(|(_, codec)| codec).or(usual),
            marker: header.marker,
            sequence: header.sequence,
            timestamp: header.timestamp,
            ssrc: header.ssrc,
            payload: payload.into(),
        })
    }
}

/// All that a phone received.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    packets: Vec<Packet>,
    beyond: u64,
}

impl Tape {
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

    /// What an ear has to have heard to understand what arrived from `from` on.
    pub(crate) fn lead(&self, from: Instant) -> Vec<Packet> {
        let first = self
            .packets
            .iter()
            .position(|packet| from <= packet.arrived);
        let end = first.unwrap_or(self.packets.len());
        self.packets[end.saturating_sub(LEAD_PACKETS)..end].to_vec()
    }
}
