//! Statistics of a jitter buffer, per frame and in total.

use serde::{Deserialize, Serialize};

/// Origin of the samples of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pulled {
    /// Samples received from the peer.
    Voice,
    /// At least partly concealment of lost or late packets.
    Concealed,
    /// Fading end of a voice that has paused; no packets are missing.
    Fading,
    /// Zeros: no packet arrived yet, or none for longer than concealment lasts.
    Silence,
}

/// Counters since the creation of the buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JitterStats {
    /// Packets inserted, with any result.
    pub received: u64,
    /// Packets missing from the sequence; late packets are not counted.
    pub lost: u64,
    /// Packets that arrived after at least the beginning of their frame was played.
    pub late: u64,
    /// Frames concealed at least in part, without those of a gap that proved to be a pause.
    pub concealed: u64,
    /// Packets received more than once.
    pub duplicated: u64,
    /// Packets received after a newer one.
    pub reordered: u64,
    /// Packets dropped as junk: an invalid payload, or a single jump of sequence, timestamp or
    /// SSRC.
    pub strayed: u64,
    /// Restarts of the stream: a new SSRC, a jump of sequence or timestamp, or a dropped surplus.
    pub resynchronised: u64,
    /// Number of times that the line needed more delay.
    pub grown: u64,
    /// Number of times that samples were skipped to reduce the delay.
    pub shrunk: u64,
    /// Number of times that voice was shortened by one pitch period, a few milliseconds.
    pub shortened: u64,
    /// Number of times that voice was lengthened by one pitch period.
    pub lengthened: u64,
    /// Buffered duration in milliseconds.
    pub depth_ms: u32,
}
