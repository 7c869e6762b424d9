//! Counters of an engine, for metrics only.

use serde::{Deserialize, Serialize};

/// Counts since the engine was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// RTP packets received and used.
    pub rtp_in: u64,
    /// RTP packets sent.
    pub rtp_out: u64,
    /// RTCP packets received and used.
    pub rtcp_in: u64,
    /// RTCP packets sent.
    pub rtcp_out: u64,
    /// Packets for an unknown leg, or for a leg without an agreement.
    pub no_such_leg: u64,
    /// Packets from an address other than the peer's.
    pub foreign_source: u64,
    /// Packets that failed SRTP authentication, or were replayed.
    pub unauthentic: u64,
    /// Packets that are neither RTP nor RTCP.
    pub malformed: u64,
    /// RTP packets of a payload type that was not agreed.
    pub foreign_payload_type: u64,
    /// RTP packets missing when a later packet arrived.
    pub missing: u64,
    /// Missing packets that arrived afterwards.
    pub overtaken: u64,
    /// Frames concealed because a packet did not arrive in time.
    pub concealed: u64,
    /// Ticks in which a player had no audio.
    pub dry: u64,
    /// Chunks of sound for a player that no longer needs them.
    pub stale_chunks: u64,
    /// Commands for an unknown room or leg.
    pub stale_commands: u64,
    /// Ticks skipped because the thread was far too late.
    pub skipped_ticks: u64,
    /// Outputs lost because `poll_output` was not called.
    pub lost_outputs: u64,
}
