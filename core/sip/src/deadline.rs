//! Actions of expired timers.

use confab_terms::Instant;

use crate::client::Cancel;
use crate::message::Method;
use crate::phase::Phase;
use crate::timers::{LAST_WORD, PATIENCE, Timer, TransactionId};
use crate::{DialogId, Ending, Event, UserAgent};

impl UserAgent {
    /// Handles all timers that are due.
    pub fn handle_deadline(&mut self, now: Instant) {
        self.handle_connection_deadline(now);
        self.handle_name_deadline(now);
        self.handle_keep_alive_deadline(now);
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::A(id) | Timer::E(id) => self.repeat_request(now, id),
                Timer::B(id) | Timer::F(id) => self.give_up(now, id),
                Timer::C(id) => self.ringing_too_long(now, id),
                Timer::Unsent(id) => self.unsent(now, id),
                Timer::D(id) | Timer::K(id) | Timer::M(id) => {
                    self.forget_client(id);
                }
                Timer::G(id) => self.repeat_refusal(now, id),
                Timer::H(id) | Timer::I(id) | Timer::J(id) | Timer::L(id) => {
                    self.forget_server(id);
                }
                Timer::Answer(dialog) => self.repeat_answer(now, dialog),
                Timer::AnswerUnheard(dialog) => self.answer_unheard(now, dialog),
                Timer::Glare(dialog) => self.ask_again(now, dialog),
                Timer::Reliable(dialog) => self.repeat_reliable(now, dialog),
                Timer::ReliableUnheard(dialog) => self.reliable_unheard(now, dialog),
                Timer::Refresh(dialog) => self.refresh(now, dialog),
                Timer::Expiry(dialog) => self.expire(now, dialog),
            }
        }
    }

    /// Handles timers B and F: no response to a request.
    fn give_up(&mut self, now: Instant, id: TransactionId) {
        if self.try_next_way_unheard(now, id) {
            return;
        }
        let Some(client) = self.forget_client(id) else {
            return;
        };
        let dialog = client.dialog;
        let phase = self.dialogs.get(&dialog).map(|known| known.phase);
        match (client.request.method, phase) {
            (Method::Invite, Some(Phase::Inviting { .. })) => {
                self.end(now, dialog, Ending::TimedOut);
            }
            (Method::Invite, Some(Phase::Withdrawn)) | (Method::Bye, Some(_)) => {
                self.forget_dialog(now, dialog);
            }
            (Method::Invite | Method::Update, Some(Phase::Up)) => {
                self.lose(now, dialog, Ending::TimedOut);
            }
            _ => {}
        }
    }

    /// Handles timer C: cancels an INVITE with provisional responses only, or ends a canceled
    /// INVITE without a final response (RFC 3261 §9.1).
    fn ringing_too_long(&mut self, now: Instant, id: TransactionId) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        let dialog = client.dialog;
        let inviting = self
            .dialogs
            .get_mut(&dialog)
            .filter(|known| matches!(known.phase, Phase::Inviting { .. }));
        match (client.cancel, inviting) {
            (Cancel::No, Some(known)) => {
                known.phase = Phase::Withdrawn;
                self.cancel(now, id);
                self.tell(Event::Ended {
                    dialog,
                    how: Ending::TimedOut,
                });
            }
            _ => self.give_up(now, id),
        }
    }

    /// Ends a dialog whose 2xx was never acknowledged (RFC 3261 §13.3.1.4).
    fn answer_unheard(&mut self, now: Instant, dialog: DialogId) {
        match self.dialogs.get(&dialog).map(|known| known.phase) {
            Some(Phase::Leaving) => self.send_bye(now, dialog, LAST_WORD),
            Some(Phase::Up) => self.lose(now, dialog, Ending::TimedOut),
            _ => {}
        }
    }

    /// Ends a dialog whose peer does not respond any more, by BYE.
    pub(crate) fn lose(&mut self, now: Instant, dialog: DialogId, how: Ending) {
        let known = self.dialogs.get(&dialog);
        let was_probed = known.is_some_and(|known| known.probed);
        // An unverified Contact may be a third party's: the timeout allows for three transmissions
        // only.
        let patience = match known.is_some_and(|known| known.verified) {
            true => PATIENCE,
            false => LAST_WORD,
        };
        let how = if was_probed {
            Ending::Unresponsive
        } else {
            how
        };
        self.send_bye(now, dialog, patience);
        self.tell(Event::Ended { dialog, how });
    }
}
