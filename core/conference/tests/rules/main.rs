//! The rules as scripts: lines are inputs, effects are outputs. Each test is named after a row of
//! the semantics; `UPDATE_EXPECT=1` writes the output, for review.

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
