//! Analysis of the packets that a phone received: audible voices, levels, continuity. Pure
//! functions, independent of the state of the server.

mod continuity;
mod frame;
mod presence;
mod wav;

pub use continuity::{Continuity, continuity, phase_jumps};
pub(crate) use frame::frames_by;
pub use frame::{Frame, frames, level};
pub use presence::{OFF_LEVEL_DB, Presence, Sought, levels, off_level, presence, who_is_heard};
pub use wav::{samples_in_time, wav, wav_at};
