//! A session description as it was read: nothing decided yet.

use confab_terms::IpAddr;
use serde::{Deserialize, Serialize};

use crate::{Direction, Media};

/// What a `c=` line names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Host {
    /// An address; IPv4 mapped into IPv6 is IPv4 here.
    Address(IpAddr),
    /// Host name, to be resolved before media can flow.
    Name(String),
    /// Not an address or a host name of the network `IN`.
    Unusable,
}

impl Host {
    /// The address that packets can be sent to, `0.0.0.0` (an old hold) included.
    #[must_use]
    pub fn unicast(&self) -> Option<IpAddr> {
        match self {
            Self::Address(address) if !address.is_multicast() => Some(*address),
            _ => None,
        }
    }
}

/// A session description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Session level `c=`.
    pub connection: Option<Host>,
    /// Session level direction.
    pub direction: Option<Direction>,
    /// Session level `a=ptime` (out of place, but seen).
    pub ptime_ms: Option<u16>,
    /// The `m=` sections in their order.
    pub media: Vec<Media>,
}
