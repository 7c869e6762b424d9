//! Transport layer without I/O (RFC 3261 §18, RFC 3263): next hops, connections, framing, name
//! resolution, failover targets, flows of peers behind NAT, and keep-alives.

mod connections;
mod dial_uri;
mod flow;
mod framing;
mod keep_alive;
mod next_hop;
mod orders;
mod resolution;
mod source;
mod target;

pub(crate) use connections::{Admission, Class, Connection, Connections, QueuedMessage};
pub(crate) use dial_uri::next_hop_of_uri;
pub use dial_uri::{NotDialled, check_dialled};
pub use flow::Nat;
pub(crate) use flow::{Destination, Flow};
pub use framing::{Framed, Stream};
pub(crate) use keep_alive::{FlowUser, KeptFlows};
pub(crate) use next_hop::{Hop, is_direct};
pub use orders::{ConnectionEvent, ConnectionOrder, Lookup};
pub(crate) use resolution::{CacheEntry, Key, NameCache, key_of, life};
pub use source::ConnectionId;
pub(crate) use source::{Source, canonical};
pub use target::Target;
pub(crate) use target::in_order;
