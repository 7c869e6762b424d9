//! Where messages come from and where they go: transport, address or name, and the connection
//! that they use while it is there.

use confab_terms::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::message::{Host, Request, SipUri, Via};

/// Ports where none is said (RFC 3261 §19.1.2).
pub(crate) const PORT: u16 = 5060;

/// What carries a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
}

impl Transport {
    /// As Via says it.
    pub(crate) fn in_via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }
}

/// Names a connection from its opening to its end; no number comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConnectionId {
    /// They opened it: numbered by whoever accepted it.
    Theirs(u64),
    /// We asked for it: numbered by the user agent.
    Ours(u64),
}

/// Where a message came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub(crate) transport: Transport,
    pub(crate) address: SocketAddr,
    /// On which it came, over TCP.
    pub(crate) connection: Option<ConnectionId>,
}

impl Source {
    /// IPv4 within IPv6 is IPv4 from here on, so that the two are equal wherever they meet.
    pub(crate) fn datagram(from: SocketAddr) -> Self {
        Self {
            transport: Transport::Udp,
            address: canonical(from),
            connection: None,
        }
    }

    pub(crate) fn stream(from: SocketAddr, connection: ConnectionId) -> Self {
        Self {
            transport: Transport::Tcp,
            address: canonical(from),
            connection: Some(connection),
        }
    }
}

/// An IPv4-mapped address as the IPv4 address that it is (RFC 4291 §2.5.5.2).
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hop {
    /// On this, while it is there; else on one to the host.
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) transport: Transport,
    /// The transport was asked for; else what is known of a name may say another.
    pub(crate) settled: bool,
    pub(crate) host: Host,
    /// `None`: 5060, or what the name's SRV record says.
    pub(crate) port: Option<u16>,
    /// A name to try where no connection to the host can be had (RFC 3261 §18.2.2).
    pub(crate) or_name: Option<String>,
}

impl Hop {
    pub(crate) fn to(transport: Transport, address: SocketAddr) -> Self {
        Self {
            connection: None,
            transport,
            settled: true,
            host: Host::Address(address.ip().to_canonical()),
            port: Some(address.port()),
            or_name: None,
        }
    }

    /// Back to whoever sent a message, if nothing else is known.
    pub(crate) fn back(source: Source) -> Self {
        Self {
            connection: source.connection,
            ..Self::to(source.transport, source.address)
        }
    }

    /// The way of a response: a datagram's source; over TCP the request's connection, and where
    /// that is gone the address that it came from with the port of its Via, then the name there.
    pub(crate) fn of_response(source: Source, via: &Via) -> Self {
        let back = Self::back(source);
        match (source.transport, &via.host) {
            (Transport::Udp, _) => back,
            (Transport::Tcp, host) => Self {
                port: Some(via.port.unwrap_or(PORT)),
                or_name: match host {
                    Host::Name(name) => Some(name.clone()),
                    Host::Address(_) => None,
                },
                ..back
            },
        }
    }

    /// Where a URI points to; `None` if nothing of ours gets there: `sips:`, TLS, an address that
    /// is nobody's.
    pub(crate) fn of_uri(uri: &SipUri, unless_said: Transport) -> Option<Self> {
        let transport = match uri.transport() {
            None => unless_said,
            Some(text) if text.eq_ignore_ascii_case("udp") => Transport::Udp,
            Some(text) if text.eq_ignore_ascii_case("tcp") => Transport::Tcp,
            Some(_) => return None,
        };
        if uri.secure || uri.port == Some(0) {
            return None;
        }
        let name = match &uri.host {
            Host::Address(_) => return Some(Self::to(transport, uri.socket_address()?)),
            Host::Name(name) => name,
        };
        Some(Self {
            connection: None,
            transport,
            settled: true,
            host: Host::Name(name.clone()),
            port: uri.port,
            or_name: None,
        })
    }

    /// The same outside of a dialog: where the URI names no transport, none is asked for.
    pub(crate) fn of_dialled(uri: &SipUri) -> Option<Self> {
        let settled = uri.transport().is_some();
        Self::of_uri(uri, Transport::Udp).map(|hop| Self { settled, ..hop })
    }

    /// Its address, once it has one.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self.host {
            Host::Address(ip) => Some(SocketAddr::new(ip, self.port.unwrap_or(PORT))),
            Host::Name(_) => None,
        }
    }

    /// Who was written to as if heard from; `nobody` as long as the name's address is not known.
    pub(crate) fn as_source(&self, nobody: SocketAddr) -> Source {
        Source {
            transport: self.transport,
            address: self.address().unwrap_or(nobody),
            connection: self.connection,
        }
    }

    /// The same by the name in the Via.
    pub(crate) fn by_name(self) -> Option<Self> {
        let name = self.or_name?;
        Some(Self {
            connection: None,
            host: Host::Name(name),
            or_name: None,
            ..self
        })
    }

    pub(crate) fn is_at(&self, ip: IpAddr) -> bool {
        matches!(self.host, Host::Address(host) if host == ip.to_canonical())
    }
}

/// Whether nobody stands between its sender and us: then its connection leads to the sender.
pub(crate) fn is_direct(request: &Request) -> bool {
    request.vias.len() == 1
}
