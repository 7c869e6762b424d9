//! The audio of one room: sums once, gives each leg its mix-minus.
//! It knows who reaches whom and what they say; it does not know why, nor what a packet is.

mod beep;
mod limiter;
mod loudest;
mod mix;
mod room;

pub use beep::BeepSound;
pub use limiter::{TRANSPARENT, limit};
pub use mix::{FADE_MS, Heard};
pub use room::{Room, Seat};
