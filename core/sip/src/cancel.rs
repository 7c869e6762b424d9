//! CANCEL (RFC 3261 §9), inbound and outbound.

use confab_terms::Instant;

use crate::client::{Cancel, ClientState};
use crate::hop::{Hop, Source};
use crate::message::{Echo, Method, Outgoing, Reply, Request};
use crate::phase::Phase;
use crate::server::ServerState;
use crate::timers::{PATIENCE, Timer, TransactionId};
use crate::{Ending, UserAgent};

impl UserAgent {
    pub(crate) fn take_cancel(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        invite: Option<TransactionId>,
    ) {
        let found = invite.and_then(|id| Some((id, self.servers.get(&id)?)));
        let Some((server, transaction)) = found else {
            return self.refuse(now, from, request, Reply::new(481));
        };
        let id = transaction.dialog;
        let open = matches!(transaction.state, ServerState::Proceeding { .. });
        let dialog = self.dialogs.get(&id);
        let tag = dialog.map(|dialog| dialog.local_tag.clone());
        match &tag {
            Some(tag) => {
                let reply = Reply::new(200).tag(tag);
                let bytes = reply.bytes(&Echo::of(request, from.address));
                self.send(now, &Hop::of_response(from, request.via()), bytes);
            }
            None => self.refuse(now, from, request, Reply::new(200)),
        }
        if !open {
            return;
        }
        self.respond(now, server, &Reply::new(487).tag(&tag.unwrap_or_default()));
        match self.dialogs.get_mut(&id) {
            Some(dialog) if matches!(dialog.phase, Phase::Invited { .. }) => {
                self.end(now, id, Ending::Cancelled);
            }
            Some(dialog) => dialog.asked = None,
            None => {}
        }
    }

    /// Cancels an outbound INVITE: at once if a provisional response has arrived, else after the
    /// first one.
    pub(crate) fn cancel(&mut self, now: Instant, id: TransactionId) {
        let Some(client) = self.clients.get_mut(&id) else {
            return;
        };
        match (client.cancel, &client.state) {
            (Cancel::Sent, _) => {}
            (_, ClientState::Calling { .. }) => client.cancel = Cancel::Wanted,
            (_, ClientState::Proceeding) => {
                client.cancel = Cancel::Sent;
                let request = Outgoing {
                    method: Method::Cancel,
                    headers: Vec::new(),
                    sdp: Vec::new(),
                    ..client.request.clone()
                };
                let (to, dialog) = (client.to.clone(), client.dialog);
                self.timers.set(Timer::C(id), now + PATIENCE);
                let cancel = TransactionId(self.next_number());
                self.begin_client(now, cancel, request, to, dialog);
            }
            _ => {}
        }
    }
}
