//! Handling of responses to outbound requests.

use confab_terms::Instant;

use super::UserAgent;
use super::output::{Ending, Event};
use crate::auth::Peer;
use crate::dialog::{Dialog, DialogState};
use crate::ids::{DialogId, TransactionId};
use crate::message::{Method, Response};
use crate::timers::{TIMER_C, TRANSACTION_TIMEOUT, Timer};
use crate::transaction::{Cancel, ClientState};
use crate::transport::Source;

impl UserAgent {
    /// Handles a response. A response without a matching client transaction is dropped (RFC 3261
    /// §18.1.2).
    pub(crate) fn handle_response(&mut self, now: Instant, from: Source, response: &Response) {
        // A response with a second Via is for another element behind this server; there is none.
        let [via] = response.vias.as_slice() else {
            return;
        };
        let Some(branch) = via.branch() else {
            return;
        };
        let key = (branch.to_owned(), response.method.clone());
        let Some(id) = self.client_keys.get(&key).copied() else {
            return;
        };
        let of_it = self
            .clients
            .get(&id)
            .is_some_and(|client| client.request.call_id == response.call_id);
        if of_it && let Some(client) = self.clients.get(&id) {
            self.update_source(client.dialog, from);
        }
        match (of_it, &response.method) {
            (false, _) => {}
            (true, Method::Invite) => self.handle_invite_response(now, (id, from), response),
            (true, _) => self.handle_other_response(now, (id, from), response),
        }
    }

    fn handle_other_response(
        &mut self,
        now: Instant,
        (id, from): (TransactionId, Source),
        response: &Response,
    ) {
        if response.status < 200 {
            self.proceed(id);
        } else if self.complete(now, id)
            && let Some(dialog) = self.clients.get(&id).map(|client| client.dialog)
        {
            let challenged = matches!(response.status, 401 | 407);
            if challenged && self.retry_with_credentials(now, (id, from), response) {
                return;
            }
            if response.status == 503 && self.try_next_target(now, id) {
                return;
            }
            match response.method {
                // Any final response ends the dialog; 481 means that the peer has no such dialog.
                Method::Bye => self.remove_dialog(now, dialog),
                Method::Update => self.refreshed(now, dialog, response),
                _ => {}
            }
        }
    }

    fn handle_invite_response(
        &mut self,
        now: Instant,
        (id, from): (TransactionId, Source),
        response: &Response,
    ) {
        match response.status {
            ..200 => self.handle_provisional(now, id, response),
            200..300 => self.handle_acceptance(now, (id, from), response),
            _ => {
                let to = response.headers.text("To").unwrap_or_default();
                if self.complete_invite(now, id, &to) {
                    self.handle_refusal(now, (id, from), response);
                }
            }
        }
    }

    fn handle_provisional(&mut self, now: Instant, id: TransactionId, response: &Response) {
        if !self.proceed(id) {
            return;
        }
        self.timers.stop(Timer::A(id));
        self.timers.stop(Timer::B(id));
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        let (dialog, cancel) = (client.dialog, client.cancel);
        if self.is_next_reliable(dialog, response) {
            self.send_prack(now, id, response);
            self.note_early(dialog, response);
        }
        match cancel {
            Cancel::No => self.timers.set(Timer::C(id), now + TIMER_C),
            Cancel::Wanted => self.cancel(now, id),
            Cancel::Sent if !self.timers.is_set(Timer::C(id)) => {
                self.timers.set(Timer::C(id), now + TRANSACTION_TIMEOUT);
            }
            Cancel::Sent => {}
        }
        if let Some(known) = self.dialogs.get_mut(&dialog)
            && let DialogState::Inviting { rang, .. } = &mut known.state
            && !*rang
            && matches!(response.status, 180 | 183)
        {
            *rang = true;
            self.emit(Event::Ringing { dialog });
        }
    }

