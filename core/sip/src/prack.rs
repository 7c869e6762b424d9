//! Reliable provisional responses (RFC 3262): retransmission until PRACK, and PRACK for those of
//! the peer.

use confab_terms::{Instant, limits};

use crate::dialog::Dialog;
use crate::hop::Source;
use crate::lasting::names;
use crate::message::{Headers, Method, Reply, Request, Response};
use crate::phase::{Phase, Reliable, Reliably};
use crate::timers::{PATIENCE, T1, Timer, TransactionId};
use crate::{DialogId, Ending, UserAgent};

/// Returns the support for 100rel in an INVITE.
pub(crate) fn wanted(headers: &Headers) -> Reliably {
    if names(headers, "Require", "100rel") {
        Reliably::Must
    } else if names(headers, "Supported", "100rel") {
        Reliably::May
    } else {
        Reliably::Never
    }
}

/// Returns the RSeq of a reliable provisional response; `None`: not reliable.
pub(crate) fn rseq(response: &Response) -> Option<u32> {
    let wants = response.status > 100 && names(&response.headers, "Require", "100rel");
    let rseq = response.headers.text("RSeq").filter(|_| wants)?;
    rseq.trim().parse().ok()
}

impl UserAgent {
    /// Sends a reliable 180. Ignored while an earlier one has no PRACK.
    pub(crate) fn ring_reliably(&mut self, now: Instant, id: DialogId, reply: Reply) {
        let first = u32::try_from(self.random_number() % 10_000).unwrap_or_default();
        let Some(known) = self.dialogs.get_mut(&id) else {
            return;
        };
        let Phase::Invited { server } = known.phase else {
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
            known.reliable = Some(Reliable {
                bytes,
                to,
                pause: T1,
                repeats: 0,
            });
            self.timers.set(Timer::Reliable(id), now + T1);
            self.timers.set(Timer::ReliableUnheard(id), now + PATIENCE);
        }
    }

    /// Sends the response again; the intervals double without a limit (RFC 3262 §3). An unverified
    /// source gets at most `SIP_UNVERIFIED_REPEATS_MAX` retransmissions.
    pub(crate) fn repeat_reliable(&mut self, now: Instant, id: DialogId) {
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
    pub(crate) fn reliable_unheard(&mut self, now: Instant, id: DialogId) {
        self.settle_reliable(id);
        let Some(known) = self.dialogs.get(&id) else {
            return;
        };
        if let Phase::Invited { server } = known.phase {
            let reply = Reply::new(504).tag(&known.local_tag);
            self.respond(now, server, &reply);
            self.end(now, id, Ending::TimedOut);
        }
    }

    pub(crate) fn settle_reliable(&mut self, id: DialogId) {
        self.timers.stop(Timer::Reliable(id));
        self.timers.stop(Timer::ReliableUnheard(id));
        if let Some(known) = self.dialogs.get_mut(&id) {
            known.reliable = None;
        }
    }

    /// Handles a PRACK, also after the final response.
    pub(crate) fn take_prack(
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
                self.settle_reliable(id);
                // An offer in PRACK would need an answer in its 200, but the initial exchange is
                // not complete.
                match request.body.is_empty() {
                    true => Reply::new(200),
                    false => Reply::new(488).warning(399, "no offer is taken in PRACK"),
                }
            }
            _ => Reply::new(481),
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
        let waits = matches!(known.phase, Phase::Inviting { .. } | Phase::Withdrawn);
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
