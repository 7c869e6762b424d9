//! What an engine counts of the faults of the world, for metrics. Nothing is decided by it.

use serde::{Deserialize, Serialize};

/// Since the engine began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// RTP packets taken.
    pub rtp_in: u64,
    /// RTP packets sent.
    pub rtp_out: u64,
    /// RTCP packets taken.
    pub rtcp_in: u64,
    /// RTCP packets sent.
    pub rtcp_out: u64,
    /// Packets for a leg that is not here, or has agreed on nothing yet.
    pub no_such_leg: u64,
    /// Packets from an address that is not the peer's.
    pub foreign_source: u64,
    /// Packets that are not what the leg's SRTP key makes of them, or came before.
    pub unauthentic: u64,
    /// Packets that are neither RTP nor RTCP.
    pub malformed: u64,
    /// RTP packets of a payload type that was not agreed.
    pub foreign_payload_type: u64,
    /// RTP packets that were missing when a later one came.
    pub missing: u64,
    /// Those of them that came after all.
    pub overtaken: u64,
    /// Frames made up because a packet was not there in time.
    pub concealed: u64,
    /// Ticks in which a player had run out of what it plays.
    pub dry: u64,
    /// Chunks of sound for a player that no longer wants them.
    pub stale_chunks: u64,
    /// Commands for a room or a leg that is not here.
    pub stale_commands: u64,
    /// Ticks left out because the thread came far too late.
    pub skipped_ticks: u64,
    /// Outputs lost because nobody polled.
    pub lost_outputs: u64,
}
