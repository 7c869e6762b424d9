//! Where messages come from and where they go: transport, address or name, and the connection
//! that they use while it is there.

use confab_terms::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::message::{Host, Request, SipUri, Via};
use crate::nat::Flow;

/// Ports where none is said (RFC 3261 §19.1.2).
pub(crate) const PORT: u16 = 5060;
/// And over TLS.
pub(crate) const SECURE_PORT: u16 = 5061;

/// What carries a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream within TLS.
    Tls,
}

impl Transport {
    /// As Via says it.
    pub(crate) fn in_via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }

    /// Whether messages arrive whole, once and in order, or their connection is gone.
    pub(crate) fn is_stream(self) -> bool {
        self != Self::Udp
    }

    /// The port where none is said.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => PORT,
            Self::Tls => SECURE_PORT,
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
    /// On which it came, over a stream.
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

    pub(crate) fn stream(transport: Transport, from: SocketAddr, connection: ConnectionId) -> Self {
        Self {
            transport,
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
    /// `None`: the transport's own, or what the name's SRV record says.
    pub(crate) port: Option<u16>,
    /// A name to try where no connection to the host can be had (RFC 3261 §18.2.2).
    pub(crate) or_name: Option<String>,
    /// Over TLS: whose certificate it must be. What a URI said, not what was found by it.
    pub(crate) certified: Option<String>,
    /// Flow of the peer's last request, used where the host is a name that leads nowhere.
    pub(crate) flow: Option<Flow>,
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
            certified: match transport {
                Transport::Tls => Some(address.ip().to_canonical().to_string()),
                Transport::Udp | Transport::Tcp => None,
            },
            flow: None,
        }
    }

    /// Back to whoever sent a message, if nothing else is known.
    pub(crate) fn back(source: Source) -> Self {
        Self {
            connection: source.connection,
            ..Self::to(source.transport, source.address)
        }
    }

    /// On the flow of the peer's last request.
    pub(crate) fn on(flow: &Flow) -> Self {
        Self {
            flow: Some(flow.clone()),
            ..Self::back(flow.source)
        }
    }

    /// The way of a response: a datagram's source; over a stream the request's connection, and
    /// where that is gone the address that it came from with the port of its Via, then the name
    /// there.
    pub(crate) fn of_response(source: Source, via: &Via) -> Self {
        let back = Self::back(source);
        match (source.transport, &via.host) {
            (Transport::Udp, _) => back,
            (transport, host) => Self {
                port: Some(via.port.unwrap_or(transport.port())),
                or_name: match host {
                    Host::Name(name) => Some(name.clone()),
                    Host::Address(_) => None,
                },
                ..back
            },
        }
    }

    /// Where a URI points to; `None` if nothing of ours gets there: another transport, an address
    /// that is nobody's. `sips:` is TLS, whatever it says besides (RFC 3261 §26.2.2).
    pub(crate) fn of_uri(uri: &SipUri, unless_said: Transport) -> Option<Self> {
        let transport = match uri.transport() {
            None => unless_said,
            Some(text) if text.eq_ignore_ascii_case("udp") => Transport::Udp,
            Some(text) if text.eq_ignore_ascii_case("tcp") => Transport::Tcp,
            Some(text) if text.eq_ignore_ascii_case("tls") => Transport::Tls,
            Some(_) => return None,
        };
        let transport = match (uri.secure, transport) {
            (true, Transport::Udp) if uri.transport().is_some() => return None,
            (true, _) => Transport::Tls,
            (false, transport) => transport,
        };
        if uri.port == Some(0) {
            return None;
        }
        let name = match &uri.host {
            Host::Address(_) => {
                let address = uri.socket_address()?;
                let port = uri.port.unwrap_or(transport.port());
                return Some(Self::to(transport, SocketAddr::new(address.ip(), port)));
            }
            Host::Name(name) => name,
        };
        Some(Self {
            connection: None,
            transport,
            settled: true,
            host: Host::Name(name.clone()),
            port: uri.port,
            or_name: None,
            certified: Some(name.clone()).filter(|_| transport == Transport::Tls),
            flow: None,
        })
    }

    /// The same outside of a dialog: where the URI names no transport, none is asked for.
    pub(crate) fn of_dialled(uri: &SipUri) -> Option<Self> {
        let settled = uri.secure || uri.transport().is_some();
        Self::of_uri(uri, Transport::Udp).map(|hop| Self { settled, ..hop })
    }

    /// Its address, once it has one.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self.host {
            Host::Address(ip) => {
                let port = self.port.unwrap_or(self.transport.port());
                Some(SocketAddr::new(ip, port))
            }
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
            certified: self.certified.map(|_| name.clone()),
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
