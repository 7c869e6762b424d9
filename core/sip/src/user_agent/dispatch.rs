//! Dispatch of received messages: to the matching transaction, else to the handler of the method.

use confab_terms::{Instant, SocketAddr};

use super::UserAgent;
use crate::auth::Peer;
use crate::dialog::DialogState;
use crate::ids::DialogId;
use crate::message::{
    Echo, Message, Method, Request, ResponseOut, Unreadable, parse, take_session,
};
use crate::transaction::ServerKey;
use crate::transport::{Hop, Source};

impl UserAgent {
    /// Handles a received datagram.
    pub fn handle(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
        if self.within_rate(now, from.ip()) {
            self.handle_message(now, Source::datagram(from), bytes);
        }
    }

    /// Handles a complete message of any transport.
    pub(crate) fn handle_message(&mut self, now: Instant, from: Source, bytes: &[u8]) {
        match parse(bytes) {
            Ok(Message::Request(mut request)) => {
                if let Some(peer) = self.admit(now, from, &request, bytes.len()) {
                    if let Some(connection) = from.connection {
                        self.connections.set_authenticated(connection);
                    }
                    use_session(&mut request);
                    self.handle_request(now, from, &request, peer);
                }
            }
            Ok(Message::Response(mut response)) => {
                if response.method == Method::Invite
                    && take_session(&mut response.headers, &mut response.body).is_err()
                {
                    let fault = "Bad multipart body".to_owned();
                    response.fault.get_or_insert(fault);
                }
                self.handle_response(now, from, &response);
            }
            Err(Unreadable::Refused {
                status,
                reason,
                echo,
            }) if self.answers_malformed(from) => {
                let reply = ResponseOut::new(status).reason(&reason);
                self.send(now, &Hop::back(from), reply.bytes(&echo));
            }
            Err(_) => {}
        }
    }

    fn handle_request(&mut self, now: Instant, from: Source, request: &Request, peer: Peer) {
        let known = self.server_keys.get(&ServerKey::of(request)).copied();
        match (&request.method, known) {
            (Method::Ack, known) => self.handle_ack(now, from, request, known),
            (Method::Cancel, known) => self.handle_cancel(now, from, request, known),
            (_, Some(transaction)) => self.repeat_response(now, transaction),
            (_, None) => self.handle_new(now, from, request, peer),
        }
    }

    fn handle_new(&mut self, now: Instant, from: Source, request: &Request, peer: Peer) {
        if let Some(refusal) = self.refusal(from, request) {
            return self.refuse(now, from, request, refusal);
        }
        if request.to.tag().is_some() {
            return match self.dialog_of(request) {
                Some(dialog) => self.handle_within(now, from, request, dialog),
                None => self.refuse(now, from, request, ResponseOut::new(481)),
            };
        }
        match request.method {
            Method::Invite => self.handle_invite(now, from, request, peer),
            Method::Register => self.handle_register(now, from, request, &peer),
            Method::Options => self.handle_options(now, from, request),
            _ => self.refuse(now, from, request, ResponseOut::new(481)),
        }
    }

    /// Returns true if the From tag is the dialog's remote tag. An outbound dialog without a final
    /// response accepts any tag.
    pub(crate) fn is_of(&self, id: DialogId, request: &Request) -> bool {
        self.dialogs.get(&id).is_some_and(|dialog| {
            let open = matches!(
                dialog.state,
                DialogState::Inviting { .. } | DialogState::Canceled
            );
            open || dialog.remote_tag.as_deref() == request.from.tag()
        })
    }

    /// Handles a request within a dialog, in CSeq order (RFC 3261 §12.2.2).
    fn handle_within(&mut self, now: Instant, from: Source, request: &Request, id: DialogId) {
        // Checked before the CSeq, so that a retransmission of the rejected request is not out of
        // order.
        let holder = self.holder_in(id, from);
        let is_bye = request.method == Method::Bye;
        if !is_bye && !self.has_room_for(now, Some(id), &holder) {
            let refusal = ResponseOut::new(503).header("Retry-After", "5");
            return self.refuse(now, from, request, refusal);
        }
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        if !dialog.accept_cseq(request) {
            let refusal = ResponseOut::new(500).reason("CSeq Out Of Order");
            return self.refuse(now, from, request, refusal);
        }
        // The peer has received the local tag.
        dialog.verified = true;
        self.follow(now, id, from, request);
        match request.method {
            Method::Bye => self.handle_bye(now, from, request, id),
            Method::Invite | Method::Update => self.handle_offer(now, from, request, id),
            Method::Info => self.handle_info(now, from, request, id),
            Method::Prack => self.handle_prack(now, from, request, id),
            _ => {
                let reply = match request.method {
                    Method::Options => self.capabilities(),
                    _ => ResponseOut::new(200),
                };
                let server = self.begin_server(request, from, id);
                self.respond(now, server, &reply);
            }
        }
    }

    /// Rejects a request statelessly: a retransmission gets the same response (RFC 3261 §8.2.7),
    /// and a forged request uses no memory.
    pub(crate) fn refuse(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        reply: ResponseOut,
    ) {
        let reply = reply.tag(&self.stateless_tag(request));
        let bytes = reply.bytes(&Echo::of(request, from.address));
        self.send(now, &Hop::of_response(from, request.via()), bytes);
    }

    /// Returns a tag that is equal for each retransmission of a request: FNV-1a of the seed and the
    /// request's identifiers.
    pub(crate) fn stateless_tag(&self, request: &Request) -> String {
        let via = request.via().to_string();
        let from = request.from.tag().unwrap_or_default();
        let cseq = request.cseq.to_string();
        let parts = [via.as_str(), from, &request.call_id, &cseq];
        let bytes = parts.iter().flat_map(|part| part.bytes());
        let hash = self
            .config
            .seed
            .into_iter()
            .chain(bytes)
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        format!("{hash:016x}")
    }
}

/// Replaces a multipart body by its SDP. A body that cannot be used remains unchanged and is
/// rejected later.
fn use_session(request: &mut Request) {
    let has_session = matches!(
        request.method,
        Method::Invite | Method::Update | Method::Ack | Method::Prack
    );
    if has_session {
        let _ = take_session(&mut request.headers, &mut request.body);
    }
}
