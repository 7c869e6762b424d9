//! REGISTER (RFC 3261 §10.3): query and change of a user's contacts.

use core::time::Duration;

use confab_terms::{Instant, limits};

use crate::access::Peer;
use crate::hop::Source;
use crate::message::{Address, Params, Reply, Request, Uri};
use crate::nat::{Flow, Nat};
use crate::registrar::{Binding, Change, NotRegistered};
use crate::{DialogId, Event, UserAgent};

/// Operation of a REGISTER.
enum Wish {
    /// Query without a change.
    Tell,
    /// `Contact: *` with `Expires: 0`.
    RemoveAll,
    Change(Vec<Change>),
}

impl UserAgent {
    /// Handles a REGISTER. The transaction is stored, so that a retransmission gets the same
    /// response even if its nonce is used. For unauthenticated peers, only successful transactions
    /// are stored, up to a limit. Rejections are the same each time, and a flood must not fill the
    /// memory.
    pub(crate) fn take_register(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        peer: &Peer,
    ) {
        let holder = self.holder(peer, from);
        if !self.has_room_for(now, None, &holder) {
            let refusal = Reply::new(503).header("Retry-After", "10");
            return self.refuse(now, from, request, refusal);
        }
        let registered = self.register(now, from, request, peer);
        let server = match (peer, &registered) {
            (Peer::Anyone, Err(_)) => None,
            (Peer::Anyone, Ok(_)) => self.begin_strangers(request, from),
            _ => {
                let nobody = DialogId(self.next_number());
                Some(self.begin_server_of(request, from, (nobody, holder)))
            }
        };
        let changed = registered.is_ok() && request.headers.text("Contact").is_some();
        let (Ok(reply) | Err(reply)) = registered;
        match server {
            Some(server) => {
                let reply = reply.tag(&self.same_tag(request));
                self.respond(now, server, &reply);
            }
            None => self.refuse(now, from, request, reply),
        }
        if let (true, Ok(user)) = (changed, user_of(request)) {
            let registration = self.registration(now, &user);
            self.tell(Event::Registered(registration));
        }
    }

    /// Returns the 200, or the rejection without any change.
    fn register(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        peer: &Peer,
    ) -> Result<Reply, Reply> {
        let user = user_of(request)?;
        let allowed = match peer {
            Peer::Anyone => true,
            Peer::User { user: shown, .. } => *shown == user,
            Peer::Trunk(_) | Peer::Address(_) | Peer::Nobody => false,
        };
        if !allowed {
            return Err(Reply::new(403));
        }
        let order = (request.call_id.as_str(), request.cseq);
        let nat = Nat::of_peer(&self.access, peer, from.address);
        match wish(now, &Flow::of(request, from, nat), request)? {
            Wish::Tell => Ok(()),
            Wish::RemoveAll => self.registrar.remove_all(now, &user, order),
            Wish::Change(changes) => self.registrar.change(now, &user, order, changes),
        }
        .map_err(refusal)?;
        self.keep_user(now, &user);
        let bindings = self.registrar.bindings(now, &user);
        Ok(bindings.iter().fold(Reply::new(200), |reply, binding| {
            reply.header("Contact", shown(now, binding))
        }))
    }
}

/// Returns the user of the address-of-record: the unescaped user of To. Its host is not checked.
fn user_of(request: &Request) -> Result<String, Reply> {
    let user = match &request.to.uri {
        Uri::Sip(_) => request.to.uri.user(),
        Uri::Other { .. } => String::new(),
    };
    if user.is_empty() || user.chars().count() > limits::SIP_CONTACT_CHARS_MAX {
        return Err(Reply::new(400).reason("Bad To"));
    }
    Ok(user)
}

fn wish(now: Instant, flow: &Flow, request: &Request) -> Result<Wish, Reply> {
    let bad = |reason: &str| Reply::new(400).reason(reason);
    let texts = request.headers.addresses("Contact");
    let texts = texts.ok_or_else(|| bad("Bad Contact"))?;
    let header = request.headers.text("Expires").map(|text| seconds(&text));
    if texts.is_empty() {
        return Ok(Wish::Tell);
    }
    if texts.iter().any(|text| text == "*") {
        let alone = texts.len() == 1 && header == Some(0);
        return match alone {
            true => Ok(Wish::RemoveAll),
            false => Err(bad("Contact * Needs Expires 0")),
        };
    }
    let mut changes = Vec::new();
    for text in &texts {
        let contact = Address::parse(text).ok_or_else(|| bad("Bad Contact"))?;
        let uri = contact.uri.text().to_owned();
        // Headers in a Contact URI would be copied into requests, and are not supported.
        let callable = matches!(&contact.uri, Uri::Sip(uri) if !uri.has_headers);
        if !callable || uri.len() > limits::SIP_CONTACT_CHARS_MAX {
            return Err(bad("Bad Contact"));
        }
        let (expires, params) = expires(contact.params);
        let expires = expires.or(header).unwrap_or(limits::SIP_EXPIRES_S_DEFAULT);
        if expires == 0 {
            changes.push(Change::Remove(uri));
            continue;
        }
        if expires < limits::SIP_EXPIRES_S_MIN {
            let least = limits::SIP_EXPIRES_S_MIN.to_string();
            return Err(Reply::new(423).header("Min-Expires", least));
        }
        let expires = expires.min(limits::SIP_EXPIRES_S_MAX);
        changes.push(Change::Keep(Binding {
            uri,
            params,
            flow: flow.clone(),
            call_id: request.call_id.clone(),
            cseq: request.cseq,
            until: now + Duration::from_secs(expires.into()),
        }));
    }
    Ok(Wish::Change(changes))
}

/// Returns `expires` of a contact, and the other parameters.
fn expires(params: Params) -> (Option<u32>, Params) {
    let is_it = |(name, _): &(String, Option<String>)| name.eq_ignore_ascii_case("expires");
    let (found, others): (Params, Params) = params.into_iter().partition(is_it);
    let value = found.into_iter().next().and_then(|(_, value)| value);
    (value.map(|text| seconds(&text)), others)
}

/// Parses seconds. A malformed value counts as the default (RFC 3261 §20.19), an overflow as the
/// maximum.
fn seconds(text: &str) -> u32 {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match is_number {
        true => text.parse().unwrap_or(u32::MAX),
        false => limits::SIP_EXPIRES_S_DEFAULT,
    }
}

/// Returns a binding as a Contact of the 200.
fn shown(now: Instant, binding: &Binding) -> String {
    let mut text = format!("<{}>", binding.uri);
    for (name, value) in &binding.params {
        text += &match value {
            Some(value) => format!(";{name}={value}"),
            None => format!(";{name}"),
        };
    }
    let left = binding.until.saturating_since(now).as_secs();
    text + &format!(";expires={left}")
}

fn refusal(why: NotRegistered) -> Reply {
    match why {
        NotRegistered::OutOfOrder => Reply::new(500).reason("CSeq Out Of Order"),
        NotRegistered::TooManyContacts => Reply::new(403).reason("Too Many Contacts"),
        NotRegistered::Full => Reply::new(503).header("Retry-After", "60"),
    }
}
