//! Session description as parsed, without decisions.

use confab_terms::IpAddr;
use serde::{Deserialize, Serialize};

use crate::{Direction, Media};

/// Host in a `c=` line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Host {
    /// IP address; an IPv4-mapped IPv6 address is converted to IPv4.
    Address(IpAddr),
    /// Host name, to be resolved before media can flow.
    Name(String),
    /// Not an address or a host name of the network `IN`.
    Unusable,
}

impl Host {
    /// Returns the unicast address, `0.0.0.0` (an old form of hold) included.
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
    /// Session level `a=ptime` (not permitted there, but seen).
    pub ptime_ms: Option<u16>,
    /// `m=` sections in their order.
    pub media: Vec<Media>,
}
