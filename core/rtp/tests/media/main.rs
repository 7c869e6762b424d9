//! Tests of the conversion from packets to samples and events.

#![allow(clippy::unwrap_used)]

mod digits;
mod jitter_conceal;
mod jitter_drift;
mod jitter_events;
mod jitter_owed;
mod jitter_weather;
mod jitter_wide;
mod reception;
mod sine;
#[path = "../sounds/mod.rs"]
mod sounds;
mod srtp;
mod weather;
mod wire;
