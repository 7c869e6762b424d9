//! Tests of the API by its requests: a scripted switchboard, a store in memory.

#![allow(clippy::unwrap_used)]

mod bad_values;
mod bodies;
mod browsers;
mod call_parameters;
mod calls;
#[path = "../common/mod.rs"]
mod common;
mod cross_origin;
mod dead_letters;
mod keys;
mod links;
mod lists;
mod notifications;
mod parents;
mod query;
mod recordings;
mod refusals;
mod resources;
mod routes;
mod serving;
mod twilio;
