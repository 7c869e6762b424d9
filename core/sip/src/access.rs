//! Who may call us, and whom we may call: the trunks as the operator names them. What is made of
//! it request by request stands in `admit`.

use std::collections::BTreeMap;

use confab_terms::{Cidr, Instant, IpAddr, SocketAddr, Srtp, limits};
use serde::{Deserialize, Serialize};

use crate::hop::Hop;
use crate::message::{Host, Uri};
use crate::nat::Nat;
use crate::{Account, IdentityRules, Target, Transport};

/// Whom the listener lets in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Calls come from anyone: for a listener on a loopback address only.
    pub open: bool,
    /// Those who may call where it is not open, and through whom calls of ours go.
    pub trunks: Vec<Trunk>,
}

/// One peer of the operator: a carrier, a PBX, a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trunk {
    /// Its name in logs and messages; no two are the same.
    pub name: String,
    /// Where it calls from without a password.
    pub networks: Vec<Cidr>,
    /// Its user and password, for both ways: those that it calls with from elsewhere, and those
    /// that we answer its challenges with.
    pub account: Option<Account>,
    /// Where it takes calls of ours.
    pub gateway: Option<Gateway>,
    /// Whether its media is encrypted; `None`: as everybody else's.
    pub srtp: Option<Srtp>,
    /// Requests to its calls and phones: to their Contact or on the flow of their requests.
    pub nat: Nat,
    /// Rules for the identity of its callers.
    pub identity: IdentityRules,
}

/// Where a trunk takes calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gateway {
    /// What request URIs say: `sip.example.com`, `192.0.2.1:5070`.
    pub host: String,
    /// Where that is, if it is an address; a name is looked up when it is called.
    pub address: Option<SocketAddr>,
    /// By what, unless a URI says otherwise, or over UDP its name's records do.
    pub transport: Transport,
    /// Where its name has led to, and when that was heard last.
    known: BTreeMap<IpAddr, Instant>,
}

impl Gateway {
    /// One that nobody has called yet. `address`: where it is, if `host` is no name.
    #[must_use]
    pub fn new(host: String, address: Option<SocketAddr>, transport: Transport) -> Self {
        Self {
            host,
            address,
            transport,
            known: BTreeMap::new(),
        }
    }

    /// The way there.
    pub(crate) fn way(&self, by: Transport, settled: bool) -> Option<Hop> {
        // Whose certificate it must be: the host's, and no address's that it has just now.
        let certified = Some(self.name()).filter(|_| by == Transport::Tls);
        if let Some(address) = self.address {
            return Some(Hop {
                certified,
                ..Hop::to(by, address)
            });
        }
        let Some(Uri::Sip(uri)) = Uri::parse(&format!("sip:{}", self.host)) else {
            return None;
        };
        Hop::of_uri(&uri, by).map(|hop| Hop { settled, ..hop })
    }

    /// Its host without the port.
    fn name(&self) -> String {
        let host = Host::parse_with_port(&self.host);
        match host.map(|(host, _)| host) {
            Some(Host::Address(ip)) => ip.to_string(),
            Some(Host::Name(name)) => name,
            None => self.host.clone(),
        }
    }

    /// Whether this is an address of it.
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
    /// Calls from anyone, and no trunks.
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

    /// The trunk that somebody is, or is a user of.
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
            Peer::Anyone | Peer::Address(_) | Peer::Nobody => None,
        }
    }

    /// The trunk that calls from there without a password.
    pub(crate) fn of_network(&self, from: IpAddr) -> Option<&Trunk> {
        let calls_from = |net: &Cidr| net.contains(from);
        let mut trunks = self.trunks.iter();
        trunks.find(|trunk| trunk.networks.iter().any(calls_from))
    }

    /// Returns whether a trunk calls from there, or takes calls there.
    pub(crate) fn is_of_trunk(&self, ip: IpAddr) -> bool {
        self.trunks.iter().any(|trunk| trunk.speaks_from(ip))
    }

    /// The trunk that a call comes from. An open listener admits every caller: there a trunk is
    /// recognized by its networks or by the address and port of its gateway.
    pub(crate) fn of_caller(&self, peer: &Peer, source: SocketAddr) -> Option<&Trunk> {
        if *peer != Peer::Anyone {
            return self.of_peer(peer);
        }
        let is_gateway = |trunk: &&Trunk| {
            let gateway = trunk.gateway.as_ref();
            gateway.is_some_and(|gateway| gateway.address == Some(source))
        };
        let of_network = self.of_network(source.ip());
        of_network.or_else(|| self.trunks.iter().find(is_gateway))
    }

    /// Whether a trunk's calls go to this name.
    pub(crate) fn has_gateway(&self, name: &str) -> bool {
        let mut gateways = self.trunks.iter().filter_map(|t| t.gateway.as_ref());
        gateways.any(|gateway| gateway.is_named(name))
    }

    /// The name leads there now, and what it led to long ago counts no longer.
    pub(crate) fn vouch(&mut self, now: Instant, name: &str, found: &[Target]) {
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
    /// Whether requests within a call of this trunk come from there.
    pub(crate) fn speaks_from(&self, from: IpAddr) -> bool {
        let gateway = self.gateway.as_ref();
        gateway.is_some_and(|gateway| gateway.is_at(from))
            || self.networks.iter().any(|net| net.contains(from))
    }
}

/// Who is at the other end of a dialog, and so who may speak within it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Peer {
    /// Whoever knows its tags: the listener is open.
    Anyone,
    /// A trunk, known by where it calls from, or called by us.
    Trunk(String),
    /// Who showed that it knows this user's password, or is registered as it; from there, or
    /// with the password again.
    User { user: String, from: IpAddr },
    /// Whom we called there.
    Address(IpAddr),
    /// Whom we called by a name that is looked up on the way: only what we say counts.
    Nobody,
}

impl Peer {
    /// Whether the other is the same trunk or user, from wherever.
    pub(crate) fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Anyone, _) => true,
            (Self::Trunk(one), Self::Trunk(other)) => one == other,
            (Self::User { user: one, .. }, Self::User { user: other, .. }) => one == other,
            _ => false,
        }
    }
}
