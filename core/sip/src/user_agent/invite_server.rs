//! Inbound INVITE outside of a dialog.

use confab_terms::{Instant, SocketAddr, limits};

use super::UserAgent;
use super::output::{CallOrigin, Event};
use crate::auth::{Parties, Peer};
use crate::dialog::Dialog;
use crate::ids::DialogId;
use crate::limits::{Limit, QuotaOwner};
use crate::message::{Request, ResponseOut, Uri};
use crate::transport::{Flow, Source};

impl UserAgent {
    pub(crate) fn handle_invite(
        &mut self,
        now: Instant,
        source: Source,
        request: &Request,
        peer: Peer,
    ) {
        let caller = (
            request.call_id.clone(),
            request.from.tag().map(str::to_owned),
        );
        let twin = self.invite_keys.get(&caller);
        if twin
            .and_then(|id| self.dialogs.get(id))
            .is_some_and(|dialog| dialog.invite_cseq == request.cseq)
        {
            // Merged request: the same INVITE by another path (RFC 3261 §8.2.2.2).
            return self.refuse(now, source, request, ResponseOut::new(482));
        }
        let replaces = match self.replaced(request, &peer) {
            Ok(replaces) => replaces,
            Err(refusal) => return self.refuse(now, source, request, refusal),
        };
        let holder = self.holder(&peer, source);
        if self.dialogs.len() >= limits::SIP_DIALOGS_MAX || !self.has_room_for(now, None, &holder) {
            let refusal = ResponseOut::new(503).header("Retry-After", "10");
            return self.refuse(now, source, request, refusal);
        }
        if let Err(limit) = self.admit_call(now, &holder) {
            let seconds = if limit == Limit::CallsOfUser {
                "10"
            } else {
                "1"
            };
            let refusal = ResponseOut::new(503).header("Retry-After", seconds);
            let refusal = refusal.warning(399, &format!("limit reached: {limit}"));
            return self.refuse(now, source, request, refusal);
        }
        let id = DialogId(self.next_number());
        if let QuotaOwner::User(user) = &holder {
            self.quotas.begin_call(user, id);
        }
        let verified = holder.is_verified(source);
        let server = self.begin_server_of(request, source, (id, holder));
        let tag = self.tag();
        let nat = self.access.nat_of(&peer, source.address);
        let flow = Flow::of(request, source, nat);
        let mut dialog = Dialog::inbound(request, flow, tag, server);
        let trunk = self.access.of_caller(&peer, source.address);
        let parties = Parties::of(request, trunk);
        dialog.peer = peer;
        dialog.verified = verified;
        let key = (dialog.call_id.clone(), dialog.local_tag.clone());
        self.dialog_keys.insert(key, id);
        self.invite_keys.insert(caller, id);
        self.dialogs.insert(id, dialog);
        self.update_source(id, source);
        self.keep_dialog(now, id);
        self.respond(now, server, &ResponseOut::new(100));
        self.emit(invited(id, source.address, request, parties, replaces));
    }
}

fn invited(
    dialog: DialogId,
    source: SocketAddr,
    request: &Request,
    parties: Parties,
    replaces: Option<DialogId>,
) -> Event {
    let to_host = match &request.uri {
        Uri::Sip(uri) => uri.host.to_string(),
        Uri::Other { .. } => String::new(),
    };
    let is_ours = |name: &str| {
        name.get(..2)
            .is_some_and(|start| start.eq_ignore_ascii_case("X-"))
    };
    Event::Invited {
        dialog,
        source,
        from: parties.from,
        from_name: parties.from_name,
        to: parties.to,
        origin: Box::new(CallOrigin {
            sip_from: parties.sip_from,
            forwarded_from: parties.forwarded_from,
        }),
        to_user: request.uri.user(),
        to_host,
        call_id: request.call_id.clone(),
        x_headers: request
            .headers
            .0
            .iter()
            .filter(|header| is_ours(&header.name))
            .map(|header| {
                let value = String::from_utf8_lossy(&header.value).into_owned();
                (header.name.clone(), value)
            })
            .collect(),
        offer: request.body.clone(),
        replaces,
    }
}
