//! The compatible REST API: forms to commands, views to JSON. It decides nothing: the rules are
//! the switchboard's, and what is over is the store's.

mod accounts;
mod audibility;
mod auth;
mod call_fields;
mod calls;
mod conferences;
mod cors;
mod dead_letters;
mod dialect;
mod empty_lists;
mod errors;
mod fields;
mod form;
mod json;
mod keys;
mod line;
mod logins;
mod metrics;
mod new_call;
mod new_recording;
mod notifications;
mod paging;
mod parents;
mod participants;
mod prefix;
mod range;
mod recordings;
mod refused;
mod resources;
mod router;
mod seats;
mod serve;
mod times;
mod tls;
mod update;
mod warnings;
mod wire;

pub use dead_letters::{Resend, Resent};
pub use dialect::{Dialect, account_sid};
pub use form::read_form;
pub use line::{AskError, Asked, Line, QueueFull, Switch};
pub use metrics::{Family, Figures, Histogram, Metrics, Values};
pub use router::{Api, router};
pub use serve::{Listener, serve};
pub use tls::{Certificate, Served, TlsError, acceptor};
