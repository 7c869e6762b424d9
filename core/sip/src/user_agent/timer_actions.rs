//! Actions of expired timers.

use confab_terms::Instant;

use super::UserAgent;
use super::output::{Ending, Event};
use crate::dialog::DialogState;
use crate::ids::{DialogId, TransactionId};
use crate::message::Method;
use crate::timers::{FINAL_BYE_TIMEOUT, TRANSACTION_TIMEOUT, Timer};
use crate::transaction::Cancel;

impl UserAgent {
    /// Handles all timers that are due.
    pub fn handle_deadline(&mut self, now: Instant) {
        self.handle_connection_deadline(now);
        self.handle_name_deadline(now);
        self.handle_keep_alive_deadline(now);
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::A(id) | Timer::E(id) => self.retransmit_request(now, id),
                Timer::B(id) | Timer::F(id) => self.request_timed_out(now, id),
                Timer::C(id) => self.timer_c_expired(now, id),
                Timer::Unsent(id) => self.unsent(now, id),
                Timer::D(id) | Timer::K(id) | Timer::M(id) => {
                    self.remove_client(id);
                }
                Timer::G(id) => self.retransmit_rejection(now, id),
                Timer::H(id) | Timer::I(id) | Timer::J(id) | Timer::L(id) => {
                    self.remove_server(id);
                }
                Timer::Answer(dialog) => self.retransmit_2xx(now, dialog),
                Timer::AckTimeout(dialog) => self.ack_timed_out(now, dialog),
                Timer::Glare(dialog) => self.send_reinvite(now, dialog),
                Timer::Reliable(dialog) => self.retransmit_reliable(now, dialog),
                Timer::PrackTimeout(dialog) => self.prack_timed_out(now, dialog),
                Timer::Refresh(dialog) => self.refresh(now, dialog),
                Timer::Expiry(dialog) => self.expire(now, dialog),
            }
        }
    }

    /// Handles timers B and F: no response to a request.
    fn request_timed_out(&mut self, now: Instant, id: TransactionId) {
        if self.try_next_target_without_response(now, id) {
            return;
        }
        let Some(client) = self.remove_client(id) else {
            return;
        };
        let dialog = client.dialog;
        let phase = self.dialogs.get(&dialog).map(|known| known.state);
        match (client.request.method, phase) {
            (Method::Invite, Some(DialogState::Inviting { .. })) => {
                self.end(now, dialog, Ending::TimedOut);
            }
            (Method::Invite, Some(DialogState::Canceled)) | (Method::Bye, Some(_)) => {
                self.remove_dialog(now, dialog);
            }
            (Method::Invite | Method::Update, Some(DialogState::Established)) => {
                self.end_unresponsive(now, dialog, Ending::TimedOut);
            }
            _ => {}
        }
    }

    /// Handles timer C: cancels an INVITE with provisional responses only, or ends a canceled
    /// INVITE without a final response (RFC 3261 §9.1).
    fn timer_c_expired(&mut self, now: Instant, id: TransactionId) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        let dialog = client.dialog;
        let inviting = self
            .dialogs
            .get_mut(&dialog)
            .filter(|known| matches!(known.state, DialogState::Inviting { .. }));
        match (client.cancel, inviting) {
            (Cancel::No, Some(known)) => {
                known.state = DialogState::Canceled;
                self.cancel(now, id);
                self.emit(Event::Ended {
                    dialog,
                    how: Ending::TimedOut,
                });
            }
            _ => self.request_timed_out(now, id),
        }
    }

    /// Ends a dialog whose 2xx was never acknowledged (RFC 3261 §13.3.1.4).
    fn ack_timed_out(&mut self, now: Instant, dialog: DialogId) {
        match self.dialogs.get(&dialog).map(|known| known.state) {
            Some(DialogState::ByePending) => self.send_bye(now, dialog, FINAL_BYE_TIMEOUT),
            Some(DialogState::Established) => self.end_unresponsive(now, dialog, Ending::TimedOut),
            _ => {}
        }
    }

    /// Ends a dialog whose peer does not respond any more, by BYE.
    pub(crate) fn end_unresponsive(&mut self, now: Instant, dialog: DialogId, how: Ending) {
        let known = self.dialogs.get(&dialog);
        let was_probed = known.is_some_and(|known| known.probe_pending);
        // An unverified Contact may be a third party's: the timeout allows for three transmissions
        // only.
        let patience = match known.is_some_and(|known| known.verified) {
            true => TRANSACTION_TIMEOUT,
            false => FINAL_BYE_TIMEOUT,
        };
        let how = if was_probed {
            Ending::Unresponsive
        } else {
            how
        };
        self.send_bye(now, dialog, patience);
        self.emit(Event::Ended { dialog, how });
    }
}
