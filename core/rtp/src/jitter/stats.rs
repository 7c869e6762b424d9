//! What a jitter buffer tells of itself: of each frame, and in sum. Figures only, no rules.

use serde::{Deserialize, Serialize};

/// What the samples of a pulled frame are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pulled {
    /// What the other side sent.
    Voice,
    /// At least in part made up, in place of what was lost or late.
    Concealed,
    /// The last of a voice that has paused, made to die down; nothing is missing.
    Fading,
    /// Zeros: nothing ever came, or nothing has for longer than concealment lasts.
    Silence,
}

/// Counted since the buffer began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JitterStats {
    /// Packets inserted, whatever became of them.
    pub received: u64,
    /// Packets that are missing from the sequence (those that came late are not).
    pub lost: u64,
    /// Packets whose frame had been pulled already, at least its beginning.
    pub late: u64,
    /// Frames pulled that were made up, at least in part; not those of what proved to be a pause.
    pub concealed: u64,
    /// Packets that had come before.
    pub duplicated: u64,
    /// Packets that came after a younger one.
    pub reordered: u64,
    /// Packets dropped as junk: a lone jump of sequence, timestamp or SSRC.
    pub strayed: u64,
    /// Times that the stream was taken up anew: a new SSRC, a jump of sequence or timestamp,
    /// a surplus dropped.
    pub resynchronised: u64,
    /// Times that the line showed to need more delay.
    pub grown: u64,
    /// Times that something was left out, so that the delay shrank.
    pub shrunk: u64,
    /// Times that voice was made shorter by a period of its own, a few milliseconds.
    pub shortened: u64,
    /// And longer.
    pub lengthened: u64,
    /// How much is buffered now, in milliseconds.
    pub depth_ms: u32,
}
