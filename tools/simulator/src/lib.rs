//! Simulator of the whole core on one thread: a virtual clock, a virtual network with loss and
//! reordering, misbehaving phones, an unreliable application, and checkers after each input. A run
//! is determined by its seed.

mod act;
mod application;
mod audio;
mod books;
mod call_events;
mod calls;
mod carry_out;
mod clock;
mod close;
mod dialled;
mod dialling;
mod dice;
mod documents;
mod fetches;
mod fields;
mod former;
mod hearing;
mod holding;
mod holds;
mod hooks;
mod inbox;
mod microphone;
mod music;
mod network;
mod oracle;
mod outcome;
mod phone;
mod ports;
mod post;
mod pressed;
mod questions;
mod queue;
mod read_back;
mod recordings;
mod replies;
mod rest;
mod rows;
mod secrecy;
mod sounds;
mod stray;
mod streams;
mod tally;
mod thread;
mod trace;
mod voices;
mod weather;
mod webhooks;
mod wide;
mod world;

pub use outcome::{Options, Outcome};
pub use tally::{Kind, Tally};

/// Executes a run.
#[must_use]
pub fn run(seed: u64, options: Options) -> Outcome {
    world::World::new(seed, options).run()
}
