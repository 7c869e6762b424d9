//! End of a dialog: BYE of the peer, local `hang_up`, and removal of the dialog's state.

use core::time::Duration;

use confab_terms::Instant;

use super::UserAgent;
use super::output::{Ending, Event};
use crate::auth::Peer;
use crate::dialog::DialogState;
use crate::ids::{DialogId, TransactionId};
use crate::message::{Method, Request, ResponseOut};
use crate::timers::{TRANSACTION_TIMEOUT, Timer};
use crate::transaction::{Cancel, ClientState};
use crate::transport::Source;

impl UserAgent {
    /// Ends a dialog in any state by BYE, CANCEL or a 480 response. After a 200 without ACK, BYE
    /// follows the ACK or its timeout (RFC 3261 §15).
    pub fn hang_up(&mut self, now: Instant, dialog: DialogId) {
        let Some(known) = self.dialogs.get_mut(&dialog) else {
            return;
        };
        let first = known
            .pending_2xx
            .as_ref()
            .is_some_and(|pending_2xx| pending_2xx.first);
        match known.state {
            DialogState::Invited { .. } => self.reject(now, dialog, 480),
            DialogState::Inviting { client, .. } => {
                known.state = DialogState::Canceled;
                self.cancel(now, client);
                self.emit(Event::Ended {
                    dialog,
                    how: Ending::Rejected,
                });
            }
            DialogState::Established => {
                if first {
                    known.state = DialogState::ByePending;
                    known.reinvite = None;
                    self.timers.stop(Timer::Glare(dialog));
                } else {
                    self.send_bye(now, dialog, TRANSACTION_TIMEOUT);
                }
                self.emit(Event::Ended {
                    dialog,
                    how: Ending::ByeSent,
                });
            }
            DialogState::Canceled | DialogState::ByePending | DialogState::ByeSent => {}
        }
    }

    /// Sends BYE. The dialog remains until the response, for at most `patience`.
    pub(crate) fn send_bye(&mut self, now: Instant, id: DialogId, patience: Duration) {
        self.stop_pending(now, id);
        let branch = self.branch();
        let client = TransactionId(self.next_number());
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        dialog.state = DialogState::ByeSent;
        let (request, to) = (dialog.request(Method::Bye, branch), dialog.destination());
        self.begin_client(now, client, request, to, id);
        self.timers.set(Timer::F(client), now + patience);
    }

    /// Handles a BYE in any state.
    pub(crate) fn handle_bye(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        id: DialogId,
    ) {
        let server = self.begin_server(request, from, id);
        self.respond(now, server, &ResponseOut::new(200));
        let Some(dialog) = self.dialogs.get(&id) else {
            return;
        };
        match dialog.state {
            DialogState::Invited { server } => {
                // Pending requests still get a response (RFC 3261 §15.1.2).
                let reply = ResponseOut::new(487).tag(&dialog.local_tag);
                self.respond(now, server, &reply);
                self.end(now, id, Ending::Bye);
            }
            DialogState::Inviting { client, .. } => {
                self.cancel(now, client);
                self.end(now, id, Ending::Bye);
            }
            DialogState::Established => self.end(now, id, Ending::Bye),
            DialogState::ByePending => self.remove_dialog(now, id),
            // The pending client transaction removes the dialog.
            DialogState::Canceled | DialogState::ByeSent => {}
        }
    }

    /// Removes the dialog and emits `Ended`.
    pub(crate) fn end(&mut self, now: Instant, dialog: DialogId, how: Ending) {
        self.remove_dialog(now, dialog);
        self.emit(Event::Ended { dialog, how });
    }

    pub(crate) fn remove_dialog(&mut self, now: Instant, id: DialogId) {
        self.stop_pending(now, id);
        self.release_dialog(id);
        if let Some(dialog) = self.dialogs.remove(&id) {
            self.connections
                .use_for(id, dialog.source.connection, false);
            if let Peer::User { user, .. } = &dialog.peer {
                self.quotas.end_call(user, id);
            }
            if !dialog.is_caller {
                self.invite_keys
                    .remove(&(dialog.call_id.clone(), dialog.remote_tag));
            }
            self.dialog_keys.remove(&(dialog.call_id, dialog.local_tag));
        }
    }

    /// Stops the pending operations of a dialog: 2xx without ACK, undecided offer of the peer,
    /// re-INVITE in progress.
    fn stop_pending(&mut self, now: Instant, id: DialogId) {
        self.timers.stop(Timer::Answer(id));
        self.timers.stop(Timer::AckTimeout(id));
        self.stop_reliable(id);
        self.timers.stop(Timer::Glare(id));
        self.timers.stop(Timer::Refresh(id));
        self.timers.stop(Timer::Expiry(id));
        let Some(dialog) = self.dialogs.get_mut(&id) else {
            return;
        };
        dialog.pending_2xx = None;
        let (inbound_offer, reinvite) = (dialog.inbound_offer.take(), dialog.reinvite.take());
        if let Some(inbound_offer) = inbound_offer {
            self.respond(now, inbound_offer.server, &ResponseOut::new(487));
        }
        // A re-INVITE in progress gets its response, or ends with timer B or C.
        if let Some(client) = reinvite.and_then(|reinvite| reinvite.client)
            && let Some(transaction) = self.clients.get_mut(&client)
        {
            transaction.cancel = Cancel::Sent;
            self.timers.stop(Timer::A(client));
            if transaction.state == ClientState::Proceeding {
                self.timers.set(Timer::C(client), now + TRANSACTION_TIMEOUT);
            }
        }
    }
}
