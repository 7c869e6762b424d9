//! End of a dialog: BYE of the peer, local `hang_up`, and removal of the dialog's state.

use core::time::Duration;

use confab_terms::Instant;

use crate::access::Peer;
use crate::client::{Cancel, ClientState};
use crate::hop::Source;
use crate::message::{Method, Reply, Request};
use crate::phase::Phase;
use crate::timers::{PATIENCE, Timer, TransactionId};
use crate::{DialogId, Ending, Event, UserAgent};

impl UserAgent {
    /// Ends a dialog in any state by BYE, CANCEL or a 480 response. After a 200 without ACK, BYE
    /// follows the ACK or its timeout (RFC 3261 §15).
    pub fn hang_up(&mut self, now: Instant, dialog: DialogId) {
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        let first = known.unheard.as_ref().is_some_and(|unheard| unheard.first);
        match known.phase {
            Phase::Invited { .. } => self.reject(now, dialog, 480),
            Phase::Inviting { client, .. } => {
                known.phase = Phase::Withdrawn;
                self.cancel(now, client);
                self.tell(Event::Ended {
                    dialog,
                    how: Ending::Rejected,
                });
            }
            Phase::Up => {
                if first {
                    known.phase = Phase::Leaving;
                    known.asking = None;
                    self.timers.stop(Timer::Glare(dialog));
                } else {
                    self.send_bye(now, dialog, PATIENCE);
                }
                self.tell(Event::Ended {
                    dialog,
                    how: Ending::ByeSent,
                });
            }
            Phase::Withdrawn | Phase::Leaving | Phase::Over => {}
        }
    }

    /// Sends BYE. The dialog remains until the response, for at most `patience`.
    pub(crate) fn send_bye(&mut self, now: Instant, id: DialogId, patience: Duration) {
        self.settle(now, id);
        let branch = self.branch();
        let client = TransactionId(self.next_number());
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        dialog.phase = Phase::Over;
        let (request, to) = (dialog.request(Method::Bye, branch), dialog.destination());
        self.begin_client(now, client, request, to, id);
        self.timers.set(Timer::F(client), now + patience);
    }

    /// Handles a BYE in any state.
    pub(crate) fn take_bye(&mut self, now: Instant, from: Source, request: &Request, id: DialogId) {
        let server = self.begin_server(request, from, id);
        self.respond(now, server, &Reply::new(200));
        let Some(dialog) = self.dialogs.get(&id) else {
            return;
        };
        match dialog.phase {
            Phase::Invited { server } => {
                // Pending requests still get a response (RFC 3261 §15.1.2).
                let reply = Reply::new(487).tag(&dialog.local_tag);
                self.respond(now, server, &reply);
                self.end(now, id, Ending::Bye);
            }
            Phase::Inviting { client, .. } => {
                self.cancel(now, client);
                self.end(now, id, Ending::Bye);
            }
            Phase::Up => self.end(now, id, Ending::Bye),
            Phase::Leaving => self.forget_dialog(now, id),
            // The pending client transaction removes the dialog.
            Phase::Withdrawn | Phase::Over => {}
        }
    }

    /// Removes the dialog and emits `Ended`.
    pub(crate) fn end(&mut self, now: Instant, dialog: DialogId, how: Ending) {
        self.forget_dialog(now, dialog);
        self.tell(Event::Ended { dialog, how });
    }

    pub(crate) fn forget_dialog(&mut self, now: Instant, id: DialogId) {
        self.settle(now, id);
        self.release_dialog(id);
        if let Some(dialog) = self.dialogs.remove(&id) {
            self.connections
                .use_for(id, dialog.source.connection, false);
            if let Peer::User { user, .. } = &dialog.peer {
                self.shares.end_call(user, id);
            }
            if !dialog.we_called {
                self.callers
                    .remove(&(dialog.call_id.clone(), dialog.remote_tag));
            }
            self.dialog_keys.remove(&(dialog.call_id, dialog.local_tag));
        }
    }

    /// Stops the pending operations of a dialog: 2xx without ACK, undecided offer of the peer,
    /// re-INVITE in progress.
    fn settle(&mut self, now: Instant, id: DialogId) {
        self.timers.stop(Timer::Answer(id));
        self.timers.stop(Timer::AnswerUnheard(id));
        self.settle_reliable(id);
        self.timers.stop(Timer::Glare(id));
        self.timers.stop(Timer::Refresh(id));
        self.timers.stop(Timer::Expiry(id));
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        dialog.unheard = None;
        let (asked, asking) = (dialog.asked.take(), dialog.asking.take());
        if let Some(asked) = asked {
            self.respond(now, asked.server, &Reply::new(487));
        }
        // A re-INVITE in progress gets its response, or ends with timer B or C.
        if let Some(client) = asking.and_then(|asking| asking.client)
            && let Some(transaction) = self.clients.get_mut(&client)
        {
            transaction.cancel = Cancel::Sent;
            self.timers.stop(Timer::A(client));
            if transaction.state == ClientState::Proceeding {
                self.timers.set(Timer::C(client), now + PATIENCE);
            }
        }
    }
}
