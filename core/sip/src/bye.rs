//! The end of a dialog: theirs by BYE, ours by `hang_up`, and what is left to tidy then.

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
    /// Ends a dialog in whatever state: BYE, CANCEL, or a rejection (480). (An answered but
    /// not yet acknowledged one: BYE after the ACK or its time-out, RFC 3261 §15.)
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

    /// Sends BYE; the dialog stays until that is answered, or `patience` is at its end.
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

    /// Their BYE, whatever the state.
    pub(crate) fn take_bye(&mut self, now: Instant, from: Source, request: &Request, id: DialogId) {
        let server = self.begin_server(request, from, id);
        self.respond(now, server, &Reply::new(200));
        let Some(dialog) = self.dialogs.get(&id) else {
            return;
        };
        match dialog.phase {
            Phase::Invited { server } => {
                // Pending requests still get an answer (RFC 3261 §15.1.2).
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
            // Our own transaction sees to the rest.
            Phase::Withdrawn | Phase::Over => {}
        }
    }

    /// Tells the end, and forgets.
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

    /// Stops what a dialog still had under way: its 2xx, their offer, our re-INVITE.
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
        // A re-INVITE of ours gets its answer, or is given up in time.
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
