//! The vendors' own client libraries and validators against the release binary.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod documents;
mod libraries;
mod page;
mod twilio;
mod webhooks;
