//! The rules as scripts: lines are inputs, effects are outputs. Each test is named after a row of
//! the semantics; `UPDATE_EXPECT=1` writes the output, for review.

#![allow(clippy::unwrap_used)]

mod announcements;
mod audibility;
mod beeps;
mod coaching;
mod coaching_targets;
mod dialects;
mod hold;
mod lifecycle;
mod names_and_labels;
mod recording;
mod replaces;
mod script;
mod speech_events;
mod updates;
mod webhooks;
