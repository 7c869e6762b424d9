//! Tests of the engine through its interface: commands and packets in, packets and events out.

mod commands;
mod consent;
mod desk;
mod in_step;
mod keys;
mod life;
mod moving;
mod opus_limits;
mod origins;
mod players;
mod recordings;
mod reports;
mod returning;
mod rooms;
mod secrecy;
mod speech;
mod tones;
mod wide;
mod wide_sounds;
