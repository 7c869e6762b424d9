//! Dialog state (RFC 3261 §12): identifiers, URIs, route set, flow and CSeq numbers. Module `state`
//! has the state of the call and of pending transactions.

mod early;
pub(crate) mod prack;
pub(crate) mod replaces;
pub(crate) mod session_timer;
mod state;

use confab_terms::SocketAddr;
use serde::{Deserialize, Serialize};

use crate::auth::{Credentials, Peer};
use crate::ids::TransactionId;
use crate::message::{Address, Headers, Method, Request, RequestOut, Response, Transport, Uri};
use crate::transport::{Destination, Flow, Hop, Nat, Source, is_direct};

pub(crate) use early::Early;
pub(crate) use prack::rseq;
pub(crate) use session_timer::{
    INTERVAL_S, INTERVAL_S_MAX, INTERVAL_S_MIN, SessionTimer, headers, min_se, names,
    session_expires,
};
pub(crate) use state::{
    DialogState, InboundOffer, OutboundReinvite, Pending2xx, PendingReliable, Support100rel,
};

/// Dialog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dialog {
    pub(crate) call_id: String,
    pub(crate) local_tag: String,
    /// Tag of the peer; `None`: not known yet, or the peer sends no tag (RFC 2543).
    pub(crate) remote_tag: Option<String>,
    local_uri: String,
    remote_uri: String,
    /// Remote target: URI of the peer's Contact.
    pub(crate) target: String,
    /// Route set, in the order of the Route headers.
    routes: Vec<String>,
    /// Source of the peer's last message; the fallback if the target cannot be reached.
    pub(crate) source: Source,
    /// Flow of the peer's last request.
    pub(crate) flow: Flow,
    /// True if no proxy was between the peer and this server: the connection of the request leads
    /// to the peer.
    direct: bool,
    pub(crate) local_cseq: u32,
    pub(crate) remote_cseq: Option<u32>,
    /// CSeq of the inbound INVITE that created the dialog.
    pub(crate) invite_cseq: u32,
    /// True if the inbound INVITE had no offer.
    pub(crate) invite_without_offer: bool,
    pub(crate) is_caller: bool,
    pub(crate) state: DialogState,
    pub(crate) pending_2xx: Option<Pending2xx>,
    pub(crate) inbound_offer: Option<InboundOffer>,
    pub(crate) reinvite: Option<OutboundReinvite>,
    pub(crate) session_timer: Option<SessionTimer>,
    /// True while a probe has no response.
    pub(crate) probe_pending: bool,
    /// True if the peer's Allow lists UPDATE.
    pub(crate) supports_update: bool,
    /// Local SDP of the last completed offer/answer exchange.
    pub(crate) local_sdp: Vec<u8>,
    pub(crate) support_100rel: Support100rel,
    pub(crate) reliable: Option<PendingReliable>,
    /// RSeq of the last reliable provisional response sent.
    pub(crate) rseq: Option<u32>,
    /// Early dialogs of the outbound INVITE, one for each To tag.
    pub(crate) early: Vec<Early>,
    /// Remote party; determines the accepted sources of requests.
    pub(crate) peer: Peer,
    /// True if the peer has proved that its source address receives: by a connection, digest
    /// credentials, a request within the dialog or a response. Always true for trunks.
    pub(crate) verified: bool,
    /// True for a `sips:` call: requests are sent over TLS only.
    pub(crate) secure: bool,
    /// Event code and duration of a digit that continues in several INFO requests.
    pub(crate) info_digit: Option<(u8, u16)>,
    /// Code and text of the Warning in the next rejection.
    pub(crate) warning: Option<(u16, String)>,
    /// Credentials of this call, used instead of the trunk's account.
    pub(crate) credentials: Option<Box<Credentials>>,
}

