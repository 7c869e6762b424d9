//! Source and next hop of messages: transport, address or name, and connection.

use confab_terms::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::message::{Host, Request, SipUri, Via};
use crate::nat::Flow;

/// Default port (RFC 3261 §19.1.2).
pub(crate) const PORT: u16 = 5060;
/// Default port over TLS.
pub(crate) const SECURE_PORT: u16 = 5061;

/// Transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Transport {
    /// Datagrams, unreliable.
    Udp,
    /// Stream.
    Tcp,
    /// TLS over TCP.
    Tls,
}

impl Transport {
    /// Returns the transport in the form of Via.
    pub(crate) fn in_via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }

    /// Returns true if the transport is reliable and connection-oriented.
    pub(crate) fn is_stream(self) -> bool {
        self != Self::Udp
    }

    /// Returns the default port.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => PORT,
            Self::Tls => SECURE_PORT,
        }
    }
}

/// Id of a connection, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConnectionId {
    /// Inbound connection; numbered by the shell that accepts it.
    Theirs(u64),
    /// Outbound connection; numbered by the user agent.
    Ours(u64),
}

/// Source of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub(crate) transport: Transport,
    pub(crate) address: SocketAddr,
    /// Connection of the message; `None`: UDP.
    pub(crate) connection: Option<ConnectionId>,
}

impl Source {
    /// Creates the source of a datagram. IPv4-mapped addresses become IPv4 addresses, so that both
    /// compare equal.
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

/// Converts an IPv4-mapped address to the IPv4 address (RFC 4291 §2.5.5.2).
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Next hop of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hop {
    /// Connection to use if open; otherwise a connection to the host.
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) transport: Transport,
    /// True if the transport is fixed; false: the DNS records of a name may select another.
    pub(crate) settled: bool,
    pub(crate) host: Host,
    /// `None`: the default port, or the port of the SRV record.
    pub(crate) port: Option<u16>,
    /// Name to try if no connection to the host is possible (RFC 3261 §18.2.2).
    pub(crate) or_name: Option<String>,
    /// Over TLS: name or address in the peer's certificate, taken from the URI and not from a
    /// lookup.
    pub(crate) certified: Option<String>,
    /// Flow of the peer's last request, used if the host is a name that does not resolve.
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

    /// Returns the next hop back to the source of a message.
    pub(crate) fn back(source: Source) -> Self {
        Self {
            connection: source.connection,
            ..Self::to(source.transport, source.address)
        }
    }

    /// Returns the next hop on the flow of the peer's last request.
    pub(crate) fn on(flow: &Flow) -> Self {
        Self {
            flow: Some(flow.clone()),
            ..Self::back(flow.source)
        }
    }

    /// Returns the next hop of a response (RFC 3261 §18.2.2). UDP: the source of the request.
    /// Stream: the connection of the request, then the source address with the port of Via, then
    /// the name in Via.
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

    /// Returns the next hop that a URI names; `None`: unsupported transport, port 0 or unusable
    /// address. `sips:` always uses TLS (RFC 3261 §26.2.2).
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

    /// Returns the next hop of a URI outside of a dialog; the transport is fixed only if the URI
    /// names one.
    pub(crate) fn of_dialled(uri: &SipUri) -> Option<Self> {
        let settled = uri.secure || uri.transport().is_some();
        Self::of_uri(uri, Transport::Udp).map(|hop| Self { settled, ..hop })
    }

    /// Returns the address; `None`: the host is a name.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self.host {
            Host::Address(ip) => {
                let port = self.port.unwrap_or(self.transport.port());
                Some(SocketAddr::new(ip, port))
            }
            Host::Name(_) => None,
        }
    }

    /// Returns the hop as a source, with `nobody` as address of a name.
    pub(crate) fn as_source(&self, nobody: SocketAddr) -> Source {
        Source {
            transport: self.transport,
            address: self.address().unwrap_or(nobody),
            connection: self.connection,
        }
    }

    /// Returns the fallback hop by the name in Via.
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

/// Returns true if no proxy is between the sender and this server: the connection leads to the
/// sender.
pub(crate) fn is_direct(request: &Request) -> bool {
    request.vias.len() == 1
}
