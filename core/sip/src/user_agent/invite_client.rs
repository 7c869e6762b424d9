//! Outbound INVITE.

use confab_terms::{Instant, limits};

use super::UserAgent;
use super::config::Invite;
use super::output::{Ending, Event};
use crate::auth::{Credentials, Peer};
use crate::dialog::{Dialog, INTERVAL_S, INTERVAL_S_MIN};
use crate::ids::{DialogId, TransactionId};
use crate::message::{ALLOW, Method, SUPPORTED, Uri, is_token};
use crate::transport::{Flow, Hop, next_hop_of_uri};

impl UserAgent {
    /// Sends an INVITE to `via` or to the host of `to`, and returns the id of the new dialog.
    /// Failures are reported by `Ended`.
    pub fn invite(&mut self, now: Instant, invite: Invite) -> DialogId {
        let way =
            next_hop_of_uri(&invite.to, self.config.tls_port.is_some()).map(|way| {
                match invite.via {
                    Some(via) => Hop {
                        tls_name: way.tls_name,
                        ..Hop::to(way.transport, via)
                    },
                    None => way,
                }
            });
        let peer = match (self.access.open, way.as_ref().ok().and_then(Hop::address)) {
            (false, Some(address)) => Peer::Address(address.ip()),
            (false, None) => Peer::Unresolved,
            (true, _) => Peer::AnySource,
        };
        self.invite_peer(now, invite, (way.ok(), None), (peer, None))
    }

    /// Sends an INVITE to a known next hop and peer; `target` is a request URI other than To.
    pub(crate) fn invite_peer(
        &mut self,
        now: Instant,
        invite: Invite,
        (way, target): (Option<Hop>, Option<String>),
        (peer, credentials): (Peer, Option<Credentials>),
    ) -> DialogId {
        let id = DialogId(self.next_number());
        let status = if !self.has_room() || self.dialogs.len() >= limits::SIP_DIALOGS_MAX {
            Some(503)
        } else if way.is_none() || Uri::parse(&invite.from).is_none() {
            Some(416)
        } else {
            None
        };
        let (Some(mut way), None) = (way, status) else {
            let status = status.unwrap_or(416);
            self.emit(Event::Ended {
                dialog: id,
                how: Ending::Refused(status),
            });
            return id;
        };
        let client = TransactionId(self.next_number());
        let call_id = format!("{}{}", self.tag(), self.tag());
        let (tag, branch) = (self.tag(), self.branch());
        let flow = self.flow_of(&way, &peer);
        // Kept for ACK and BYE of a 2xx that arrives after the end of the dialog.
        way.flow = way.address().map(|_| flow.clone());
        let mut dialog = Dialog::outbound(call_id, tag, (&invite.from, &invite.to), flow, client);
        dialog.peer = peer;
        dialog.credentials = credentials.map(Box::new);
        dialog.target = target.unwrap_or(dialog.target);
        let mut request = dialog.request(Method::Invite, branch);
        if let Some(name) = &invite.from_name {
            request.from = format!("{} {}", quoted(name), request.from);
        }
        let contact = self.contact(way.transport, dialog.secure);
        request.headers.push(("Contact".into(), contact));
        request.headers.push(("Allow".into(), ALLOW.into()));
        for (name, value) in [
            ("Supported", SUPPORTED.to_owned()),
            ("Session-Expires", INTERVAL_S.to_string()),
            ("Min-SE", INTERVAL_S_MIN.to_string()),
        ] {
            request.headers.push((name.into(), value));
        }
        if !self.config.product.is_empty() {
            let product = self.config.product.clone();
            request.headers.push(("User-Agent".into(), product));
        }
        let sound =
            |(name, value): &(String, String)| is_token(name) && !value.contains(['\r', '\n']);
        request
            .headers
            .extend(invite.headers.into_iter().filter(sound));
        dialog.local_sdp.clone_from(&invite.offer);
        request.sdp = invite.offer;
        let key = (dialog.call_id.clone(), dialog.local_tag.clone());
        self.dialog_keys.insert(key, id);
        self.dialogs.insert(id, dialog);
        self.begin_client(now, client, request, way, id);
        id
    }

    /// Returns the flow towards a peer: that of the registration, or the next hop.
    pub(crate) fn flow_of(&self, way: &Hop, peer: &Peer) -> Flow {
        way.flow.clone().unwrap_or_else(|| {
            let source = way.as_source(self.config.address);
            let nat = self.access.nat_of(peer, source.address);
            Flow::towards(source, nat)
        })
    }
}

/// Returns a display name as a quoted string, without control characters.
fn quoted(name: &str) -> String {
    let mut text = String::from("\"");
    for char in name.chars().filter(|char| !char.is_control()) {
        if matches!(char, '"' | '\\') {
            text.push('\\');
        }
        text.push(char);
    }
    text.push('"');
    text
}
