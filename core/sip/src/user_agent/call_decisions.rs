//! Application decisions on an inbound call: ring, answer, reject.

use core::time::Duration;

use confab_terms::{Instant, limits};

use super::UserAgent;
use super::output::Ending;
use crate::dialog::{DialogState, Pending2xx, Support100rel, session_timer};
use crate::ids::DialogId;
use crate::message::{ALLOW, ResponseOut, SUPPORTED};
use crate::timers::{T1, T2, TRANSACTION_TIMEOUT, Timer};
use crate::transport::Hop;

impl UserAgent {
    /// Sends 180 to an inbound INVITE, reliably if the peer supports 100rel. Ignored in any other
    /// state.
    pub fn ring(&mut self, now: Instant, dialog: DialogId) {
        if let Some(known) = self.dialogs.get(&dialog)
            && let DialogState::Invited { server } = known.state
        {
            let (support_100rel, invite_without_offer) =
                (known.support_100rel, known.invite_without_offer);
            let reply = ResponseOut::new(180)
                .tag(&known.local_tag)
                .record_route()
                .header("Contact", self.contact_in(dialog));
            match (support_100rel, invite_without_offer) {
                (Support100rel::Supported | Support100rel::Required, false) => {
                    self.ring_reliably(now, dialog, reply);
                }
                // A reliable 180 would have to carry an offer (RFC 3262 §5), and no offer exists
                // yet.
                (Support100rel::Required, true) => {}
                _ => {
                    self.respond(now, server, &reply);
                }
            }
        }
    }

    /// Sends 200 with an answer, repeated until the ACK. For an INVITE without an offer, `answer`
    /// is an offer (RFC 3264 §5), and `LateAnswer` follows. Ignored in any other state.
    pub fn answer(&mut self, now: Instant, dialog: DialogId, answer: Vec<u8>) {
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        let DialogState::Invited { server } = known.state else {
            return;
        };
        known.state = DialogState::Established;
        let cseq = known.invite_cseq;
        let (late, session_timer) = (known.invite_without_offer, known.session_timer);
        known.local_sdp.clone_from(&answer);
        self.stop_reliable(dialog);
        let reply = session_timer::add_to(self.accepting(dialog, answer), session_timer);
        if let Some((to, bytes)) = self.respond(now, server, &reply) {
            self.await_ack(now, dialog, cseq, (to, bytes), (true, late));
            self.start_session_timers(now, dialog, session_timer);
        }
    }

    /// Sends a final response of 300 to 699. Ignored in any other state.
    pub fn reject(&mut self, now: Instant, dialog: DialogId, status: u16) {
        let Some(known) = self.dialogs.get(&dialog) else {
            return;
        };
        let DialogState::Invited { server } = known.state else {
            return;
        };
        let mut reply = ResponseOut::new(status.clamp(300, 699)).tag(&known.local_tag);
        if status == 503 {
            reply = reply.header("Retry-After", "10");
        }
        let reply = self.warning_of(dialog, reply);
        self.respond(now, server, &reply);
        self.end(now, dialog, Ending::Rejected);
    }

    /// Sets code and text of the Warning (RFC 3261 §20.43) in the next rejection within a dialog.
    pub fn warn(&mut self, dialog: DialogId, code: u16, text: &str) {
        if let Some(known) = self.dialogs.get_mut(&dialog) {
            known.warning = Some((code, text.to_owned()));
        }
    }

    pub(crate) fn warning_of(&mut self, dialog: DialogId, reply: ResponseOut) -> ResponseOut {
        let known = self.dialogs.get_mut(&dialog);
        match known.and_then(|known| known.warning.take()) {
            Some((code, text)) => reply.warning(code, &text),
            None => reply,
        }
    }

    /// Returns a 200 that carries SDP.
    pub(crate) fn accepting(&self, dialog: DialogId, sdp: Vec<u8>) -> ResponseOut {
        let tag = self.dialogs.get(&dialog).map(|known| &known.local_tag);
        let mut reply = ResponseOut::new(200)
            .tag(tag.map_or("", String::as_str))
            .record_route()
            .header("Contact", self.contact_in(dialog))
            .header("Allow", ALLOW)
            .header("Supported", SUPPORTED);
        if !self.config.product.is_empty() {
            reply = reply.header("Server", self.config.product.clone());
        }
        reply.sdp(sdp)
    }

    pub(crate) fn await_ack(
        &mut self,
        now: Instant,
        dialog: DialogId,
        cseq: u32,
        (to, bytes): (Hop, Vec<u8>),
        (first, late): (bool, bool),
    ) {
        if let Some(known) = self.dialogs.get_mut(&dialog) {
            known.pending_2xx = Some(Pending2xx {
                cseq,
                bytes,
                to,
                pause: T1,
                repeats: 0,
                first,
                late,
            });
            self.timers.set(Timer::Answer(dialog), now + T1);
            self.timers
                .set(Timer::AckTimeout(dialog), now + TRANSACTION_TIMEOUT);
        }
    }

    /// Repeats the 2xx, with intervals that double up to T2. An unverified source gets at most
    /// `SIP_UNVERIFIED_REPEATS_MAX` repetitions.
    pub(crate) fn retransmit_2xx(&mut self, now: Instant, dialog: DialogId) {
        if let Some(known) = self.dialogs.get_mut(&dialog)
            && let Some(pending_2xx) = &mut known.pending_2xx
        {
            if !known.verified && pending_2xx.repeats >= limits::SIP_UNVERIFIED_REPEATS_MAX {
                return;
            }
            let pause: Duration = (pending_2xx.pause * 2).min(T2);
            pending_2xx.pause = pause;
            pending_2xx.repeats = pending_2xx.repeats.saturating_add(1);
            let (to, bytes) = (pending_2xx.to.clone(), pending_2xx.bytes.clone());
            self.timers.set(Timer::Answer(dialog), now + pause);
            self.send(now, &to, bytes);
        }
    }
}
