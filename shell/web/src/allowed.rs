//! Where other people's URLs may lead: public addresses, the operator's networks and hosts.

use std::net::IpAddr;

use confab_terms::Cidr;

use crate::address::is_public;

/// The rule for one deployment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    networks: Vec<Cidr>,
    /// Lower case, without a trailing dot or brackets.
    hosts: Vec<String>,
}

/// An address that may not be connected to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} is at {address}, which is not public; list its network in CONFAB_FETCH_ALLOW")]
pub(crate) struct NotAllowed {
    host: String,
    address: IpAddr,
}

impl Allowed {
    pub(crate) fn new(networks: Vec<Cidr>, hosts: &[String]) -> Self {
        let hosts = hosts.iter().map(|host| plain(host)).collect();
        Self { networks, hosts }
    }

    /// Checks every address that `host` has: one that is refused refuses them all, since a name
    /// with a public and a private address is how rebinding looks.
    pub(crate) fn check(&self, host: &str, addresses: &[IpAddr]) -> Result<(), NotAllowed> {
        if self.is_operators(host) {
            return Ok(());
        }
        let refused = addresses.iter().find(|address| !self.reaches(**address));
        refused.map_or(Ok(()), |address| {
            let (host, address) = (plain(host), *address);
            Err(NotAllowed { host, address })
        })
    }

    /// Whether the operator named this host in the configuration.
    pub(crate) fn is_operators(&self, host: &str) -> bool {
        self.hosts.contains(&plain(host))
    }

    fn reaches(&self, address: IpAddr) -> bool {
        is_public(address)
            || self
                .networks
                .iter()
                .any(|network| network.contains(address))
    }
}

fn plain(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.trim_end_matches('.').to_ascii_lowercase()
}
