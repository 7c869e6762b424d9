//! Media engine: legs, rooms and players of a media thread. Commands and packets in, packets and
//! events out, a tick at a time. The engine has no socket and no clock, and a tick allocates
//! nothing.

mod apply;
mod beep;
mod change;
mod coding;
mod command;
mod consent;
mod counters;
mod ear;
mod engine;
mod figures;
mod half_band;
mod keys;
mod leg;
mod mouth;
mod moving;
mod music;
mod opening;
mod origin;
mod outbox;
mod peer_reports;
mod player;
mod pressed;
mod rates;
mod receive;
mod record;
mod report;
mod scratch;
mod secrecy;
mod shared;
mod slab;
mod sound;
mod speech;
mod stream;
mod tape;
mod tick;
mod ways;

pub use command::{
    Background, Beep, BeepTone, Chunk, Command, Component, Event, Key, LegMedia, Output, Player,
    Recorded, RoomChange, Source,
};
pub use counters::Counters;
pub use engine::{Engine, EngineConfig};
pub use figures::LegFigures;
pub use moving::MovedLeg;
pub use music::prepare_music;
pub use opening::{Opened, Openings, PairSource};
pub use peer_reports::Spread;
