//! Client and server transactions (RFC 3261 §17, RFC 6026).

mod client;
mod server;

pub(crate) use client::{
    Ack, Cancel, ClientKey, ClientState, ClientTransaction, FORKS_MAX, absorb_time,
};
pub(crate) use server::{ServerKey, ServerState, ServerTransaction};
