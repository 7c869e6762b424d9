//! New offers within a dialog: inbound by re-INVITE or UPDATE, outbound by re-INVITE, and glare
//! between both (RFC 3261 §14, RFC 3311 §5.2).

use core::time::Duration;

use confab_terms::{Instant, limits};

use super::UserAgent;
use super::output::{Ending, Event};
use crate::dialog::{
    Dialog, DialogState, InboundOffer, OutboundReinvite, Pending2xx, session_timer,
};
use crate::ids::{DialogId, TransactionId};
use crate::message::{ALLOW, Method, Request, ResponseOut, SUPPORTED};
use crate::timers::Timer;
use crate::transport::Source;

/// Returns the rejection of an offer that conflicts with the state of the dialog or a pending
/// transaction; `None`: acceptable.
fn refusal(dialog: &Dialog, request: &Request, unheard_offer: bool) -> Option<ResponseOut> {
    let invite = request.method == Method::Invite;
    let busy = ResponseOut::new(500).header("Retry-After", "3");
    let update_alone = !invite && request.body.is_empty();
    match (dialog.state, &dialog.inbound_offer, &dialog.reinvite) {
        // An UPDATE without an offer only refreshes the target (RFC 3311 §5.2).
        (DialogState::Invited { .. } | DialogState::Inviting { .. }, _, _) if update_alone => None,
        (DialogState::Inviting { .. }, None, _)
            if !invite && dialog.is_agreed_with(request.from.tag()) =>
        {
            None
        }
        (
            DialogState::Invited { .. } | DialogState::Established | DialogState::Inviting { .. },
            Some(_),
            _,
        )
        | (DialogState::Invited { .. }, _, _) => Some(busy),
        (DialogState::Inviting { .. }, _, _) => Some(ResponseOut::new(491)),
        // An offer in a 2xx is pending until the answer in the ACK.
        (DialogState::Established, ..) if unheard_offer && invite => Some(busy),
        (DialogState::Established, ..) if unheard_offer && !request.body.is_empty() => {
            Some(ResponseOut::new(491))
        }
        (DialogState::Established, None, Some(reinvite)) if reinvite.client.is_some() => {
            Some(ResponseOut::new(491))
        }
        (DialogState::Established, None, _) => None,
        _ => Some(ResponseOut::new(481)),
    }
}

impl UserAgent {
    pub(crate) fn handle_offer(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        id: DialogId,
    ) {
        let invite = request.method == Method::Invite;
        // A new INVITE implies that the previous 2xx was received, even without an ACK.
        let answered = |phase| matches!(phase, DialogState::Established | DialogState::ByePending);
        let unheard_offer = self.dialogs.get(&id).is_some_and(|known| {
            let late = |pending_2xx: &Pending2xx| pending_2xx.late;
            known.pending_2xx.as_ref().is_some_and(late)
        });
        if invite
            && !unheard_offer
            && self
                .dialogs
                .get(&id)
                .is_some_and(|known| answered(known.state))
        {
            self.ack_received(now, id, &[]);
        }
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        let refusal = refusal(dialog, request, unheard_offer);
        let server = if refusal.is_none() {
            dialog.refresh(request.contact.as_ref());
            self.begin_server(request, from, id)
        } else {
            let server = self.begin_server(request, from, id);
            self.respond(
                now,
                server,
                &refusal.unwrap_or_else(|| ResponseOut::new(481)),
            );
            return;
        };
        let late = request.body.is_empty();
        if late && !invite {
            return self.refresh_session(now, server, request, id);
        }
        if invite {
            self.respond(now, server, &ResponseOut::new(100));
        }
        if let Some(dialog) = self.dialogs.get_mut(&id) {
            dialog.inbound_offer = Some(InboundOffer {
                server,
                cseq: request.cseq,
                invite,
                late,
                session_timer: (dialog.state == DialogState::Established)
                    .then(|| session_timer::agreed(request)),
            });
        }
        self.emit(if late {
            Event::OfferWanted { dialog: id }
        } else {
            Event::Offered {
                dialog: id,
                source: from.address,
                offer: request.body.clone(),
            }
        });
    }

    /// Accepts an UPDATE without an offer, which only refreshes the session.
    fn refresh_session(
        &mut self,
        now: Instant,
        server: TransactionId,
        request: &Request,
        id: DialogId,
    ) {
        let up = self.dialogs.get(&id).map(|known| known.state) == Some(DialogState::Established);
        let session_timer = up.then(|| session_timer::agreed(request));
        let reply = ResponseOut::new(200).header("Contact", self.contact_in(id));
        self.respond(now, server, &session_timer::add_to(reply, session_timer));
        if up {
            self.start_session_timers(now, id, session_timer);
            self.emit(Event::Refreshed { dialog: id });
        }
    }

