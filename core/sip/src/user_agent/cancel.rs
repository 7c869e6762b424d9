//! CANCEL (RFC 3261 §9), inbound and outbound.

use confab_terms::Instant;

use super::UserAgent;
use super::output::Ending;
use crate::dialog::DialogState;
use crate::ids::TransactionId;
use crate::message::{Echo, Method, Request, RequestOut, ResponseOut};
use crate::timers::{TRANSACTION_TIMEOUT, Timer};
use crate::transaction::{Cancel, ClientState, ServerState};
use crate::transport::{Hop, Source};

impl UserAgent {
    pub(crate) fn handle_cancel(
        &mut self,
        now: Instant,
        from: Source,
        request: &Request,
        invite: Option<TransactionId>,
    ) {
        let found = invite.and_then(|id| Some((id, self.servers.get(&id)?)));
        let Some((server, transaction)) = found else {
            return self.refuse(now, from, request, ResponseOut::new(481));
        };
        let id = transaction.dialog;
        let open = matches!(transaction.state, ServerState::Proceeding { .. });
        let dialog = self.dialogs.get(&id);
        let tag = dialog.map(|dialog| dialog.local_tag.clone());
        match &tag {
            Some(tag) => {
                let reply = ResponseOut::new(200).tag(tag);
                let bytes = reply.bytes(&Echo::of(request, from.address));
                self.send(now, &Hop::of_response(from, request.via()), bytes);
            }
            None => self.refuse(now, from, request, ResponseOut::new(200)),
        }
        if !open {
            return;
        }
        self.respond(
            now,
            server,
            &ResponseOut::new(487).tag(&tag.unwrap_or_default()),
        );
        match self.dialogs.get_mut(&id) {
            Some(dialog) if matches!(dialog.state, DialogState::Invited { .. }) => {
                self.end(now, id, Ending::Cancelled);
            }
            Some(dialog) => dialog.inbound_offer = None,
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
                let request = RequestOut {
                    method: Method::Cancel,
                    headers: Vec::new(),
                    sdp: Vec::new(),
                    ..client.request.clone()
                };
                let (to, dialog) = (client.to.clone(), client.dialog);
                self.timers.set(Timer::C(id), now + TRANSACTION_TIMEOUT);
                let cancel = TransactionId(self.next_number());
                self.begin_client(now, cancel, request, to, dialog);
            }
            _ => {}
        }
    }
}
