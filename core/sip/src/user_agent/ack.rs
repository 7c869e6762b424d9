//! ACK requests: those of the peer for local responses, and those sent for responses of the peer.

use confab_terms::Instant;

use super::UserAgent;
use super::output::Event;
use crate::auth::credentials;
use crate::dialog::{Dialog, DialogState};
use crate::ids::{DialogId, TransactionId};
use crate::message::{Method, Request, Transport};
use crate::timers::{TRANSACTION_TIMEOUT, Timer};
use crate::transaction::{Ack, ClientState, FORKS_MAX};
use crate::transport::Source;

impl UserAgent {
    /// Handles an ACK. ACK has no response; an ACK without a matching transaction or dialog is
    /// dropped.
    pub(crate) fn handle_ack(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        known: Option<TransactionId>,
    ) {
        if known.is_some_and(|server| self.confirm(now, server)) {
            return;
        }
        let tag = request.to.tag().unwrap_or_default().to_owned();
        let key = (request.call_id.clone(), tag);
        let Some(id) = self.dialog_keys.get(&key).copied() else {
            return;
        };
        let awaited = self.dialogs.get(&id).is_some_and(|dialog| {
            dialog.remote_tag.as_deref() == request.from.tag()
                && dialog
                    .pending_2xx
                    .as_ref()
                    .is_some_and(|pending_2xx| pending_2xx.cseq == request.cseq)
        });
        if awaited {
            // Over a stream, the connection of the INVITE remains in use.
            if from.transport == Transport::Udp {
                self.follow(now, id, from, request);
            }
            let sdp = request
                .content_type()
                .is_some_and(|kind| kind == "application/sdp");
            let answer = if sdp { request.body.as_slice() } else { &[] };
            self.ack_received(now, id, answer);
        }
    }

    /// Ends the retransmission of a 2xx that the peer has acknowledged. `answer`: SDP of the ACK,
    /// the answer to an offer in the 2xx.
    pub(crate) fn ack_received(&mut self, now: Instant, id: DialogId, answer: &[u8]) {
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        let Some(pending_2xx) = dialog.pending_2xx.take() else {
            return;
        };
        dialog.verified = true;
        self.timers.stop(Timer::Answer(id));
        self.timers.stop(Timer::AckTimeout(id));
        let phase = dialog.state;
        if phase == DialogState::Established && pending_2xx.late {
            self.emit(Event::LateAnswer {
                dialog: id,
                answer: answer.to_vec(),
            });
        }
        match phase {
            DialogState::ByePending => self.send_bye(now, id, TRANSACTION_TIMEOUT),
            DialogState::Established if pending_2xx.first => {
                self.emit(Event::Acknowledged { dialog: id });
            }
            _ => {}
        }
    }

    /// Sends the ACK for a 2xx and stores the ACK for retransmissions of that 2xx.
    pub(crate) fn send_ack(
        &mut self,
        now: Instant,
        client: TransactionId,
        dialog: &Dialog,
        cseq: u32,
    ) {
        let branch = self.branch();
        let to = dialog.destination();
        let mut request = dialog.numbered(Method::Ack, branch, cseq);
        if let Some(client) = self.clients.get(&client) {
            request.headers = credentials(client, &to);
        }
        let bytes = request.bytes(self.sent_by(to.transport), to.transport);
        if let Some(client) = self.clients.get_mut(&client)
            && let ClientState::Accepted { acks } = &mut client.state
            && acks.len() < FORKS_MAX
        {
            acks.push(Ack {
                tag: dialog.remote_tag.clone(),
                to: to.clone(),
                bytes: bytes.clone(),
            });
        }
        self.send(now, &to, bytes);
    }
}
