//! Routes of outbound calls: through a trunk, or to a registered user.

use confab_terms::{Instant, SocketAddr};
use serde::{Deserialize, Serialize};

use super::UserAgent;
use super::config::Invite;
use crate::auth::{Account, Credentials, Gateway, NonceCounts, Peer, Trunk};
use crate::ids::DialogId;
use crate::message::{Host, SipUri, Transport, Uri, escape_user};
use crate::transport::Hop;

/// Route of an outbound call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// To URI.
    pub to: String,
    /// Name of the trunk; `None`: a registered user.
    pub trunk: Option<String>,
    /// Address of the next hop; `None`: the next hop is a name.
    pub via: Option<SocketAddr>,
    way: Hop,
    /// Request URI if different from To.
    target: Option<String>,
    peer: Peer,
    /// Credentials of this call, used instead of the trunk's account.
    credentials: Option<Account>,
}

impl Route {
    /// Sets the credentials for challenges to this call, used instead of the trunk's account.
    #[must_use]
    pub fn with_credentials(self, account: Option<Account>) -> Self {
        Self {
            credentials: account,
            ..self
        }
    }
}

impl UserAgent {
    /// Returns the route to a number or a SIP URI. A number (`+15551234567`) goes through the first
    /// trunk with a gateway. A URI with the host of a gateway goes through that trunk. A URI with
    /// the local address goes to the registered user. `None`: no route exists.
    #[must_use]
    pub fn route(&self, now: Instant, to: &str) -> Option<Route> {
        let mut trunks = self.access.trunks.iter();
        let through = |name: &str, gateway: &Gateway, to: String, by: Option<Transport>| {
            let own = gateway.transport;
            let transport_fixed = by.is_some() || own != Transport::Udp;
            let way = gateway.way(by.unwrap_or(own), transport_fixed)?;
            Some(Route {
                to,
                trunk: Some(name.to_owned()),
                via: gateway.address,
                way,
                target: None,
                peer: Peer::Trunk(name.to_owned()),
                credentials: None,
            })
        };
        if is_number(to) {
            let (name, gateway) = trunks.find_map(|t| Some((&t.name, t.gateway.as_ref()?)))?;
            let to = format!("sip:{to}@{}", gateway.host);
            return through(name, gateway, to, None);
        }
        let Some(Uri::Sip(uri)) = Uri::parse(to) else {
            return None;
        };
        if uri.has_headers {
            return None;
        }
        // A transport in the URI, such as `;transport=tcp`, takes precedence over the trunk's.
        let by = Hop::of_uri(&uri, Transport::Udp)?.transport;
        if by == Transport::Tls && self.config.tls_port.is_none() {
            return None;
        }
        let said = uri.secure || uri.transport().is_some();
        let by = Some(by).filter(|_| said);
        let named = host_port(&uri);
        let found = trunks.find_map(|trunk| {
            let gateway = trunk.gateway.as_ref()?;
            let literal = uri.socket_address();
            let same = literal.is_some() && literal == gateway.address
                || gateway.host.eq_ignore_ascii_case(&named);
            let through = || through(&trunk.name, gateway, to.to_owned(), by);
            same.then(through).flatten()
        });
        found.or_else(|| self.route_to_registered(now, to, &uri))
    }

    /// Returns the route to a registered user; `None`: the user is not registered.
    #[must_use]
    pub fn route_to_user(&self, now: Instant, name: &str) -> Option<Route> {
        let to = format!("sip:{}@{}", escape_user(name), self.config.address);
        let Uri::Sip(uri) = Uri::parse(&to)? else {
            return None;
        };
        self.route_to_registered(now, &to, &uri)
    }

    fn route_to_registered(&self, now: Instant, to: &str, uri: &SipUri) -> Option<Route> {
        let ours = self.config.address;
        let ports = [Some(ours.port()), self.config.tls_port];
        let port = uri.port.is_none_or(|port| ports.contains(&Some(port)));
        let is_here = matches!(uri.host, Host::Address(ip) if ip.to_canonical() == ours.ip());
        let user = Uri::parse(to)?.user();
        let binding = self
            .registrar
            .newest(now, &user)
            .filter(|_| is_here && port)?;
        // `sips:` requires TLS up to the phone.
        if uri.secure && binding.flow.source.transport != Transport::Tls {
            return None;
        }
        let peer = match self.access.open {
            true => Peer::AnySource,
            false => Peer::User {
                user,
                from: binding.flow.source.address.ip(),
            },
        };
        Some(Route {
            to: to.to_owned(),
            trunk: None,
            // The source of the REGISTER is used, because a Contact may name a third party's
            // address.
            via: Some(binding.flow.source.address),
            way: Hop::on(&binding.flow),
            target: Some(binding.uri.clone()),
            peer,
            credentials: None,
        })
    }

    /// Returns the trunk of a route: the trunk that the call goes through, or the trunk of the
    /// registered user.
    #[must_use]
    pub fn trunk_on(&self, route: &Route) -> Option<&Trunk> {
        self.access.of_peer(&route.peer)
    }

    /// Returns the trunk that is the peer of a dialog.
    #[must_use]
    pub fn trunk_of(&self, dialog: DialogId) -> Option<&Trunk> {
        let dialog = self.dialogs.get(&dialog)?;
        match &dialog.peer {
            // On an open listener, a trunk is recognized by its networks.
            Peer::AnySource => self.access.of_network(dialog.source.address.ip()),
            peer => self.access.of_peer(peer),
        }
    }

    /// Sends an INVITE on a route; `to` and `via` of `invite` are ignored.
    pub fn invite_along(&mut self, now: Instant, route: Route, invite: Invite) -> DialogId {
        let to = route.to;
        let invite = Invite { to, ..invite };
        let way = (Some(route.way), route.target);
        let credentials = route.credentials.map(|account| Credentials {
            account,
            destination: route.via,
            answered: NonceCounts::default(),
        });
        self.invite_peer(now, invite, way, (route.peer, credentials))
    }
}

/// Returns true for up to 32 digits with an optional plus sign.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.len() <= 32 && digits.bytes().all(|b| b.is_ascii_digit())
}

fn host_port(uri: &SipUri) -> String {
    match uri.port {
        Some(port) => format!("{}:{port}", uri.host),
        None => uri.host.to_string(),
    }
}
