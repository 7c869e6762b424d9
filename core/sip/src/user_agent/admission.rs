//! Admission: checks each request against the access rules before processing. A rejected request
//! gets at most one response, no larger than the request (docs/decisions/0012).

use confab_terms::Instant;

use super::UserAgent;
use super::output::{Event, Output};
use crate::auth::{Access, AuthRequest, DigestServer, Peer, Verdict};
use crate::ids::DialogId;
use crate::message::{Echo, Method, Request, ResponseOut};
use crate::transaction::ServerKey;
use crate::transport::{Hop, Source};

impl UserAgent {
    /// Sets the access rules. Without access rules, requests from any source are accepted.
    pub fn guard(&mut self, access: Access) {
        if !access.open {
            let mut key = [0; 32];
            for part in key.chunks_mut(8) {
                part.copy_from_slice(&self.random_number().to_le_bytes());
            }
            self.digest_server = Some(DigestServer::new(key));
        }
        self.access = access;
    }

    /// Returns true if malformed messages from this source are answered. Malformed messages of
    /// unknown sources are dropped.
    pub(crate) fn answers_malformed(&self, from: Source) -> bool {
        self.access.open || self.access.of_network(from.address.ip()).is_some()
    }

    /// Returns the peer that a request is accepted from; `None`: rejected, and a response was sent
    /// if allowed. `size`: length of the request in bytes.
    pub(crate) fn admit(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        size: usize,
    ) -> Option<Peer> {
        if self.access.open {
            return Some(Peer::AnySource);
        }
        let trunk = self.access.of_network(from.address.ip());
        let trunk = trunk.map(|trunk| Peer::Trunk(trunk.name.clone()));
        let known = self.server_keys.get(&ServerKey::of(request));
        if let Some(server) = known.and_then(|id| self.servers.get(id)) {
            // A retransmission, a CANCEL or an ACK from the same host (RFC 3261 §9.1).
            let same =
                server.source.address.ip().to_canonical() == from.address.ip().to_canonical();
            return same.then(|| trunk.unwrap_or(Peer::Address(from.address.ip())));
        }
        if request.to.tag().is_some() {
            return self.admit_within(now, from, request, size, trunk);
        }
        match (&request.method, trunk) {
            (Method::Ack | Method::Cancel, trunk) => trunk,
            // Without any account, no REGISTER can be authenticated; REGISTER processing rejects
            // the request.
            (Method::Register, Some(trunk)) if self.access.accounts().next().is_none() => {
                Some(trunk)
            }
            // REGISTER changes the destination of calls and always requires digest credentials.
            (Method::Register, _) | (_, None) => {
                let user = self.authenticate(now, from, request, size)?;
                let from = from.address.ip();
                Some(Peer::User { user, from })
            }
            (_, trunk) => trunk,
        }
    }

    /// Admits a request within a dialog: from the address of the dialog's peer, or with digest
    /// credentials of the dialog's user.
    fn admit_within(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        size: usize,
        trunk: Option<Peer>,
    ) -> Option<Peer> {
        let dialog = self.dialog_of(request).and_then(|id| self.dialogs.get(&id));
        let ip = from.address.ip().to_canonical();
        let (is_theirs, user) = match dialog.map(|dialog| &dialog.peer) {
            Some(Peer::AnySource) => (true, None),
            Some(Peer::Trunk(name)) => {
                let trunk = self.access.trunk(name);
                (
                    trunk.is_some_and(|trunk| trunk.accepts_requests_from(ip)),
                    None,
                )
            }
            Some(Peer::User { user, from }) => (from.to_canonical() == ip, Some(user.clone())),
            Some(Peer::Address(from)) => (from.to_canonical() == ip, None),
            Some(Peer::Unresolved) => (false, None),
            None => (trunk.is_some(), None),
        };
        match (is_theirs, user) {
            (true, _) => Some(trunk.unwrap_or(Peer::Address(ip))),
            (false, _) if request.method == Method::Ack => None,
            (false, Some(user)) => {
                let shown = self.authenticate(now, from, request, size)?;
                let same = shown == user;
                if !same {
                    self.refuse_small(now, from, request, ResponseOut::new(481), size);
                }
                same.then_some(Peer::User { user, from: ip })
            }
            (false, None) => {
                self.refuse_small(now, from, request, ResponseOut::new(481), size);
                None
            }
        }
    }

    /// Returns the dialog that a request identifies by Call-ID and both tags.
    pub(crate) fn dialog_of(&self, request: &Request) -> Option<DialogId> {
        let key = (request.call_id.clone(), request.to.tag()?.to_owned());
        let dialog = self.dialog_keys.get(&key).copied();
        dialog.filter(|id| self.is_of(*id, request))
    }

    /// Returns the user whose digest credentials are valid. Otherwise `None`, after a challenge if
    /// there is any account.
    fn authenticate(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        size: usize,
    ) -> Option<String> {
        let salt = self.stateless_tag(request);
        let digest_server = self.digest_server.as_mut()?;
        self.access.accounts().next()?;
        let asked = AuthRequest {
            from: from.address.ip(),
            method: request.method.as_str(),
            uri: request.uri.text(),
        };
        let texts = request.headers.all("Authorization");
        let texts: Vec<String> = texts.map(crate::message::lossy).collect();
        let verdict = digest_server.look(now, asked, &texts, self.access.accounts());
        let stale = verdict == Verdict::Challenged { stale: true };
        match verdict {
            Verdict::Authenticated(user) => return Some(user),
            Verdict::Challenged { .. } => {}
            Verdict::Failed => self.outputs.push_back(Output::Event(Event::LoginFailed {
                source: from.address,
            })),
        }
        let offered = digest_server.challenges(now, (from.address.ip(), &salt), stale);
        let challenge = |reply: ResponseOut, text: &str| reply.header("WWW-Authenticate", text);
        let md5 = challenge(ResponseOut::new(401), &offered.md5);
        let both = challenge(
            challenge(ResponseOut::new(401), &offered.sha256),
            &offered.md5,
        );
        let short = challenge(ResponseOut::new(401).short(), &offered.short);
        // MD5 alone if both challenges are too long: every phone supports MD5
        // (docs/decisions/0012).
        for reply in [both, md5, short] {
            if self.refuse_small(now, from, request, reply, size) {
                break;
            }
        }
        None
    }

    /// Sends a response that is no larger than the request, or of any size over a stream. Returns
    /// false if the response is too large.
    fn refuse_small(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        reply: ResponseOut,
        size: usize,
    ) -> bool {
        let tag = self.stateless_tag(request);
        // A tag that creates no dialog may be as short as 32 bits.
        let bytes = reply.tag(&tag[..8]).bytes(&Echo::of(request, from.address));
        // The source address of a stream is verified by its handshake.
        let fits = bytes.len() <= size || from.transport.is_stream();
        if fits && request.method != Method::Ack {
            self.send(now, &Hop::back(from), bytes);
        }
        fits
    }
}
