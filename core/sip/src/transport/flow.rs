//! Peers behind NAT: the flow of the peer's requests, and the choice between that flow and the
//! Contact (docs/decisions/0031).

use confab_terms::SocketAddr;
use serde::{Deserialize, Serialize};

use super::source::Source;
use crate::message::{Host, Request, Transport, Uri};

/// Trunk setting `nat`: destination of requests to the peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nat {
    /// The flow, if the peer's last request shows a NAT; else the Contact.
    #[default]
    Auto,
    /// Always the flow.
    Always,
    /// Always the Contact.
    Never,
}

impl Nat {
    /// Names of the settings, for error messages.
    pub const NAMES: &'static str = "auto, always and never";

    /// Parses `auto`, `always` or `never`.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "always" => Some(Self::Always),
            "never" => Some(Self::Never),
            _ => None,
        }
    }
}

/// Destination of requests in a dialog without a route set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Contact,
    Flow,
    /// The Contact's host is a name; the flow if the name does not resolve.
    ContactElseFlow,
}

/// Flow of a peer's last request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) source: Source,
    /// Host of the request's only Via, if different from the source address.
    sent_by: Option<Host>,
    nat: Nat,
    /// True if the peer has sent a request. Until then, responses update the flow.
    requested: bool,
}

impl Flow {
    /// Returns the flow of a request.
    pub(crate) fn of(request: &Request, source: Source, nat: Nat) -> Self {
        let own = Host::Address(source.address.ip());
        let sent_by = match request.vias.as_slice() {
            [only] => Some(canonical(&only.host)).filter(|host| *host != own),
            _ => None,
        };
        Self {
            source,
            sent_by,
            nat,
            requested: true,
        }
    }

    /// Returns the flow towards a peer that has not sent a request.
    pub(crate) fn towards(source: Source, nat: Nat) -> Self {
        Self {
            source,
            sent_by: None,
            nat,
            requested: false,
        }
    }

    /// Returns the flow of a caller without Contact, which is always used.
    pub(crate) fn without_contact(self) -> Self {
        let nat = Nat::Always;
        Self { nat, ..self }
    }

    /// Updates the source with a response, if the peer has not sent a request.
    pub(crate) fn update_from_response(&mut self, source: Source) {
        if !self.requested {
            self.source = source;
        }
    }

    /// Updates the flow with a later request. A request without Contact never ends the use of the
    /// flow, because its Via host may differ from the host of the earlier Contact.
    pub(crate) fn follow(&mut self, request: &Request, source: Source, target: &str) {
        let next = Self::of(request, source, self.nat);
        let stays = request.contact.is_none()
            && self.reach(target) == Destination::Flow
            && next.reach(target) == Destination::Contact;
        let sent_by = if stays {
            self.sent_by.take()
        } else {
            next.sent_by
        };
        *self = Self {
            source,
            sent_by,
            nat: self.nat,
            requested: true,
        };
    }

    /// Returns the destination for a Contact URI. Over a stream, the connection is used instead.
    pub(crate) fn reach(&self, target: &str) -> Destination {
        if self.source.transport != Transport::Udp {
            return Destination::Contact;
        }
        match self.nat {
            Nat::Always => return Destination::Flow,
            Nat::Never => return Destination::Contact,
            Nat::Auto => {}
        }
        let Some(Uri::Sip(uri)) = Uri::parse(target) else {
            return Destination::Contact;
        };
        match canonical(&uri.host) {
            Host::Name(name) if is_invalid(&name) => Destination::Flow,
            Host::Name(_) => Destination::ContactElseFlow,
            // The local socket cannot reach an address of the other family.
            Host::Address(ip) if ip.is_ipv4() != self.source.address.is_ipv4() => Destination::Flow,
            host if self.sent_by.as_ref() == Some(&host) => Destination::Flow,
            Host::Address(_) => Destination::Contact,
        }
    }

    /// Returns the destination of keep-alives; `None` if the peer is not behind NAT.
    pub(crate) fn kept(&self, target: &str) -> Option<SocketAddr> {
        let kept = match self.reach(target) {
            Destination::Flow => true,
            Destination::ContactElseFlow => self.sent_by.is_some(),
            Destination::Contact => false,
        };
        kept.then_some(self.source.address)
    }
}

/// Returns true for `.invalid`, which never resolves (RFC 2606).
fn is_invalid(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    last.eq_ignore_ascii_case("invalid")
}

fn canonical(host: &Host) -> Host {
    match host {
        Host::Address(ip) => Host::Address(ip.to_canonical()),
        Host::Name(name) => Host::Name(name.to_ascii_lowercase()),
    }
}
