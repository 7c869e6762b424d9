//! The vendors' client libraries and validators with the release binary.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod bad_web;
mod calls;
mod documents;
mod endings;
mod fallbacks;
mod harmful;
mod keys;
mod libraries;
mod notifications;
mod page;
mod receivers;
mod requests;
mod signatures;
mod twilio;
mod webhooks;
