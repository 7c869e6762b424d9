//! Outputs of a user agent: datagrams, connection orders, lookups, and events for the application.

use confab_terms::{Digit, SocketAddr};
use serde::{Deserialize, Serialize};

use crate::ids::DialogId;
use crate::limits::Limit;
use crate::message::Transport;
use crate::registrar::Registration;
use crate::transport::{ConnectionId, ConnectionOrder, Lookup};

/// Output of `UserAgent::poll_output`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// Sends a datagram.
    Datagram {
        /// Destination.
        to: SocketAddr,
        /// Message.
        bytes: Vec<u8>,
    },
    /// Order for a connection; the orders of one connection must be executed in sequence.
    Connection {
        /// Connection.
        connection: ConnectionId,
        /// Order.
        order: ConnectionOrder,
    },
    /// Requests the SIP servers of a name (RFC 3263 §4); the result goes to
    /// `UserAgent::handle_resolved`.
    Resolve {
        /// Id, returned with the result.
        lookup: Lookup,
        /// Name.
        host: String,
        /// Port; `None`: the ports of the SRV records, else the default port.
        port: Option<u16>,
        /// Transport; `None`: any, UDP before TCP.
        transport: Option<Transport>,
    },
    /// Event for the application.
    Event(Event),
}

/// Properties of the caller besides the displayed identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallOrigin {
    /// `sip:user@host` of the From header.
    pub sip_from: String,
    /// Party that diverted the call last (Diversion, History-Info), in the same form as the caller.
    pub forwarded_from: Option<String>,
}

/// Event for the application; some events require a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// New inbound call; 100 has been sent. The application decides by `ring`, `answer` or
    /// `reject`.
    Invited {
        /// Id of the new dialog.
        dialog: DialogId,
        /// Source address of the INVITE.
        source: SocketAddr,
        /// Caller: a number for a trunk that sends numbers, else `sip:user@host` without name, tag
        /// and parameters.
        from: String,
        /// Display name of the caller.
        from_name: Option<String>,
        /// Callee, in the same form as `from`.
        to: String,
        /// Further properties of the caller.
        origin: Box<CallOrigin>,
        /// User part of the request URI, percent-decoded; empty if there is none.
        to_user: String,
        /// Host of the request URI.
        to_host: String,
        /// Call-ID.
        call_id: String,
        /// `X-` headers, as received.
        x_headers: Vec<(String, String)>,
        /// SDP offer; empty if the INVITE has none. Then `answer` takes an offer, and `LateAnswer`
        /// follows.
        offer: Vec<u8>,
        /// Dialog to replace (RFC 3891). The application ends that dialog by `hang_up` after the
        /// replacement.
        replaces: Option<DialogId>,
    },
    /// The ACK of the first 200 has arrived: the call is established.
    Acknowledged {
        /// Dialog.
        dialog: DialogId,
    },
    /// Re-INVITE or UPDATE with an offer. The application decides by `accept_offer` or
    /// `refuse_offer`.
    Offered {
        /// Dialog.
        dialog: DialogId,
        /// Source address, which changes if the phone has moved.
        source: SocketAddr,
        /// SDP offer.
        offer: Vec<u8>,
    },
    /// UPDATE without an offer: the session remains unchanged.
    Refreshed {
        /// Dialog.
        dialog: DialogId,
    },
    /// Re-INVITE without an offer. The application decides by `accept_offer` with an offer, or by
    /// `refuse_offer`.
    OfferWanted {
        /// Dialog.
        dialog: DialogId,
    },
    /// ACK of a 200 that carried an offer; precedes `Acknowledged` for the first 200.
    LateAnswer {
        /// Dialog.
        dialog: DialogId,
        /// SDP answer; empty if the ACK has none, against RFC 3261 §13.2.1.
        answer: Vec<u8>,
    },
    /// Digit by INFO.
    Pressed {
        /// Dialog.
        dialog: DialogId,
        /// Digit.
        digit: Digit,
    },
    /// An outbound INVITE got 180 or 183.
    Ringing {
        /// Dialog.
        dialog: DialogId,
    },
    /// SDP answer in a provisional response to an outbound INVITE, usually 183: early media may
    /// flow in both directions. A later `EarlyAnswer` or the answer of `Answered` replaces this
    /// answer.
    EarlyAnswer {
        /// Dialog.
        dialog: DialogId,
        /// SDP answer.
        answer: Vec<u8>,
    },
    /// An outbound INVITE got a 2xx, and the ACK was sent.
    Answered {
        /// Dialog.
        dialog: DialogId,
        /// SDP answer; that of the early dialog if the 2xx has none.
        answer: Vec<u8>,
    },
    /// An outbound INVITE got an unusable 2xx. ACK and BYE have been sent, and `Ended` follows.
    Unusable {
        /// Dialog.
        dialog: DialogId,
        /// Malformed part of the response, as in `Bad Contact`.
        reason: String,
    },
    /// An outbound re-INVITE got a 2xx.
    OfferAccepted {
        /// Dialog.
        dialog: DialogId,
        /// SDP answer.
        answer: Vec<u8>,
    },
    /// An outbound re-INVITE was rejected; the session remains unchanged.
    OfferRefused {
        /// Dialog.
        dialog: DialogId,
        /// Status code.
        status: u16,
    },
    /// A limit rejected requests or connections; emitted at most once a minute for each limit.
    Limited {
        /// Limit.
        limit: Limit,
        /// Peer that was rejected last.
        client: String,
        /// Number of rejections since the last event of this limit.
        count: u64,
    },
    /// Digest credentials with a valid nonce had an unknown user or a wrong password.
    LoginFailed {
        /// Source address of the request.
        source: SocketAddr,
    },
    /// The contacts of a user or their lifetime have changed.
    Registered(Registration),
    /// End of a dialog or of a failed call attempt. Emitted exactly once for each dialog, as its
    /// last event, also after `hang_up` and `reject`.
    Ended {
        /// Dialog.
        dialog: DialogId,
        /// Reason.
        how: Ending,
    },
}

/// Reason for the end of a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    /// The peer sent BYE.
    Bye,
    /// This side sent BYE.
    ByeSent,
    /// The peer sent CANCEL before the final response.
    Cancelled,
    /// This side rejected the inbound INVITE or canceled the outbound INVITE.
    Rejected,
    /// The outbound INVITE was rejected with this status.
    Refused(u16),
    /// A probe (`UserAgent::probe`) got 408, 481 or no response.
    Unresponsive,
    /// Timeout: no ACK, PRACK or final response, a 408, or an expired session.
    TimedOut,
}
