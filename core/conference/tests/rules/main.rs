//! The rules as scripts: lines in, effects out. Each test is named after the row of the
//! semantics that it shows; `UPDATE_EXPECT=1` writes what comes out, for a person to read.

#![allow(clippy::unwrap_used)]

mod customs;
mod hand_over;
mod hears;
mod labels;
mod life;
mod recording;
mod script;
mod speech;
mod updates;
mod webhooks;
