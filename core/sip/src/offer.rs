//! New offers within a dialog: inbound by re-INVITE or UPDATE, outbound by re-INVITE, and glare
//! between both (RFC 3261 §14, RFC 3311 §5.2).

use core::time::Duration;

use confab_terms::{Instant, limits};

use crate::dialog::Dialog;
use crate::hop::Source;
use crate::lasting;
use crate::message::{ALLOW, Method, Reply, Request, SUPPORTED};
use crate::phase::{Asked, Asking, Phase, Unheard};
use crate::timers::{Timer, TransactionId};
use crate::{DialogId, Ending, Event, UserAgent};

/// Returns the rejection of an offer that conflicts with the state of the dialog or a pending
/// transaction; `None`: acceptable.
fn refusal(dialog: &Dialog, request: &Request, unheard_offer: bool) -> Option<Reply> {
    let invite = request.method == Method::Invite;
    let busy = Reply::new(500).header("Retry-After", "3");
    let update_alone = !invite && request.body.is_empty();
    match (dialog.phase, &dialog.asked, &dialog.asking) {
        // An UPDATE without an offer only refreshes the target (RFC 3311 §5.2).
        (Phase::Invited { .. } | Phase::Inviting { .. }, _, _) if update_alone => None,
        (Phase::Inviting { .. }, None, _)
            if !invite && dialog.is_agreed_with(request.from.tag()) =>
        {
            None
        }
        (Phase::Invited { .. } | Phase::Up | Phase::Inviting { .. }, Some(_), _)
        | (Phase::Invited { .. }, _, _) => Some(busy),
        (Phase::Inviting { .. }, _, _) => Some(Reply::new(491)),
        // An offer in a 2xx is pending until the answer in the ACK.
        (Phase::Up, ..) if unheard_offer && invite => Some(busy),
        (Phase::Up, ..) if unheard_offer && !request.body.is_empty() => Some(Reply::new(491)),
        (Phase::Up, None, Some(asking)) if asking.client.is_some() => Some(Reply::new(491)),
        (Phase::Up, None, _) => None,
        _ => Some(Reply::new(481)),
    }
}

impl UserAgent {
    pub(crate) fn take_offer(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        id: DialogId,
    ) {
        let invite = request.method == Method::Invite;
        // A new INVITE implies that the previous 2xx was received, even without an ACK.
        let answered = |phase| matches!(phase, Phase::Up | Phase::Leaving);
        let unheard_offer = self.dialogs.get(&id).is_some_and(|known| {
            let late = |unheard: &Unheard| unheard.late;
            known.unheard.as_ref().is_some_and(late)
        });
        if invite
            && !unheard_offer
            && self
                .dialogs
                .get(&id)
                .is_some_and(|known| answered(known.phase))
        {
            self.hear(now, id, &[]);
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
            self.respond(now, server, &refusal.unwrap_or_else(|| Reply::new(481)));
            return;
        };
        let late = request.body.is_empty();
        if late && !invite {
            // An UPDATE without an offer only refreshes the session.
            let up = self.dialogs.get(&id).map(|known| known.phase) == Some(Phase::Up);
            let lasting = up.then(|| lasting::agreed(request));
            let reply = Reply::new(200).header("Contact", self.contact_in(id));
            self.respond(now, server, &lasting::tell(reply, lasting));
            if up {
                self.start_lasting(now, id, lasting);
                self.tell(Event::Refreshed { dialog: id });
            }
            return;
        }
        if invite {
            self.respond(now, server, &Reply::new(100));
        }
        if let Some(dialog) = self.dialogs.get_mut(&id) {
            dialog.asked = Some(Asked {
                server,
                cseq: request.cseq,
                invite,
                late,
                lasting: (dialog.phase == Phase::Up).then(|| lasting::agreed(request)),
            });
        }
        self.tell(if late {
            Event::OfferWanted { dialog: id }
        } else {
            Event::Offered {
                dialog: id,
                source: from.address,
                offer: request.body.clone(),
            }
        });
    }