    fn handle_acceptance(
        &mut self,
        now: Instant,
        (id, from): (TransactionId, Source),
        response: &Response,
    ) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        let (dialog, cseq) = (client.dialog, client.request.cseq);
        match &client.state {
            ClientState::Completed { .. } => {}
            ClientState::Accepted { acks } => {
                let tag = response.to.tag();
                let again = acks.iter().find(|ack| ack.tag.as_deref() == tag).cloned();
                match again {
                    Some(ack) => self.send(now, &ack.to, ack.bytes),
                    None => self.decline_fork(now, (id, from), response),
                }
            }
            ClientState::Calling { .. } | ClientState::Proceeding => {
                client.state = ClientState::Accepted { acks: Vec::new() };
                self.timers.stop_client(id);
                self.timers.set(Timer::M(id), now + TRANSACTION_TIMEOUT);
                match self.dialogs.get_mut(&dialog) {
                    None => self.decline_fork(now, (id, from), response),
                    Some(known) => {
                        let first = matches!(
                            known.state,
                            DialogState::Inviting { .. } | DialogState::Canceled
                        );
                        if first {
                            known.learn(response);
                            if response.fault.is_some() {
                                known.use_source(from);
                            }
                        } else {
                            known.refresh(response.contact.as_ref());
                        }
                        let known = known.clone();
                        self.keep_dialog(now, dialog);
                        self.send_ack(now, id, &known, cseq);
                        self.accepted(now, dialog, &known.state, response);
                    }
                }
            }
        }
    }

    /// Completes a 2xx after its ACK, according to the state of the dialog.
    fn accepted(
        &mut self,
        now: Instant,
        dialog: DialogId,
        phase: &DialogState,
        response: &Response,
    ) {
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        let answer = known.answer_of(response);
        known.early.clear();
        match phase {
            DialogState::Inviting { .. } => {
                known.state = DialogState::Established;
                if let Some(fault) = &response.fault {
                    let reason = fault.clone();
                    self.emit(Event::Unusable { dialog, reason });
                    return self.end_unresponsive(now, dialog, Ending::ByeSent);
                }
                self.emit(Event::Answered { dialog, answer });
                self.adopt_session_timer(now, dialog, response);
            }
            // The 2xx crossed the CANCEL: BYE ends the dialog.
            DialogState::Canceled => self.send_bye(now, dialog, TRANSACTION_TIMEOUT),
            DialogState::Established => {
                if let Some(reinvite) = known.reinvite.take() {
                    known.local_sdp = reinvite.offer;
                    known.probe_pending = false;
                    self.emit(Event::OfferAccepted { dialog, answer });
                    self.adopt_session_timer(now, dialog, response);
                }
            }
            _ => {}
        }
    }

    /// Ends the dialog of an unwanted 2xx by ACK and BYE (RFC 3261 §13.2.2.4). Unwanted are a 2xx
    /// of a further fork and a 2xx after the end of the dialog.
    fn decline_fork(
        &mut self,
        now: Instant,
        (id, from): (TransactionId, Source),
        response: &Response,
    ) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        let request = client.request.clone();
        let peer = self.dialogs.get(&client.dialog).map(|known| &known.peer);
        let flow = self.flow_of(&client.to, peer.unwrap_or(&Peer::Unresolved));
        let mut fork = Dialog::of_fork(&request, response, flow);
        if response.fault.is_some() {
            fork.use_source(from);
        }
        // A PRACK may have used the next CSeq.
        if let Some(known) = self.dialogs.get(&client.dialog) {
            fork.local_cseq = known.local_cseq.max(request.cseq);
        }
        self.send_ack(now, id, &fork, request.cseq);
        if !request.to.ends_with('>') || !self.has_room() {
            return; // A re-INVITE; BYE was already sent in its dialog.
        }
        let branch = self.branch();
        let bye = TransactionId(self.next_number());
        let nobody = DialogId(self.next_number());
        let request = fork.request(Method::Bye, branch);
        self.begin_client(now, bye, request, fork.destination(), nobody);
    }

    /// Handles a non-2xx final response to INVITE, after its ACK.
    fn handle_refusal(
        &mut self,
        now: Instant,
        (id, from): (TransactionId, Source),
        response: &Response,
    ) {
        if self.retry_invite(now, (id, from), response) {
            return;
        }
        let status = response.status;
        if status == 503 && self.try_next_target(now, id) {
            return;
        }
        let Some(dialog) = self.clients.get(&id).map(|client| client.dialog) else {
            return;
        };
        match self.dialogs.get(&dialog).map(|known| known.state) {
            Some(DialogState::Inviting { .. }) => self.end(now, dialog, Ending::Refused(status)),
            Some(DialogState::Canceled) => self.remove_dialog(now, dialog),
            Some(DialogState::Established) => self.reinvite_rejected(now, dialog, status),
            _ => {}
        }
    }
}
