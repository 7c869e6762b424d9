//! SIP (RFC 3261 and kin) without I/O: a strict parser, transactions with their timers, dialogs.
//! `UserAgent` takes datagrams and decisions, and gives datagrams and events.

mod acknowledge;
mod again;
mod answer;
mod bye;
mod cancel;
mod challenge;
mod client;
mod config;
mod deadline;
mod dialog;
mod digest;
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
mod respond;
mod server;
mod stream;
mod timers;
mod user_agent;

pub use config::{Config, DialogId, Invite};
pub use digest::{Account, Realm, Secret};
pub use output::{Ending, Event, Output};
pub use stream::{Framed, Stream};
pub use user_agent::UserAgent;
