//! REGISTER (RFC 3261 §10.3): admission, response and event.

use confab_terms::Instant;

use super::UserAgent;
use super::output::Event;
use crate::auth::Peer;
use crate::ids::DialogId;
use crate::message::{Request, ResponseOut};
use crate::registrar::{Operation, contact_header, parse_operation, rejection, user_of};
use crate::transport::{Flow, Source};

impl UserAgent {
    /// Handles a REGISTER. The transaction is stored, so that a retransmission gets the same
    /// response even if its nonce is used. For unauthenticated peers, only successful transactions
    /// are stored, up to a limit. Rejections are the same each time, and a flood must not fill the
    /// memory.
    pub(crate) fn handle_register(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        peer: &Peer,
    ) {
        let holder = self.holder(peer, from);
        if !self.has_room_for(now, None, &holder) {
            let refusal = ResponseOut::new(503).header("Retry-After", "10");
            return self.refuse(now, from, request, refusal);
        }
        let registered = self.register(now, from, request, peer);
        let server = match (peer, &registered) {
            (Peer::AnySource, Err(_)) => None,
            (Peer::AnySource, Ok(_)) => self.begin_unauthenticated(request, from),
            _ => {
                let nobody = DialogId(self.next_number());
                Some(self.begin_server_of(request, from, (nobody, holder)))
            }
        };
        let changed = registered.is_ok() && request.headers.text("Contact").is_some();
        let (Ok(reply) | Err(reply)) = registered;
        match server {
            Some(server) => {
                let reply = reply.tag(&self.stateless_tag(request));
                self.respond(now, server, &reply);
            }
            None => self.refuse(now, from, request, reply),
        }
        if let (true, Ok(user)) = (changed, user_of(request)) {
            let registration = self.registration(now, &user);
            self.emit(Event::Registered(registration));
        }
    }

    /// Returns the 200, or the rejection without any change.
    fn register(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        peer: &Peer,
    ) -> Result<ResponseOut, ResponseOut> {
        let user = user_of(request)?;
        let allowed = match peer {
            Peer::AnySource => true,
            Peer::User { user: shown, .. } => *shown == user,
            Peer::Trunk(_) | Peer::Address(_) | Peer::Unresolved => false,
        };
        if !allowed {
            return Err(ResponseOut::new(403));
        }
        let order = (request.call_id.as_str(), request.cseq);
        let nat = self.access.nat_of(peer, from.address);
        match parse_operation(now, &Flow::of(request, from, nat), request)? {
            Operation::Query => Ok(()),
            Operation::RemoveAll => self.registrar.remove_all(now, &user, order),
            Operation::Change(changes) => self.registrar.change(now, &user, order, changes),
        }
        .map_err(rejection)?;
        self.keep_user(now, &user);
        let bindings = self.registrar.bindings(now, &user);
        Ok(bindings
            .iter()
            .fold(ResponseOut::new(200), |reply, binding| {
                reply.header("Contact", contact_header(now, binding))
            }))
    }
}
