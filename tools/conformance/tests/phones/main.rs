//! Phones of this project and of others with the release binary: audibility is measured in the RTP
//! that arrived at each phone.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod attacks;
mod audio;
mod bad_values;
mod codecs;
mod consent;
mod digits;
mod flood;
mod former_callers;
mod held;
mod leftovers;
mod log;
mod lossy;
mod matrix;
mod media;
mod messages;
mod moved;
mod names;
mod nat;
mod others;
mod outages;
mod outbox;
mod radio;
mod recording_orders;
mod recordings;
mod replacing;
mod restarts;
mod rust_stack;
mod scenarios;
mod secure;
mod silent;
mod soak;
mod start_and_stop;
mod threads;
mod transports;
mod trunks;
mod watchdog;
mod web_documents;
mod whisper;
