//! SIP (RFC 3261 and extensions) without I/O: strict parser, transactions with timers, dialogs.
//! `UserAgent` receives datagrams, stream bytes and decisions, and returns datagrams, connection
//! orders and events.

mod auth;
mod dialog;
mod ids;
mod limits;
pub mod message;
mod registrar;
mod timers;
mod transaction;
mod transport;
mod user_agent;

pub use auth::{Access, Account, CountryCode, Gateway, IdentityRules, Secret, Trunk};
pub use ids::DialogId;
pub use limits::{CallLimits, Limit};
pub use message::Transport;
pub use registrar::Registration;
pub use transport::{
    ConnectionEvent, ConnectionId, ConnectionOrder, Framed, Lookup, Nat, NotDialled, Stream,
    Target, check_dialled,
};
pub use user_agent::{CallOrigin, Config, Ending, Event, Invite, Output, Route, UserAgent};
