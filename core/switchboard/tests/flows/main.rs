//! Flows from raw SIP datagrams to the mixed audio: phones on confab's own user agent, the real
//! media engine, a scripted application, and a simulated clock.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on is a test that fails"
)]

mod announcements;
mod call_events;
mod call_parameters;
mod calls;
mod dialling;
mod digits;
mod documents;
mod documents_of_all_kinds;
mod durations;
mod endings;
mod held;
mod holding;
mod hosts;
mod identity;
mod late;
mod measured;
mod music;
mod operator;
mod outgoing;
mod record_verb;
mod recording_callbacks;
mod recordings;
mod refusals;
mod releases;
mod replacing;
mod restarts;
mod restoring;
mod secrecy;
mod sequences;
mod shutdown;
mod threads;
mod updates;
mod walking;
mod webhooks;
mod world;
