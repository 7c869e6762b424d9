//! Packets that arrived at a phone's RTP port, up to a limit.

use confab_rtp::Header;
use confab_terms::{Codec, Instant};

/// Maximum number of packets that a phone keeps: half an hour. Later packets are only counted.
pub const PACKETS_MAX: usize = 90_000;
/// Number of packets, half a second, after which a new decoder has the same output as one that
/// decoded all packets.
const LEAD_PACKETS: usize = 25;

/// RTP packet that a phone received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Time of arrival, by the kernel's clock.
    pub arrived: Instant,
    /// Payload type, 7 bits.
    pub payload_type: u8,
    /// Codec of the payload type; `None` if the packet carries no voice.
    pub codec: Option<Codec>,
    /// Marker bit.
    pub marker: bool,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp.
    pub timestamp: u32,
    /// SSRC of the stream.
    pub ssrc: u32,
    /// Payload.
    pub payload: Box<[u8]>,
}

impl Packet {
    /// Parses a packet; returns `None` if it is not RTP. A payload type that was not negotiated has
    /// its usual meaning.
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

/// All packets that a phone received.
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

    /// Returns the time of arrival of the last packet.
    pub(crate) fn last(&self) -> Instant {
        self.packets
            .last()
            .map_or(Instant(0), |packet| packet.arrived)
    }

    /// Returns the packets that arrived from `from` on and before `to`.
    pub(crate) fn between(&self, from: Instant, to: Instant) -> Vec<Packet> {
        let within = |packet: &&Packet| from <= packet.arrived && packet.arrived < to;
        self.packets.iter().filter(within).cloned().collect()
    }

    /// Returns the packets that a decoder needs before those that arrived from `from` on.
    pub(crate) fn lead(&self, from: Instant) -> Vec<Packet> {
        let first = self
            .packets
            .iter()
            .position(|packet| from <= packet.arrived);
        let end = first.unwrap_or(self.packets.len());
        self.packets[end.saturating_sub(LEAD_PACKETS)..end].to_vec()
    }
}
