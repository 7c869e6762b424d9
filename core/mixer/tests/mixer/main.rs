//! Tests of the signal that each seat of a room hears.

mod loudest;
mod mix_minus;
mod room;
mod voice_limit;
