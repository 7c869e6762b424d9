//! SIP (RFC 3261 and kin) without I/O: a strict parser, transactions with their timers, dialogs.
//! `UserAgent` takes datagrams and decisions, and gives datagrams and events.

mod user_agent;

pub use user_agent::{Config, DialogId, Ending, Event, Invite, Output, UserAgent};
