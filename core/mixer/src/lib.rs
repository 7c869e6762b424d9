//! Audio of one room: computes the public sum once and a mix-minus for each leg. The crate
//! processes audibility and samples. The rules behind the audibility, and packets, are handled
//! elsewhere.

mod beep;
mod limiter;
mod loudest;
mod mix;
mod room;

pub use beep::BeepSound;
pub use limiter::{TRANSPARENT, limit};
pub use mix::{FADE_MS, Heard};
pub use room::{Room, Seat};