    /// Accepts `Offered` with an answer, or `OfferWanted` with an offer. Ignored without a pending
    /// offer.
    pub fn accept_offer(&mut self, now: Instant, dialog: DialogId, answer: Vec<u8>) {
        let inbound_offer = self
            .dialogs
            .get_mut(&dialog)
            .and_then(|d| d.inbound_offer.take());
        let Some(inbound_offer) = inbound_offer else {
            return;
        };
        if let Some(known) = self.dialogs.get_mut(&dialog) {
            known.local_sdp.clone_from(&answer);
        }
        let reply =
            session_timer::add_to(self.accepting(dialog, answer), inbound_offer.session_timer);
        let sent = self.respond(now, inbound_offer.server, &reply);
        if let Some(sent) = sent.filter(|_| inbound_offer.invite) {
            self.await_ack(
                now,
                dialog,
                inbound_offer.cseq,
                sent,
                (false, inbound_offer.late),
            );
        }
        let up =
            self.dialogs.get(&dialog).map(|known| known.state) == Some(DialogState::Established);
        if up {
            self.start_session_timers(now, dialog, inbound_offer.session_timer);
        }
    }

    /// Rejects `Offered` or `OfferWanted`; the session remains unchanged.
    pub fn refuse_offer(&mut self, now: Instant, dialog: DialogId, status: u16) {
        let inbound_offer = self
            .dialogs
            .get_mut(&dialog)
            .and_then(|d| d.inbound_offer.take());
        if let Some(inbound_offer) = inbound_offer {
            let reply = ResponseOut::new(status.clamp(300, 699));
            let reply = self.warning_of(dialog, reply);
            self.respond(now, inbound_offer.server, &reply);
        }
    }

    /// Sends a re-INVITE with this offer, delayed while an inbound offer or a 2xx is pending. If a
    /// re-INVITE is already pending or the dialog is not established, `OfferRefused` with 491
    /// follows. Ignored after the end of the dialog.
    pub fn reoffer(&mut self, now: Instant, dialog: DialogId, offer: Vec<u8>) {
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        match known.state {
            DialogState::Established if known.reinvite.is_none() => {}
            // `Ended` has been emitted, and no event may follow.
            DialogState::Canceled | DialogState::ByePending | DialogState::ByeSent => return,
            _ => {
                let status = 491;
                return self.emit(Event::OfferRefused { dialog, status });
            }
        }
        known.reinvite = Some(OutboundReinvite {
            offer,
            client: None,
            tries: 0,
        });
        self.send_reinvite(now, dialog);
    }

    /// Sends the delayed re-INVITE if no other INVITE is pending (RFC 3261 §14.1).
    pub(crate) fn send_reinvite(&mut self, now: Instant, dialog: DialogId) {
        let Some(known) = self.dialogs.get(&dialog) else {
            return;
        };
        let Some(reinvite) = known.reinvite.as_ref().filter(|a| a.client.is_none()) else {
            return;
        };
        let offer = reinvite.offer.clone();
        if known.inbound_offer.is_some() || known.pending_2xx.is_some() || !self.has_room() {
            return self.delay_after_glare(now, dialog);
        }
        let (branch, client) = (self.branch(), TransactionId(self.next_number()));
        let contact = self.contact_in(dialog);
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        if let Some(reinvite) = &mut known.reinvite {
            reinvite.client = Some(client);
        }
        let session_timer = known.session_timer;
        let mut request = known.request(Method::Invite, branch);
        let to = known.destination();
        request.headers.push(("Contact".into(), contact));
        request.headers.push(("Allow".into(), ALLOW.into()));
        match session_timer {
            Some(session_timer) => request
                .headers
                .extend(session_timer::headers(session_timer)),
            None => {
                let supported = ("Supported".into(), SUPPORTED.into());
                request.headers.push(supported);
            }
        }
        request.sdp = offer;
        self.begin_client(now, client, request, to, dialog);
    }

    /// Delays the re-INVITE after glare. The side that created the dialog waits longer, so that the
    /// other side goes first.
    fn delay_after_glare(&mut self, now: Instant, dialog: DialogId) {
        let dice = self.random_number() % 200;
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        let Some(reinvite) = &mut known.reinvite else {
            return;
        };
        reinvite.client = None;
        reinvite.tries += 1;
        if reinvite.tries > limits::SIP_GLARE_RETRIES_MAX {
            known.reinvite = None;
            known.probe_pending = false;
            let status = 491;
            return self.emit(Event::OfferRefused { dialog, status });
        }
        // 2.1 to 4 s for the caller, 0 to 2 s for the callee, in steps of about 10 ms (RFC 3261
        // §14.1).
        let wait_ms = match known.is_caller {
            true => 2_100 + dice * 190 / 20,
            false => dice * 10,
        };
        self.timers
            .set(Timer::Glare(dialog), now + Duration::from_millis(wait_ms));
    }

    /// Handles the rejection of a re-INVITE.
    pub(crate) fn reinvite_rejected(&mut self, now: Instant, dialog: DialogId, status: u16) {
        match status {
            491 => self.delay_after_glare(now, dialog),
            // 408 and 481 end the dialog (RFC 3261 §12.2.1.2).
            408 => self.end_unresponsive(now, dialog, Ending::TimedOut),
            481 => self.end_unresponsive(now, dialog, Ending::Refused(481)),
            _ => {
                if let Some(known) = self.dialogs.get_mut(&dialog) {
                    known.reinvite = None;
                    known.probe_pending = false;
                    self.emit(Event::OfferRefused { dialog, status });
                    self.refresh_rejected(now, dialog);
                }
            }
        }
    }
}
