//! What one media thread knows: legs, rooms and players. Commands in, packets out, one tick at a
//! time. It owns no socket and no clock, and a tick allocates nothing.

mod command;

pub use command::{
    Background, Beep, BeepTone, Command, Component, Event, LegMedia, Output, Player, RoomChange,
    Source,
};
