//! Flows from raw SIP datagrams to the mixed audio: phones on confab's own user agent, the real
//! media engine, a scripted application, and a simulated clock.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on is a test that fails"
)]

mod announcements;
mod call_events;
mod call_parameters;
mod call_updates;
mod defaults;
mod dialling;
mod digits;
mod documents;
mod documents_of_all_kinds;
mod durations;
mod endings;
mod harness;
mod held;
mod hosts;
mod identity;
mod late_offer;
mod late_values;
mod music;
mod outgoing;
mod participant_updates;
mod random_walk;
mod record_verb;
mod recording_callbacks;
mod recordings;
mod refusals;
mod releases;
mod reoffers;
mod replacing;
mod restarts;
mod restoring;
mod sequences;
mod shutdown;
mod srtp;
mod threads;
mod webhooks;
