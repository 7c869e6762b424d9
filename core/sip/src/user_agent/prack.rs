//! Reliable 180 and PRACK, in both directions (RFC 3262).

use confab_terms::{Instant, limits};

use super::UserAgent;
use super::output::Ending;
use crate::dialog::{Dialog, DialogState, PendingReliable, rseq};
use crate::ids::{DialogId, TransactionId};
use crate::message::{Method, Request, Response, ResponseOut};
use crate::timers::{T1, TRANSACTION_TIMEOUT, Timer};
use crate::transport::Source;

impl UserAgent {
    /// Sends a reliable 180. Ignored while an earlier one has no PRACK.
    pub(crate) fn ring_reliably(&mut self, now: Instant, id: DialogId, reply: ResponseOut) {
        let first = u32::try_from(self.random_number() % 10_000).unwrap_or_default();
        let Some(known) = self.dialogs.get_mut(&id) else {
            return;
        };
        let DialogState::Invited { server } = known.state else {
            return;
        };
        if known.reliable.is_some() {
            return;
        }
        let rseq = known.rseq.map_or(first, |last| last) + 1;
        known.rseq = Some(rseq);
        let reply = reply
            .header("Require", "100rel")
            .header("RSeq", rseq.to_string());
        let Some((to, bytes)) = self.respond(now, server, &reply) else {
            return;
        };
        if let Some(known) = self.dialogs.get_mut(&id) {
            known.reliable = Some(PendingReliable {
                bytes,
                to,
                pause: T1,
                repeats: 0,
            });
            self.timers.set(Timer::Reliable(id), now + T1);
            self.timers
                .set(Timer::PrackTimeout(id), now + TRANSACTION_TIMEOUT);
        }
    }

    /// Sends the response again; the intervals double without a limit (RFC 3262 §3). An unverified
    /// source gets at most `SIP_UNVERIFIED_REPEATS_MAX` retransmissions.
    pub(crate) fn retransmit_reliable(&mut self, now: Instant, id: DialogId) {
        if let Some(known) = self.dialogs.get_mut(&id)
            && let Some(reliable) = &mut known.reliable
        {
            if !known.verified && reliable.repeats >= limits::SIP_UNVERIFIED_REPEATS_MAX {
                return;
            }
            reliable.pause *= 2;
            reliable.repeats = reliable.repeats.saturating_add(1);
            let (to, bytes) = (reliable.to.clone(), reliable.bytes.clone());
            let pause = reliable.pause;
            self.timers.set(Timer::Reliable(id), now + pause);
            self.send(now, &to, bytes);
        }
    }

    /// Rejects a call without PRACK (RFC 3262 §3).
    pub(crate) fn prack_timed_out(&mut self, now: Instant, id: DialogId) {
        self.stop_reliable(id);
        let Some(known) = self.dialogs.get(&id) else {
            return;
        };
        if let DialogState::Invited { server } = known.state {
            let reply = ResponseOut::new(504).tag(&known.local_tag);
            self.respond(now, server, &reply);
            self.end(now, id, Ending::TimedOut);
        }
    }

    pub(crate) fn stop_reliable(&mut self, id: DialogId) {
        self.timers.stop(Timer::Reliable(id));
        self.timers.stop(Timer::PrackTimeout(id));
        if let Some(known) = self.dialogs.get_mut(&id) {
            known.reliable = None;
        }
    }

    /// Handles a PRACK, also after the final response.
    pub(crate) fn handle_prack(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        id: DialogId,
    ) {
        let Some(known) = self.dialogs.get(&id) else {
            return;
        };
        let wanted = known
            .rseq
            .map(|rseq| format!("{rseq} {} INVITE", known.invite_cseq));
        let said = request.headers.text("RAck").unwrap_or_default();
        let said: Vec<&str> = said.split_ascii_whitespace().collect();
        let reply = match wanted {
            Some(wanted) if wanted == said.join(" ") => {
                self.stop_reliable(id);
                // An offer in PRACK would need an answer in its 200, but the initial exchange is
                // not complete.
                match request.body.is_empty() {
                    true => ResponseOut::new(200),
                    false => ResponseOut::new(488).warning(399, "no offer is taken in PRACK"),
                }
            }
            _ => ResponseOut::new(481),
        };
        let server = self.begin_server(request, from, id);
        self.respond(now, server, &reply);
    }

    /// Sends PRACK for a reliable provisional response. A response out of order is ignored.
    pub(crate) fn send_prack(&mut self, now: Instant, invite: TransactionId, response: &Response) {
        let (Some(rseq), Some(tag)) = (rseq(response), response.to.tag()) else {
            return;
        };
        let Some((id, cseq)) = self
            .clients
            .get(&invite)
            .map(|c| (c.dialog, c.request.cseq))
        else {
            return;
        };
        if !self.has_room() || response.headers.has_too_many_routes() {
            return;
        }
        let (branch, client) = (self.branch(), TransactionId(self.next_number()));
        let Some(known) = self.dialogs.get_mut(&id) else {
            return;
        };
        let waits = matches!(
            known.state,
            DialogState::Inviting { .. } | DialogState::Canceled
        );
        if !waits || !known.is_next(tag, rseq) {
            return;
        }
        known.note_reliable(tag, rseq);
        known.local_cseq += 1;
        // Early dialog of this response (RFC 3261 §12.1.2); the stored dialog remains unchanged.
        let mut early: Dialog = known.clone();
        early.learn(response);
        let mut request = early.numbered(Method::Prack, branch, known.local_cseq);
        let text = format!("{rseq} {cseq} INVITE");
        request.headers.push(("RAck".into(), text));
        self.begin_client(now, client, request, early.destination(), id);
    }
}
