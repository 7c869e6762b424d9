//! Session timers (RFC 4028): refresh requests, and the end of a session that was not refreshed.
//! Module `lasting` has the negotiation and the headers.

use core::time::Duration;

use confab_terms::Instant;

use crate::lasting::{INTERVAL_S_MAX, Lasting, asked_for, headers, min_se};
use crate::message::{Method, Response};
use crate::phase::{Asking, Phase};
use crate::timers::{Timer, TransactionId};
use crate::{DialogId, Ending, Event, UserAgent};

/// Delay of the next attempt if a refresh could not be sent or failed.
const RETRY: Duration = Duration::from_secs(5);

impl UserAgent {
    /// Starts the session timers after a 2xx; `None`: no session timer.
    pub(crate) fn start_lasting(&mut self, now: Instant, id: DialogId, lasting: Option<Lasting>) {
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        dialog.lasting = lasting;
        self.timers.stop(Timer::Refresh(id));
        self.timers.stop(Timer::Expiry(id));
        let Some(lasting) = lasting else {
            return;
        };
        let interval = Duration::from_secs(lasting.interval_s.into());
        if lasting.ours {
            self.timers.set(Timer::Refresh(id), now + interval / 2);
        }
        // BYE is sent before the session expires (RFC 4028 §10).
        let margin = (interval / 3).min(Duration::from_secs(32));
        self.timers.set(Timer::Expiry(id), now + interval - margin);
    }

    /// Takes the session timer from a 2xx of the peer. Without Session-Expires, this side continues
    /// an earlier session timer as the refresher.
    pub(crate) fn take_lasting(&mut self, now: Instant, id: DialogId, response: &Response) {
        let known = self.dialogs.get(&id).and_then(|dialog| dialog.lasting);
        let lasting = match asked_for(&response.headers) {
            Some((interval_s, refresher)) => Some(Lasting {
                interval_s,
                ours: refresher.as_deref() != Some("uas"),
                understood: true,
            }),
            None => known.map(|known| Lasting {
                ours: true,
                ..known
            }),
        };
        self.start_lasting(now, id, lasting);
    }

    /// Handles the refresh timer, at half of the interval.
    pub(crate) fn refresh(&mut self, now: Instant, id: DialogId) {
        let known = self.dialogs.get(&id);
        let lasts = known.is_some_and(|known| known.phase == Phase::Up && known.lasting.is_some());
        if lasts && !self.send_refresh(now, id) {
            self.timers.set(Timer::Refresh(id), now + RETRY);
        }
    }

    /// Sends an UPDATE, or a re-INVITE with the same SDP, to a peer that sends no media. The dialog
    /// ends as `Ending::Unresponsive` after 408, 481 or no response. Ignored while another offer or
    /// INVITE of the dialog is pending.
    pub fn probe(&mut self, now: Instant, id: DialogId) {
        let known = self.dialogs.get(&id);
        if known.is_some_and(|known| known.phase == Phase::Up)
            && self.send_refresh(now, id)
            && let Some(known) = self.dialogs.get_mut(&id)
        {
            known.probed = true;
        }
    }

    /// Sends a refresh request. Returns false while another offer or INVITE is pending.
    fn send_refresh(&mut self, now: Instant, id: DialogId) -> bool {
        let Some(known) = self.dialogs.get(&id) else {
            return true;
        };
        let busy = known.asked.is_some() || known.asking.is_some() || known.unheard.is_some();
        if busy || !self.has_room() {
            return false;
        }
        if !known.takes_update {
            let offer = known.local_sdp.clone();
            if let Some(known) = self.dialogs.get_mut(&id) {
                known.asking = Some(Asking {
                    offer,
                    client: None,
                    tries: 0,
                });
            }
            self.ask_again(now, id);
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
        if let Some(lasting) = known.lasting {
            request.headers.extend(headers(lasting));
        }
        self.begin_client(now, client, request, to, id);
        true
    }

    /// Handles the final response to an UPDATE.
    pub(crate) fn refreshed(&mut self, now: Instant, id: DialogId, response: &Response) {
        let Some(known) = self.dialogs.get_mut(&id) else {
            return;
        };
        if known.phase != Phase::Up {
            return;
        }
        known.probed &= matches!(response.status, 408 | 481);
        match response.status {
            200..300 => {
                known.refresh(response.contact.as_ref());
                self.take_lasting(now, id, response);
            }
            408 => self.lose(now, id, Ending::TimedOut),
            481 => self.lose(now, id, Ending::Refused(481)),
            status => {
                let wanted = min_se(&response.headers).filter(|_| status == 422);
                if let (Some(wanted), Some(lasting)) = (wanted, &mut known.lasting) {
                    lasting.interval_s = lasting.interval_s.max(wanted).min(INTERVAL_S_MAX);
                }
                if matches!(status, 405 | 501) {
                    known.takes_update = false;
                }
                self.refused_refresh(now, id);
            }
        }
    }

    /// Handles a rejected refresh. If only this side uses session timers, the response proves that
    /// the peer is alive, and the session counts as refreshed. Otherwise the refresh is sent again.
    pub(crate) fn refused_refresh(&mut self, now: Instant, id: DialogId) {
        let lasting = self.dialogs.get(&id).and_then(|known| known.lasting);
        match lasting.filter(|lasting| lasting.ours && !lasting.understood) {
            Some(lasting) => self.start_lasting(now, id, Some(lasting)),
            None => self.refresh_later(now, id),
        }
    }

    /// Handles a refresh or re-INVITE that could not be sent. A failed probe ends the dialog.
    pub(crate) fn refresh_unsent(&mut self, now: Instant, id: DialogId, method: &Method) {
        let Some(known) = self.dialogs.get_mut(&id) else {
            return;
        };
        if known.probed {
            return self.lose(now, id, Ending::Unresponsive);
        }
        if *method == Method::Invite && known.asking.take().is_some() {
            let status = 503;
            self.tell(Event::OfferRefused { dialog: id, status });
        }
        self.refresh_later(now, id);
    }

    /// Schedules the next attempt of a failed refresh.
    pub(crate) fn refresh_later(&mut self, now: Instant, id: DialogId) {
        let lasting = self.dialogs.get(&id).and_then(|known| known.lasting);
        if lasting.is_some_and(|lasting| lasting.ours) {
            self.timers.set(Timer::Refresh(id), now + RETRY);
        }
    }

    /// Ends a session that was not refreshed.
    pub(crate) fn expire(&mut self, now: Instant, id: DialogId) {
        let phase = self.dialogs.get(&id).map(|known| known.phase);
        if phase == Some(Phase::Up) {
            self.lose(now, id, Ending::TimedOut);
        }
    }
}
