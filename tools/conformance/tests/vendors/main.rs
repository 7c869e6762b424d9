//! The vendors' own client libraries and validators against the release binary.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod calls;
mod documents;
mod endings;
mod fallbacks;
mod libraries;
mod page;
mod receivers;
mod requests;
mod twilio;
mod webhooks;
