//! Handling of responses to outbound requests.

use confab_terms::Instant;

use crate::access::Peer;
use crate::client::{Cancel, ClientState};
use crate::dialog::Dialog;
use crate::hop::Source;
use crate::message::{Method, Response};
use crate::phase::Phase;
use crate::timers::{PATIENCE, RINGING_MAX, Timer, TransactionId};
use crate::{DialogId, Ending, Event, UserAgent};

impl UserAgent {
    /// Handles a response. A response without a matching client transaction is dropped (RFC 3261
    /// §18.1.2).
    pub(crate) fn take_response(&mut self, now: Instant, from: Source, response: &Response) {
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
            self.hear_from(client.dialog, from);
        }
        match (of_it, &response.method) {
            (false, _) => {}
            (true, Method::Invite) => self.take_invite_response(now, (id, from), response),
            (true, _) => self.take_other_response(now, (id, from), response),
        }
    }

    fn take_other_response(
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
            if challenged && self.show_credentials(now, (id, from), response) {
                return;
            }
            if response.status == 503 && self.try_next_way(now, id) {
                return;
            }
            match response.method {
                // Any final response ends the dialog; 481 means that the peer has no such dialog.
                Method::Bye => self.forget_dialog(now, dialog),
                Method::Update => self.refreshed(now, dialog, response),
                _ => {}
            }
        }
    }

    fn take_invite_response(
        &mut self,
        now: Instant,
        (id, from): (TransactionId, Source),
        response: &Response,
    ) {
        match response.status {
            ..200 => self.take_provisional(now, id, response),
            200..300 => self.take_acceptance(now, (id, from), response),
            _ => {
                let to = response.headers.text("To").unwrap_or_default();
                if self.complete_invite(now, id, &to) {
                    self.take_refusal(now, (id, from), response);
                }
            }
        }
    }

    fn take_provisional(&mut self, now: Instant, id: TransactionId, response: &Response) {
        if !self.proceed(id) {
            return;
        }
        self.timers.stop(Timer::A(id));
        self.timers.stop(Timer::B(id));
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        let (dialog, cancel) = (client.dialog, client.cancel);
        if self.is_in_its_turn(dialog, response) {
            self.send_prack(now, id, response);
            self.note_early(dialog, response);
        }
        match cancel {
            Cancel::No => self.timers.set(Timer::C(id), now + RINGING_MAX),
            Cancel::Wanted => self.cancel(now, id),
            Cancel::Sent if !self.timers.is_set(Timer::C(id)) => {
                self.timers.set(Timer::C(id), now + PATIENCE);
            }
            Cancel::Sent => {}
        }
        if let Some(known) = self.dialogs.get_mut(&dialog)
            && let Phase::Inviting { rang, .. } = &mut known.phase
            && !*rang
            && matches!(response.status, 180 | 183)
        {
            *rang = true;
            self.tell(Event::Ringing { dialog });
        }
    }

    fn take_acceptance(
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
                self.timers.set(Timer::M(id), now + PATIENCE);
                match self.dialogs.get_mut(&dialog) {
                    None => self.decline_fork(now, (id, from), response),
                    Some(known) => {
                        let first =
                            matches!(known.phase, Phase::Inviting { .. } | Phase::Withdrawn);
                        if first {
                            known.learn(response);
                            if response.fault.is_some() {
                                known.answer_back(from);
                            }
                        } else {
                            known.refresh(response.contact.as_ref());
                        }
                        let known = known.clone();
                        self.keep_dialog(now, dialog);
                        self.send_ack(now, id, &known, cseq);
                        self.accepted(now, dialog, &known.phase, response);
                    }
                }
            }
        }
    }

    /// Completes a 2xx after its ACK, according to the state of the dialog.
    fn accepted(&mut self, now: Instant, dialog: DialogId, phase: &Phase, response: &Response) {
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        let answer = known.answer_of(response);
        known.early.clear();
        match phase {
            Phase::Inviting { .. } => {
                known.phase = Phase::Up;
                if let Some(fault) = &response.fault {
                    let reason = fault.clone();
                    self.tell(Event::Unusable { dialog, reason });
                    return self.lose(now, dialog, Ending::ByeSent);
                }
                self.tell(Event::Answered { dialog, answer });
                self.take_lasting(now, dialog, response);
            }
            // The 2xx crossed the CANCEL: BYE ends the dialog.
            Phase::Withdrawn => self.send_bye(now, dialog, PATIENCE),
            Phase::Up => {
                if let Some(asking) = known.asking.take() {
                    known.local_sdp = asking.offer;
                    known.probed = false;
                    self.tell(Event::OfferAccepted { dialog, answer });
                    self.take_lasting(now, dialog, response);
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
        let flow = self.flow_of(&client.to, peer.unwrap_or(&Peer::Nobody));
        let mut fork = Dialog::of_fork(&request, response, flow);
        if response.fault.is_some() {
            fork.answer_back(from);
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
    fn take_refusal(
        &mut self,
        now: Instant,
        (id, from): (TransactionId, Source),
        response: &Response,
    ) {
        if self.try_again(now, (id, from), response) {
            return;
        }
        let status = response.status;
        if status == 503 && self.try_next_way(now, id) {
            return;
        }
        let Some(dialog) = self.clients.get(&id).map(|client| client.dialog) else {
            return;
        };
        match self.dialogs.get(&dialog).map(|known| known.phase) {
            Some(Phase::Inviting { .. }) => self.end(now, dialog, Ending::Refused(status)),
            Some(Phase::Withdrawn) => self.forget_dialog(now, dialog),
            Some(Phase::Up) => self.offer_refused(now, dialog, status),
            _ => {}
        }
    }
}
