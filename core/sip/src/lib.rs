//! SIP (RFC 3261 and kin) without I/O: a strict parser, transactions with their timers, dialogs.
//! `UserAgent` takes datagrams, streams and decisions, and gives datagrams, streams and events.

mod acknowledge;
mod again;
mod answer;
mod bye;
mod cancel;
mod challenge;
mod client;
mod config;
mod connections;
mod deadline;
mod dialled;
mod dialog;
mod digest;
mod early;
mod hop;
mod info;
mod invite;
mod invited;
mod lasting;
pub mod message;
mod offer;
mod options;
mod output;
mod prack;
mod receive;
mod refresh;
mod refuse;
mod replaces;
mod resolve;
mod respond;
mod send;
mod server;
mod stream;
mod streams;
mod timers;
mod user_agent;

pub use config::{Config, DialogId, Invite};
pub use dialled::{NotDialled, check_dialled};
pub use digest::{Account, Realm, Secret};
pub use hop::{ConnectionId, Transport};
pub use output::{ConnectionEvent, ConnectionOrder, Ending, Event, Lookup, Output};
pub use stream::{Framed, Stream};
pub use user_agent::UserAgent;
