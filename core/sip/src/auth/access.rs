//! Access rules: the configured trunks, their networks, accounts and gateways. The module
//! `user_agent::admission` applies the rules to each request.

use std::collections::BTreeMap;

use confab_terms::{Cidr, Instant, IpAddr, SocketAddr, Srtp, limits};
use serde::{Deserialize, Serialize};

use super::digest::Account;
use super::identity::IdentityRules;
use crate::message::{Host, Transport, Uri};
use crate::transport::{Hop, Nat, Target};

/// Access rules of the user agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// True if calls are accepted from any source, as on a listener on a loopback address.
    pub open: bool,
    /// Peers that may call if `open` is false, and gateways for outbound calls.
    pub trunks: Vec<Trunk>,
}

/// Configured peer: a carrier, a PBX or a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trunk {
    /// Unique name, used in logs and messages.
    pub name: String,
    /// Source networks that may call without digest credentials.
    pub networks: Vec<Cidr>,
    /// Credentials in both directions: accepted from sources outside `networks`, and sent in
    /// response to challenges of the gateway.
    pub account: Option<Account>,
    /// Destination of outbound calls.
    pub gateway: Option<Gateway>,
    /// SRTP policy; `None`: the default of the server.
    pub srtp: Option<Srtp>,
    /// Destination of requests to the trunk's calls and phones: the Contact or the flow of the last
    /// request.
    pub nat: Nat,
    /// Rules for the identity of callers.
    pub identity: IdentityRules,
}

/// Destination of outbound calls to a trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// Host part of request URIs: `sip.example.com`, `192.0.2.1:5070`.
    pub host: String,
    /// Address if `host` is an address; `None`: `host` is a name, resolved for each call.
    pub address: Option<SocketAddr>,
    /// Transport, unless a URI names another; with UDP, the DNS records of a name may select
    /// another.
    pub transport: Transport,
    /// Resolved addresses of `host`, each with the time of the last lookup that contained the
    /// address.
    known: BTreeMap<IpAddr, Instant>,
}

impl Gateway {
    /// Creates a gateway without resolved addresses; `address` is required if `host` is an address.
    #[must_use]
    pub fn new(host: String, address: Option<SocketAddr>, transport: Transport) -> Self {
        Self {
            host,
            address,
            transport,
            known: BTreeMap::new(),
        }
    }

    /// Returns the next hop to the gateway. `transport_fixed`: the records of a name do not
    /// change the transport.
    pub(crate) fn way(&self, by: Transport, transport_fixed: bool) -> Option<Hop> {
        // The certificate is checked against the configured host, not against a resolved address.
        let tls_name = Some(self.name()).filter(|_| by == Transport::Tls);
        if let Some(address) = self.address {
            return Some(Hop {
                tls_name,
                ..Hop::to(by, address)
            });
        }
        let Some(Uri::Sip(uri)) = Uri::parse(&format!("sip:{}", self.host)) else {
            return None;
        };
        Hop::of_uri(&uri, by).map(|hop| Hop {
            transport_fixed,
            ..hop
        })
    }

    /// Returns the host without the port.
    fn name(&self) -> String {
        let host = Host::parse_with_port(&self.host);
        match host.map(|(host, _)| host) {
            Some(Host::Address(ip)) => ip.to_string(),
            Some(Host::Name(name)) => name,
            None => self.host.clone(),
        }
    }

    /// Returns true if `ip` is the configured address or a resolved address of the gateway.
    pub(crate) fn is_at(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let literal = self.address.map(|at| at.ip().to_canonical());
        literal == Some(ip) || self.known.contains_key(&ip)
    }

    fn is_named(&self, name: &str) -> bool {
        let host = self.host.split(':').next().unwrap_or_default();
        self.address.is_none() && host.eq_ignore_ascii_case(name)
    }
}

impl Access {
    /// Returns rules without trunks that accept calls from any source.
    #[must_use]
    pub fn open() -> Self {
        Self {
            open: true,
            trunks: Vec::new(),
        }
    }

    pub(crate) fn trunk(&self, name: &str) -> Option<&Trunk> {
        self.trunks.iter().find(|trunk| trunk.name == name)
    }

    /// Returns the trunk of a peer: the named trunk, or the trunk with the user's account.
    pub(crate) fn of_peer(&self, peer: &Peer) -> Option<&Trunk> {
        match peer {
            Peer::Trunk(name) => self.trunk(name),
            Peer::User { user, .. } => {
                let is_theirs = |trunk: &&Trunk| {
                    let account = trunk.account.as_ref();
                    account.is_some_and(|account| account.user == *user)
                };
                self.trunks.iter().find(is_theirs)
            }
            Peer::AnySource | Peer::Address(_) | Peer::Unresolved => None,
        }
    }

