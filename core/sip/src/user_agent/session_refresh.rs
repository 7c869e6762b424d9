//! Session timers (RFC 4028): refresh requests, and the end of a session that was not refreshed.
//! Module `session_timer` has the negotiation and the headers.

use core::time::Duration;

use confab_terms::Instant;

use super::UserAgent;
use super::output::{Ending, Event};
use crate::dialog::{
    DialogState, INTERVAL_S_MAX, OutboundReinvite, SessionTimer, headers, min_se, session_expires,
};
use crate::ids::{DialogId, TransactionId};
use crate::message::{Method, Response};
use crate::timers::Timer;

/// Delay of the next attempt if a refresh could not be sent or failed.
const RETRY: Duration = Duration::from_secs(5);

impl UserAgent {
    /// Starts the session timers after a 2xx; `None`: no session timer.
    pub(crate) fn start_session_timers(
        &mut self,
        now: Instant,
        id: DialogId,
        session_timer: Option<SessionTimer>,
    ) {
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        dialog.session_timer = session_timer;
        self.timers.stop(Timer::Refresh(id));
        self.timers.stop(Timer::Expiry(id));
        let Some(session_timer) = session_timer else {
            return;
        };
        let interval = Duration::from_secs(session_timer.interval_s.into());
        if session_timer.is_refresher {
            self.timers.set(Timer::Refresh(id), now + interval / 2);
        }
        // BYE is sent before the session expires (RFC 4028 §10).
        let margin = (interval / 3).min(Duration::from_secs(32));
        self.timers.set(Timer::Expiry(id), now + interval - margin);
    }

    /// Takes the session timer from a 2xx of the peer. Without Session-Expires, this side continues
    /// an earlier session timer as the refresher.
    pub(crate) fn adopt_session_timer(&mut self, now: Instant, id: DialogId, response: &Response) {
        let known = self
            .dialogs
            .get(&id)
            .and_then(|dialog| dialog.session_timer);
        let session_timer = match session_expires(&response.headers) {
            Some((interval_s, refresher)) => Some(SessionTimer {
                interval_s,
                is_refresher: refresher.as_deref() != Some("uas"),
                peer_supports: true,
            }),
            None => known.map(|known| SessionTimer {
                is_refresher: true,
                ..known
            }),
        };
        self.start_session_timers(now, id, session_timer);
    }

    /// Handles the refresh timer, at half of the interval.
    pub(crate) fn refresh(&mut self, now: Instant, id: DialogId) {
        let known = self.dialogs.get(&id);
        let lasts = known.is_some_and(|known| {
            known.state == DialogState::Established && known.session_timer.is_some()
        });
        if lasts && !self.send_refresh(now, id) {
            self.timers.set(Timer::Refresh(id), now + RETRY);
        }
    }

    /// Sends an UPDATE, or a re-INVITE with the same SDP, to a peer that sends no media. The dialog
    /// ends as `Ending::Unresponsive` after 408, 481 or no response. Ignored while another offer or
    /// INVITE of the dialog is pending.
    pub fn probe(&mut self, now: Instant, id: DialogId) {
        let known = self.dialogs.get(&id);
        if known.is_some_and(|known| known.state == DialogState::Established)
            && self.send_refresh(now, id)
            && let Some(known) = self.dialogs.get_mut(&id)
        {
            known.probe_pending = true;
        }
    }

    /// Sends a refresh request. Returns false while another offer or INVITE is pending.
    fn send_refresh(&mut self, now: Instant, id: DialogId) -> bool {
        let Some(known) = self.dialogs.get(&id) else {
            return true;
        };
        let busy = known.inbound_offer.is_some()
            || known.reinvite.is_some()
            || known.pending_2xx.is_some();
        if busy || !self.has_room() {
            return false;
        }
        if !known.supports_update {
            let offer = known.local_sdp.clone();
            if let Some(known) = self.dialogs.get_mut(&id) {
                known.reinvite = Some(OutboundReinvite {
                    offer,
                    client: None,
                    tries: 0,
                });
            }
            self.send_reinvite(now, id);
            return true;
        }
        let (branch, client) = (self.branch(), TransactionId(self.next_number()));
        let contact = self.contact_in(id);
        let Some(known) = self.dialogs.get_mut(&id) else {
            return true;
        };
        let mut request = known.request(Method::Update, branch);
        let to = known.destination();
        request.headers.push(("Contact".into(), contact));
        if let Some(session_timer) = known.session_timer {
            request.headers.extend(headers(session_timer));
        }
        self.begin_client(now, client, request, to, id);
        true
    }

    /// Handles the final response to an UPDATE.
    pub(crate) fn refreshed(&mut self, now: Instant, id: DialogId, response: &Response) {
        let Some(known) = self.dialogs.get_mut(&id) else {
            return;
        };
        if known.state != DialogState::Established {
            return;
        }
        known.probe_pending &= matches!(response.status, 408 | 481);
        match response.status {
            200..300 => {
                known.refresh(response.contact.as_ref());
                self.adopt_session_timer(now, id, response);
            }
            408 => self.end_unresponsive(now, id, Ending::TimedOut),
            481 => self.end_unresponsive(now, id, Ending::Refused(481)),
            status => {
                let wanted = min_se(&response.headers).filter(|_| status == 422);
                if let (Some(wanted), Some(session_timer)) = (wanted, &mut known.session_timer) {
                    session_timer.interval_s =
                        session_timer.interval_s.max(wanted).min(INTERVAL_S_MAX);
                }
                if matches!(status, 405 | 501) {
                    known.supports_update = false;
                }
                self.refresh_rejected(now, id);
            }
        }
    }

    /// Handles a rejected refresh. If only this side uses session timers, the response proves that
    /// the peer is alive, and the session counts as refreshed. Otherwise the refresh is sent again.
    pub(crate) fn refresh_rejected(&mut self, now: Instant, id: DialogId) {
        let session_timer = self.dialogs.get(&id).and_then(|known| known.session_timer);
        match session_timer
            .filter(|session_timer| session_timer.is_refresher && !session_timer.peer_supports)
        {
            Some(session_timer) => self.start_session_timers(now, id, Some(session_timer)),
            None => self.refresh_later(now, id),
        }
    }

    /// Handles a refresh or re-INVITE that could not be sent. A failed probe ends the dialog.
    pub(crate) fn refresh_unsent(&mut self, now: Instant, id: DialogId, method: &Method) {
        let Some(known) = self.dialogs.get_mut(&id) else {
            return;
        };
        if known.probe_pending {
            return self.end_unresponsive(now, id, Ending::Unresponsive);
        }
        if *method == Method::Invite && known.reinvite.take().is_some() {
            let status = 503;
            self.emit(Event::OfferRefused { dialog: id, status });
        }
        self.refresh_later(now, id);
    }

    /// Schedules the next attempt of a failed refresh.
    pub(crate) fn refresh_later(&mut self, now: Instant, id: DialogId) {
        let session_timer = self.dialogs.get(&id).and_then(|known| known.session_timer);
        if session_timer.is_some_and(|session_timer| session_timer.is_refresher) {
            self.timers.set(Timer::Refresh(id), now + RETRY);
        }
    }

    /// Ends a session that was not refreshed.
    pub(crate) fn expire(&mut self, now: Instant, id: DialogId) {
        let phase = self.dialogs.get(&id).map(|known| known.state);
        if phase == Some(DialogState::Established) {
            self.end_unresponsive(now, id, Ending::TimedOut);
        }
    }
}
