//! Next hop of a message: transport, address or name, and connection.

use confab_terms::{IpAddr, SocketAddr};
use serde::{Deserialize, Serialize};

use super::flow::Flow;
use super::source::{ConnectionId, Source};
use crate::message::{Host, Request, SipUri, Transport, Via};

/// Next hop of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hop {
    /// Connection to use if open; otherwise a connection to the host.
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) transport: Transport,
    /// True if the transport is fixed; false: the DNS records of a name may select another.
    pub(crate) transport_fixed: bool,
    pub(crate) host: Host,
    /// `None`: the default port, or the port of the SRV record.
    pub(crate) port: Option<u16>,
    /// Name to try if no connection to the host is possible (RFC 3261 §18.2.2).
    pub(crate) fallback_name: Option<String>,
    /// Over TLS: name or address in the peer's certificate, taken from the URI and not from a
    /// lookup.
    pub(crate) tls_name: Option<String>,
    /// Flow of the peer's last request, used if the host is a name that does not resolve.
    pub(crate) flow: Option<Flow>,
}

impl Hop {
    pub(crate) fn to(transport: Transport, address: SocketAddr) -> Self {
        Self {
            connection: None,
            transport,
            transport_fixed: true,
            host: Host::Address(address.ip().to_canonical()),
            port: Some(address.port()),
            fallback_name: None,
            tls_name: match transport {
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
                fallback_name: match host {
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
            transport_fixed: true,
            host: Host::Name(name.clone()),
            port: uri.port,
            fallback_name: None,
            tls_name: Some(name.clone()).filter(|_| transport == Transport::Tls),
            flow: None,
        })
    }

    /// Returns the next hop of a URI outside of a dialog; the transport is fixed only if the URI
    /// names one.
    pub(crate) fn of_dialled(uri: &SipUri) -> Option<Self> {
        let transport_fixed = uri.secure || uri.transport().is_some();
        Self::of_uri(uri, Transport::Udp).map(|hop| Self {
            transport_fixed,
            ..hop
        })
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
        let name = self.fallback_name?;
        Some(Self {
            connection: None,
            tls_name: self.tls_name.map(|_| name.clone()),
            host: Host::Name(name),
            fallback_name: None,
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
