//! Where a call of ours goes: through a trunk, or to where a user is registered.

use confab_terms::{Instant, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::access::{Gateway, Peer};
use crate::challenge::Credentials;
use crate::digest::Answered;
use crate::hop::{Hop, Transport};
use crate::message::{Host, SipUri, Uri, escape_user};
use crate::{Account, DialogId, Invite, Trunk, UserAgent};

/// The way of one call of ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// To.
    pub to: String,
    /// The trunk's name, if it goes through one.
    pub trunk: Option<String>,
    /// Where it goes; `None`: to a name.
    pub via: Option<SocketAddr>,
    way: Hop,
    /// The request URI, where it is not To.
    target: Option<String>,
    peer: Peer,
    /// Credentials of this call, in place of the trunk's.
    credentials: Option<Account>,
}

impl Route {
    /// Answers challenges to this call with these credentials, in place of the trunk's.
    #[must_use]
    pub fn with_credentials(self, account: Option<Account>) -> Self {
        Self {
            credentials: account,
            ..self
        }
    }
}

impl UserAgent {
    /// The way to a number (`+15551234567`: through the first trunk that takes calls) or to a
    /// SIP URI (of a trunk's host: through that; of our own address: to the registered user).
    /// `None`: nobody there is ours to call.
    #[must_use]
    pub fn route(&self, now: Instant, to: &str) -> Option<Route> {
        let mut trunks = self.access.trunks.iter();
        let through = |name: &str, gateway: &Gateway, to: String, by: Option<Transport>| {
            let own = gateway.transport;
            let settled = by.is_some() || own != Transport::Udp;
            let way = gateway.way(by.unwrap_or(own), settled)?;
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
        // `;transport=tcp` holds for a trunk as well.
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

    /// The way to a registered user, by name; `None`: the user is not registered.
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
        // `sips:` is TLS up to the phone.
        if uri.secure && binding.flow.source.transport != Transport::Tls {
            return None;
        }
        let peer = match self.access.open {
            true => Peer::Anyone,
            false => Peer::User {
                user,
                from: binding.flow.source.address.ip(),
            },
        };
        Some(Route {
            to: to.to_owned(),
            trunk: None,
            // Where it registered from and not what it wrote: a contact may be somebody else's.
            via: Some(binding.flow.source.address),
            way: Hop::on(&binding.flow),
            target: Some(binding.uri.clone()),
            peer,
            credentials: None,
        })
    }

    /// The trunk on this way: the one that it goes through, or that the registered user belongs to.
    #[must_use]
    pub fn trunk_on(&self, route: &Route) -> Option<&Trunk> {
        self.access.of_peer(&route.peer)
    }

    /// The trunk at the other end of a dialog.
    #[must_use]
    pub fn trunk_of(&self, dialog: DialogId) -> Option<&Trunk> {
        let dialog = self.dialogs.get(&dialog)?;
        match &dialog.peer {
            // An open listener asks nobody who it is: whoever calls from a trunk's network is it.
            Peer::Anyone => self.access.of_network(dialog.source.address.ip()),
            peer => self.access.of_peer(peer),
        }
    }

    /// Sends an INVITE on this way; what `invite` itself says of To and the way does not count.
    pub fn invite_along(&mut self, now: Instant, route: Route, invite: Invite) -> DialogId {
        let to = route.to;
        let invite = Invite { to, ..invite };
        let way = (Some(route.way), route.target);
        let credentials = route.credentials.map(|account| Credentials {
            account,
            asked_at: route.via,
            answered: Answered::default(),
        });
        self.invite_peer(now, invite, way, (route.peer, credentials))
    }
}

/// Digits, perhaps with a plus sign before them.
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