impl Dialog {
    /// Creates the dialog of an inbound INVITE.
    pub(crate) fn inbound(
        request: &Request,
        flow: Flow,
        local_tag: String,
        server: TransactionId,
    ) -> Self {
        let contact = request.contact.as_ref().unwrap_or(&request.from);
        let flow = match request.contact {
            Some(_) => flow,
            None => flow.without_contact(),
        };
        Self {
            call_id: request.call_id.clone(),
            local_tag,
            remote_tag: request.from.tag().map(str::to_owned),
            local_uri: request.to.uri.text().to_owned(),
            remote_uri: request.from.uri.text().to_owned(),
            target: contact.uri.text().to_owned(),
            routes: request
                .headers
                .addresses("Record-Route")
                .unwrap_or_default(),
            source: flow.source,
            flow,
            direct: is_direct(request),
            local_cseq: 0,
            remote_cseq: Some(request.cseq),
            invite_cseq: request.cseq,
            invite_without_offer: request.body.is_empty(),
            is_caller: false,
            state: DialogState::Invited { server },
            pending_2xx: None,
            inbound_offer: None,
            reinvite: None,
            session_timer: Some(session_timer::agreed(request)),
            probe_pending: false,
            supports_update: names(&request.headers, "Allow", "UPDATE"),
            local_sdp: Vec::new(),
            support_100rel: prack::support_100rel(&request.headers),
            reliable: None,
            rseq: None,
            early: Vec::new(),
            peer: Peer::AnySource,
            verified: false,
            secure: is_secure(&request.uri),
            info_digit: None,
            warning: None,
            credentials: None,
        }
    }

    /// Creates the dialog of an outbound INVITE.
    pub(crate) fn outbound(
        call_id: String,
        local_tag: String,
        (local_uri, remote_uri): (&str, &str),
        flow: Flow,
        client: TransactionId,
    ) -> Self {
        Self {
            call_id,
            local_tag,
            remote_tag: None,
            local_uri: local_uri.to_owned(),
            remote_uri: remote_uri.to_owned(),
            target: remote_uri.to_owned(),
            routes: Vec::new(),
            source: flow.source,
            flow,
            direct: false,
            local_cseq: 0,
            remote_cseq: None,
            invite_cseq: 0,
            invite_without_offer: false,
            is_caller: true,
            state: DialogState::Inviting {
                client,
                rang: false,
            },
            pending_2xx: None,
            inbound_offer: None,
            reinvite: None,
            session_timer: None,
            probe_pending: false,
            supports_update: false,
            local_sdp: Vec::new(),
            support_100rel: Support100rel::Unsupported,
            reliable: None,
            rseq: None,
            early: Vec::new(),
            peer: Peer::AnySource,
            verified: true,
            secure: Uri::parse(remote_uri).is_some_and(|uri| is_secure(&uri)),
            info_digit: None,
            warning: None,
            credentials: None,
        }
    }

    /// Creates a temporary dialog for a 2xx without a stored dialog, to send ACK and BYE.
    pub(crate) fn of_fork(request: &RequestOut, response: &Response, flow: Flow) -> Self {
        // The values of the request are used, because those of the response may be malformed.
        let (from, to) = (Address::parse(&request.from), Address::parse(&request.to));
        let tag = from.as_ref().and_then(Address::tag).unwrap_or_default();
        let uri = |address: &Option<Address>| {
            let uri = address.as_ref().map(|address| address.uri.text());
            uri.unwrap_or_default().to_owned()
        };
        let (call_id, tag) = (request.call_id.clone(), tag.to_owned());
        let uris = (&*uri(&from), &*uri(&to));
        let mut fork = Self::outbound(call_id, tag, uris, flow, TransactionId(0));
        fork.target.clone_from(&request.uri);
        fork.learn(response);
        if response.headers.all("Record-Route").next().is_none() {
            fork.routes.clone_from(&request.routes);
        }
        fork.local_cseq = request.cseq;
        fork
    }

    /// Takes tag, route set and target from a 2xx to the initial INVITE (RFC 3261 §12.1.2).
    pub(crate) fn learn(&mut self, response: &Response) {
        self.remote_tag = response.to.tag().map(str::to_owned);
        let early = self.early_of(response.to.tag());
        self.remote_cseq = early.and_then(Early::remote_cseq);
        self.routes = routes_back(&response.headers);
        self.supports_update = names(&response.headers, "Allow", "UPDATE");
        self.refresh(response.contact.as_ref());
    }

    /// Directs ACK and BYE to the source of a 2xx that has malformed headers.
    pub(crate) fn use_source(&mut self, source: Source) {
        self.flow = Flow::towards(source, Nat::Always);
        self.direct = true;
    }

    /// Updates the remote target (RFC 3261 §12.2).
    pub(crate) fn refresh(&mut self, contact: Option<&Address>) {
        if let Some(contact) = contact {
            self.target = contact.uri.text().to_owned();
        }
    }