    /// Accepts `Offered` with an answer, or `OfferWanted` with an offer. Ignored without a pending
    /// offer.
    pub fn accept_offer(&mut self, now: Instant, dialog: DialogId, answer: Vec<u8>) {
        let asked = self.dialogs.get_mut(&dialog).and_then(|d| d.asked.take());
        let Some(asked) = asked else {
            return;
        };
        if let Some(known) = self.dialogs.get_mut(&dialog) {
            known.local_sdp.clone_from(&answer);
        }
        let reply = lasting::tell(self.accepting(dialog, answer), asked.lasting);
        let sent = self.respond(now, asked.server, &reply);
        if let Some(sent) = sent.filter(|_| asked.invite) {
            self.await_ack(now, dialog, asked.cseq, sent, (false, asked.late));
        }
        let up = self.dialogs.get(&dialog).map(|known| known.phase) == Some(Phase::Up);
        if up {
            self.start_lasting(now, dialog, asked.lasting);
        }
    }

    /// Rejects `Offered` or `OfferWanted`; the session remains unchanged.
    pub fn refuse_offer(&mut self, now: Instant, dialog: DialogId, status: u16) {
        let asked = self.dialogs.get_mut(&dialog).and_then(|d| d.asked.take());
        if let Some(asked) = asked {
            let reply = Reply::new(status.clamp(300, 699));
            let reply = self.warning_of(dialog, reply);
            self.respond(now, asked.server, &reply);
        }
    }

    /// Sends a re-INVITE with this offer, delayed while an inbound offer or a 2xx is pending. If a
    /// re-INVITE is already pending or the dialog is not established, `OfferRefused` with 491
    /// follows. Ignored after the end of the dialog.
    pub fn reoffer(&mut self, now: Instant, dialog: DialogId, offer: Vec<u8>) {
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        match known.phase {
            Phase::Up if known.asking.is_none() => {}
            // `Ended` has been emitted, and no event may follow.
            Phase::Withdrawn | Phase::Leaving | Phase::Over => return,
            _ => {
                let status = 491;
                return self.tell(Event::OfferRefused { dialog, status });
            }
        }
        known.asking = Some(Asking {
            offer,
            client: None,
            tries: 0,
        });
        self.ask_again(now, dialog);
    }

    /// Sends the delayed re-INVITE if no other INVITE is pending (RFC 3261 §14.1).
    pub(crate) fn ask_again(&mut self, now: Instant, dialog: DialogId) {
        let Some(known) = self.dialogs.get(&dialog) else {
            return;
        };
        let Some(asking) = known.asking.as_ref().filter(|a| a.client.is_none()) else {
            return;
        };
        let offer = asking.offer.clone();
        if known.asked.is_some() || known.unheard.is_some() || !self.has_room() {
            return self.wait_for_turn(now, dialog);
        }
        let (branch, client) = (self.branch(), TransactionId(self.next_number()));
        let contact = self.contact_in(dialog);
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        if let Some(asking) = &mut known.asking {
            asking.client = Some(client);
        }
        let lasting = known.lasting;
        let mut request = known.request(Method::Invite, branch);
        let to = known.destination();
        request.headers.push(("Contact".into(), contact));
        request.headers.push(("Allow".into(), ALLOW.into()));
        match lasting {
            Some(lasting) => request.headers.extend(lasting::headers(lasting)),
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
    fn wait_for_turn(&mut self, now: Instant, dialog: DialogId) {
        let dice = self.random_number() % 200;
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        let Some(asking) = &mut known.asking else {
            return;
        };
        asking.client = None;
        asking.tries += 1;
        if asking.tries > limits::SIP_GLARE_RETRIES_MAX {
            known.asking = None;
            known.probed = false;
            let status = 491;
            return self.tell(Event::OfferRefused { dialog, status });
        }
        // 2.1 to 4 s for the caller, 0 to 2 s for the callee, in steps of about 10 ms (RFC 3261
        // §14.1).
        let wait_ms = match known.we_called {
            true => 2_100 + dice * 190 / 20,
            false => dice * 10,
        };
        self.timers
            .set(Timer::Glare(dialog), now + Duration::from_millis(wait_ms));
    }

    /// Handles the rejection of a re-INVITE.
    pub(crate) fn offer_refused(&mut self, now: Instant, dialog: DialogId, status: u16) {
        match status {
            491 => self.wait_for_turn(now, dialog),
            // 408 and 481 end the dialog (RFC 3261 §12.2.1.2).
            408 => self.lose(now, dialog, Ending::TimedOut),
            481 => self.lose(now, dialog, Ending::Refused(481)),
            _ => {
                if let Some(known) = self.dialogs.get_mut(&dialog) {
                    known.asking = None;
                    known.probed = false;
                    self.tell(Event::OfferRefused { dialog, status });
                    self.refused_refresh(now, dialog);
                }
            }
        }
    }
}
