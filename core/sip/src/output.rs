//! What a user agent says: datagrams to send, events for the application.

use confab_terms::{Digit, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::{ConnectionId, DialogId, Limit, Registration, Transport};

/// By `poll_output`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// To send.
    Datagram {
        /// To whom.
        to: SocketAddr,
        /// The message.
        bytes: Vec<u8>,
    },
    /// To be done with a connection, in this order.
    Connection {
        /// Which.
        connection: ConnectionId,
        /// What.
        order: ConnectionOrder,
    },
    /// Find where a name's SIP is spoken (RFC 3263 §4); answered by `UserAgent::handle_resolved`.
    Resolve {
        /// Echoed.
        lookup: Lookup,
        /// The name.
        host: String,
        /// Its port; `None`: those of its SRV records, else the transport's own.
        port: Option<u16>,
        /// For which transport; `None`: for any, UDP before TCP.
        transport: Option<Transport>,
    },
    /// For the application.
    Event(Event),
}

/// Names one question for the addresses of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lookup(pub u64);

/// What is to be done with a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectionOrder {
    /// Open it, without waiting; `Opened` or `Closed` follows.
    Open {
        /// To whom.
        to: SocketAddr,
        /// Over TLS, if its certificate is that of this name or address.
        tls: Option<String>,
    },
    /// Send on it.
    Send(Vec<u8>),
    /// Close it once all of that is sent, or after a while; nothing more is to be told of it.
    Close,
}

/// What happens on a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectionEvent {
    /// It is open: ours at last, or a new one of theirs.
    Opened {
        /// The other end.
        peer: SocketAddr,
        /// By what: told of theirs, known of ours.
        transport: Transport,
    },
    /// Bytes came.
    Received {
        /// In their order, in whatever pieces.
        bytes: Vec<u8>,
    },
    /// It is gone, or could not be opened; nothing more is sent on it.
    Closed,
}

/// Facts on the caller of an INVITE besides the shown identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallOrigin {
    /// `sip:user@host` of the From header.
    pub sip_from: String,
    /// Party that diverted the call last (Diversion, History-Info), in the form of the caller.
    pub forwarded_from: Option<String>,
}

/// What the application must know or decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A new call (100 has been sent). Decide by `ring`, `answer` or `reject`.
    Invited {
        /// Its name from now on.
        dialog: DialogId,
        /// Where the datagram came from.
        source: SocketAddr,
        /// Caller as applications see it: a number for a trunk that sends numbers, else
        /// `sip:user@host` without name, tag and parameters.
        from: String,
        /// Display name of the caller.
        from_name: Option<String>,
        /// Callee as applications see it, in the same form as `from`.
        to: String,
        /// Further facts on the caller.
        origin: Box<CallOrigin>,
        /// User part of the request URI, percent-decoded; empty if there is none.
        to_user: String,
        /// Host of the request URI.
        to_host: String,
        /// Call-ID.
        call_id: String,
        /// `X-` headers, as written.
        x_headers: Vec<(String, String)>,
        /// The offer; empty if they leave it to us (`answer` takes our offer then, and
        /// `LateAnswer` follows).
        offer: Vec<u8>,
        /// The dialog whose place it is to take (RFC 3891), and that is to be ended by `hang_up`
        /// once it has.
        replaces: Option<DialogId>,
    },
    /// The 200 of ours was acknowledged: the call is up.
    Acknowledged {
        /// Which.
        dialog: DialogId,
    },
    /// A re-INVITE or UPDATE with an offer. Decide by `accept_offer` or `refuse_offer`.
    Offered {
        /// Which.
        dialog: DialogId,
        /// Where it came from: a phone may have moved.
        source: SocketAddr,
        /// The offer.
        offer: Vec<u8>,
    },
    /// An UPDATE without an offer: the session goes on as it was.
    Refreshed {
        /// Which.
        dialog: DialogId,
    },
    /// A re-INVITE without an offer. Decide by `accept_offer`, with an offer of ours, or by
    /// `refuse_offer`.
    OfferWanted {
        /// Which.
        dialog: DialogId,
    },
    /// The ACK of a 200 that carried our offer. Before `Acknowledged` if it is the first.
    LateAnswer {
        /// Which.
        dialog: DialogId,
        /// The answer; empty if they broke the rule and sent none.
        answer: Vec<u8>,
    },
    /// A digit by INFO.
    Pressed {
        /// Which.
        dialog: DialogId,
        /// The key.
        digit: Digit,
    },
    /// Our INVITE rings (180, 183).
    Ringing {
        /// Which.
        dialog: DialogId,
    },
    /// A phone that our INVITE rings says where it listens (183 with an answer, as a rule): voices
    /// may flow both ways, but nobody has picked up. Another phone's, or another one of the same,
    /// takes its place, and so does that of `Answered`.
    EarlyAnswer {
        /// Which.
        dialog: DialogId,
        /// The answer.
        answer: Vec<u8>,
    },
    /// Our INVITE was answered (and the ACK sent).
    Answered {
        /// Which.
        dialog: DialogId,
        /// The answer; that of the early dialog if the 200 has none.
        answer: Vec<u8>,
    },
    /// Our INVITE was answered with a 2xx that cannot be used. ACK and BYE have been sent, and
    /// `Ended` follows.
    Unusable {
        /// The dialog.
        dialog: DialogId,
        /// The part that cannot be read: `Bad Contact`.
        reason: String,
    },
    /// Our re-INVITE was answered with 2xx.
    OfferAccepted {
        /// Which.
        dialog: DialogId,
        /// The answer.
        answer: Vec<u8>,
    },
    /// Our re-INVITE was refused; the session goes on as it was.
    OfferRefused {
        /// Which.
        dialog: DialogId,
        /// With what.
        status: u16,
    },
    /// A limit refused requests or connections; told at most once a minute for each limit.
    Limited {
        /// The limit.
        limit: Limit,
        /// The peer that was refused last.
        client: String,
        /// Refusals since the limit was told last.
        count: u64,
    },
    /// Digest credentials with a nonce of ours had an unknown user or a wrong password.
    LoginFailed {
        /// Source of the request.
        source: SocketAddr,
    },
    /// The contacts of a user have changed, or their lifetime has.
    Registered(Registration),
    /// The dialog is over, or never came to be; told exactly once, and last, for every dialog
    /// but those that the application ended by `bye`, `reject` or `cancel`: there too, once.
    Ended {
        /// Which.
        dialog: DialogId,
        /// How.
        how: Ending,
    },
}

/// How a dialog ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The other side sent BYE.
    Bye,
    /// We did.
    ByeSent,
    /// The other side sent CANCEL before the answer.
    Cancelled,
    /// We refused the INVITE, or took it back.
    Rejected,
    /// Our INVITE was refused with this status.
    Refused(u16),
    /// A probe (`UserAgent::probe`) was answered with 408 or 481, or not at all.
    Unresponsive,
    /// Our 200 was never acknowledged, or our request never answered (408 / timer H, B, F).
    TimedOut,
}