    /// Updates the flow with a request of the peer.
    pub(crate) fn follow(&mut self, request: &Request, source: Source) {
        let contact = request.contact.as_ref();
        let contact = contact.map(|contact| contact.uri.text().to_owned());
        let target = contact.unwrap_or_else(|| self.target.clone());
        self.flow.follow(request, source, &target);
    }

    /// Returns the destination of keep-alives; `None` if the peer is not behind NAT.
    pub(crate) fn kept_flow(&self) -> Option<SocketAddr> {
        let direct = self.routes.is_empty();
        direct.then(|| self.flow.kept(&self.target)).flatten()
    }

    /// Returns the next request, with the next CSeq. An ACK has the CSeq of the INVITE; see
    /// `numbered`.
    pub(crate) fn request(&mut self, method: Method, branch: String) -> RequestOut {
        self.local_cseq += 1;
        self.numbered(method, branch, self.local_cseq)
    }

    /// Returns a request with the given CSeq.
    pub(crate) fn numbered(&self, method: Method, branch: String, cseq: u32) -> RequestOut {
        let (mut uri, mut routes) = (self.target.clone(), self.routes.clone());
        let first = routes.first().and_then(|route| Address::parse(route));
        if let Some(Uri::Sip(strict)) = first.map(|first| first.uri)
            && !strict.has_param("lr")
        {
            // A strict router expects its own URI as request URI (RFC 3261 §12.2.1.1).
            routes.remove(0);
            routes.push(format!("<{uri}>"));
            uri = strict.text;
        }
        let to_tag = self.remote_tag.as_ref();
        RequestOut {
            method,
            uri,
            branch,
            from: format!("<{}>;tag={}", self.local_uri, self.local_tag),
            to: match to_tag {
                Some(tag) => format!("<{}>;tag={tag}", self.remote_uri),
                None => format!("<{}>", self.remote_uri),
            },
            call_id: self.call_id.clone(),
            cseq,
            routes,
            headers: Vec::new(),
            sdp: Vec::new(),
        }
    }

    /// Returns the next hop of requests. Without a route set, a peer behind NAT is reached on the
    /// flow of its last request.
    pub(crate) fn destination(&self) -> Hop {
        let by_uri = self.by_uri();
        if !self.routes.is_empty() {
            return by_uri;
        }
        match self.flow.reach(&self.target) {
            Destination::Contact => by_uri,
            Destination::Flow => Hop::back(self.flow.source),
            Destination::ContactElseFlow => Hop {
                flow: Some(self.flow.clone()),
                ..by_uri
            },
        }
    }

    /// Returns the next hop by the first route or the remote target, on the peer's open connection
    /// if the connection leads to that hop. Falls back to the source of the last message. A dialog
    /// without TLS does not change to TLS, and a `sips:` dialog does not leave TLS.
    fn by_uri(&self) -> Hop {
        let uri = match self.routes.first() {
            Some(route) => Address::parse(route).map(|address| address.uri),
            None => Uri::parse(&self.target),
        };
        let way = match uri {
            Some(Uri::Sip(uri)) => Hop::of_uri(&uri, self.source.transport),
            _ => None,
        };
        let is_tls = self.source.transport == Transport::Tls;
        let stays = |hop: &Hop| match hop.transport {
            Transport::Tls => is_tls,
            Transport::Udp | Transport::Tcp => !(is_tls && self.secure),
        };
        let Some(mut hop) = way.filter(stays) else {
            return Hop::back(self.source);
        };
        let theirs = self.direct && self.routes.is_empty() || hop.is_at(self.source.address.ip());
        if hop.transport.is_stream() && hop.transport == self.source.transport && theirs {
            hop.connection = self.source.connection;
        }
        hop
    }
}

fn is_secure(uri: &Uri) -> bool {
    matches!(uri, Uri::Sip(uri) if uri.secure)
}

/// Returns the route set of a UAC: Record-Route in reverse order (RFC 3261 §12.1.2). Empty beyond
/// the limit; such a response is not used.
fn routes_back(headers: &Headers) -> Vec<String> {
    if headers.has_too_many_routes() {
        return Vec::new();
    }
    let mut routes = headers.addresses("Record-Route").unwrap_or_default();
    routes.reverse();
    routes
}
