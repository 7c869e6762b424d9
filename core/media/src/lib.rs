//! What one media thread knows: legs, rooms and players. Commands in, packets out, one tick at a
//! time. It owns no socket and no clock, and a tick allocates nothing.

mod apply;
mod change;
mod command;
mod counters;
mod ear;
mod engine;
mod figures;
mod leg;
mod music;
mod origin;
mod outbox;
mod player;
mod receive;
mod report;
mod secrecy;
mod slab;
mod sound;
mod speech;
mod tick;

pub use command::{
    Background, Beep, BeepTone, Command, Component, Event, LegMedia, Output, Player, RoomChange,
    Source,
};
pub use counters::Counters;
pub use engine::{Engine, EngineConfig};
pub use figures::LegFigures;
