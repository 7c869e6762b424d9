//! Permitted destinations of requests: public addresses, the operator's networks, and the host and
//! port of each URL in the configuration.

use std::net::IpAddr;

use confab_terms::Cidr;
use url::Url;

use crate::address::is_public;

/// Permitted destinations of one deployment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    networks: Vec<Cidr>,
    /// Hosts and ports of the operator's own URLs; the hosts in the form of `plain`.
    endpoints: Vec<(String, u16)>,
}

/// Address to which no connection is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{host} is at {address}, which is not public; list its network in CONFAB_FETCH_ALLOW")]
pub(crate) struct NotAllowed {
    host: String,
    address: IpAddr,
}

impl Allowed {
    pub(crate) fn new(networks: Vec<Cidr>, operator_urls: &[Url]) -> Self {
        let endpoints = operator_urls.iter().filter_map(endpoint).collect();
        Self {
            networks,
            endpoints,
        }
    }

    /// Checks all addresses of `host`. One forbidden address forbids the host: a name with a public
    /// and a private address is a sign of DNS rebinding.
    pub(crate) fn check(&self, host: &str, addresses: &[IpAddr]) -> Result<(), NotAllowed> {
        let refused = addresses.iter().find(|address| !self.reaches(**address));
        refused.map_or(Ok(()), |address| {
            let (host, address) = (plain(host), *address);
            Err(NotAllowed { host, address })
        })
    }

    /// Returns whether the configuration names this host with this port. Such a URL may lead to any
    /// address, unless it comes from a redirect or a playlist of another host.
    pub(crate) fn is_exempt(&self, url: &Url) -> bool {
        endpoint(url).is_some_and(|endpoint| self.endpoints.contains(&endpoint))
    }

    fn reaches(&self, address: IpAddr) -> bool {
        is_public(address)
            || self
                .networks
                .iter()
                .any(|network| network.contains(address))
    }
}

fn endpoint(url: &Url) -> Option<(String, u16)> {
    Some((plain(url.host_str()?), url.port_or_known_default()?))
}

/// Returns a host in lower case, without a trailing dot or brackets.
fn plain(host: &str) -> String {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.trim_end_matches('.').to_ascii_lowercase()
}