    /// Returns the trunk that may call from this address without digest credentials.
    pub(crate) fn of_network(&self, from: IpAddr) -> Option<&Trunk> {
        let calls_from = |net: &Cidr| net.contains(from);
        let mut trunks = self.trunks.iter();
        trunks.find(|trunk| trunk.networks.iter().any(calls_from))
    }

    /// Returns true if `ip` belongs to a network or to the gateway of a trunk.
    pub(crate) fn is_of_trunk(&self, ip: IpAddr) -> bool {
        self.trunks
            .iter()
            .any(|trunk| trunk.accepts_requests_from(ip))
    }

    /// Returns the trunk of an inbound call. On an open listener, a trunk is recognized by its
    /// networks or by the address and port of its gateway.
    pub(crate) fn of_caller(&self, peer: &Peer, source: SocketAddr) -> Option<&Trunk> {
        if *peer != Peer::AnySource {
            return self.of_peer(peer);
        }
        let is_gateway = |trunk: &&Trunk| {
            let gateway = trunk.gateway.as_ref();
            gateway.is_some_and(|gateway| gateway.address == Some(source))
        };
        let of_network = self.of_network(source.ip());
        of_network.or_else(|| self.trunks.iter().find(is_gateway))
    }

    /// Returns the NAT setting of the peer's trunk, or the default.
    pub(crate) fn nat_of(&self, peer: &Peer, from: SocketAddr) -> Nat {
        let trunk = self.of_caller(peer, from);
        trunk.map(|trunk| trunk.nat).unwrap_or_default()
    }

    /// Returns true if `name` is the host of a trunk's gateway.
    pub(crate) fn has_gateway(&self, name: &str) -> bool {
        let mut gateways = self.trunks.iter().filter_map(|t| t.gateway.as_ref());
        gateways.any(|gateway| gateway.is_named(name))
    }

    /// Stores the addresses that a gateway's name resolves to, and removes addresses older than
    /// `SIP_GATEWAY_LIFE`.
    pub(crate) fn store_resolved(&mut self, now: Instant, name: &str, found: &[Target]) {
        let gateways = self.trunks.iter_mut().filter_map(|t| t.gateway.as_mut());
        for gateway in gateways.filter(|gateway| gateway.is_named(name)) {
            let known = &mut gateway.known;
            known.retain(|_, heard| *heard + limits::SIP_GATEWAY_LIFE > now);
            for address in found.iter().flat_map(|target| &target.addresses) {
                known.insert(address.ip().to_canonical(), now);
            }
            while known.len() > limits::SIP_GATEWAY_ADDRESSES_MAX {
                let oldest = known.iter().min_by_key(|(_, heard)| **heard);
                let oldest = oldest.map(|(ip, _)| *ip);
                known.retain(|ip, _| Some(*ip) != oldest);
            }
        }
    }

    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.trunks.iter().filter_map(|t| t.account.as_ref())
    }
}

impl Trunk {
    /// Returns true if requests within this trunk's dialogs are accepted from this address.
    pub(crate) fn accepts_requests_from(&self, from: IpAddr) -> bool {
        let gateway = self.gateway.as_ref();
        gateway.is_some_and(|gateway| gateway.is_at(from))
            || self.networks.iter().any(|net| net.contains(from))
    }
}

/// Remote party of a dialog; determines the sources of accepted requests within the dialog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Peer {
    /// Any source that sends the dialog's tags; the listener is open.
    AnySource,
    /// Trunk, identified by its network or as the callee of an outbound call.
    Trunk(String),
    /// User that has sent valid digest credentials or is registered. Accepted from address `from`,
    /// or from any address with credentials.
    User { user: String, from: IpAddr },
    /// Address of the callee of an outbound call.
    Address(IpAddr),
    /// Callee of an outbound call to a name that is resolved later; requests of the callee are
    /// rejected.
    Unresolved,
}

impl Peer {
    /// Returns true if both are the same trunk or user, independent of the address.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::AnySource, _) => true,
            (Self::Trunk(one), Self::Trunk(other)) => one == other,
            (Self::User { user: one, .. }, Self::User { user: other, .. }) => one == other,
            _ => false,
        }
    }
}
