//! `UserAgent`: the one door of this crate.

use confab_terms::{Instant, SocketAddr};
use serde::{Deserialize, Serialize};

/// Names one INVITE and the dialog that comes of it, from the first request to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DialogId(pub u64);

/// What a user agent is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// What Contact and Via say.
    pub address: SocketAddr,
    /// `Server` / `User-Agent`, after authentication only; none if empty.
    pub product: String,
    /// Seeds tags, branches and Call-IDs.
    pub seed: [u8; 32],
}

/// An INVITE to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Request URI and To, `sip:room@host`.
    pub to: String,
    /// From, `sip:anna@host`.
    pub from: String,
    /// Display name of From.
    pub from_name: Option<String>,
    /// Where the datagram goes.
    pub via: SocketAddr,
    /// The offer.
    pub offer: Vec<u8>,
    /// Further headers (`X-…`).
    pub headers: Vec<(String, String)>,
}

/// By `poll_output`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// To send.
    Datagram {
        /// To whom.
        to: SocketAddr,
        /// The message.
        bytes: Vec<u8>,
    },
    /// For the application.
    Event(Event),
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
        /// `sip:user@host` of the From header (contract.md §SIP): no name, tag or parameters.
        from: String,
        /// Display name of From.
        from_name: Option<String>,
        /// `sip:user@host` of the request URI.
        to: String,
        /// User part of the request URI, percent-decoded; empty if there is none.
        to_user: String,
        /// Host of the request URI.
        to_host: String,
        /// Call-ID.
        call_id: String,
        /// `X-` headers, as written.
        x_headers: Vec<(String, String)>,
        /// The offer. (Late offers are answered 488 inside for now.)
        offer: Vec<u8>,
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
        /// The offer.
        offer: Vec<u8>,
    },
    /// Our INVITE rings (180, 183).
    Ringing {
        /// Which.
        dialog: DialogId,
    },
    /// Our INVITE was answered (and the ACK sent).
    Answered {
        /// Which.
        dialog: DialogId,
        /// The answer.
        answer: Vec<u8>,
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
    /// Our 200 was never acknowledged, or our request never answered (408 / timer H, B, F).
    TimedOut,
}

/// SIP without I/O.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserAgent {
    config: Config,
}

#[allow(unused_variables, clippy::todo)]
impl UserAgent {
    /// A user agent without a dialog.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config }
    }
    /// A datagram arrived.
    pub fn handle(&mut self, now: Instant, from: SocketAddr, bytes: &[u8]) {
        todo!()
    }
    /// Timers that are due.
    pub fn handle_deadline(&mut self, now: Instant) {
        todo!()
    }
    /// When `handle_deadline` wants to be called.
    pub fn next_deadline(&self) -> Option<Instant> {
        todo!()
    }
    /// The next thing to do; `None` when all is done.
    pub fn poll_output(&mut self) -> Option<Output> {
        todo!()
    }
    /// Sends 180. Wrong state: ignored.
    pub fn ring(&mut self, now: Instant, dialog: DialogId) {
        todo!()
    }
    /// Sends 200 with our answer.
    pub fn answer(&mut self, now: Instant, dialog: DialogId, answer: Vec<u8>) {
        todo!()
    }
    /// Sends a final refusal.
    pub fn reject(&mut self, now: Instant, dialog: DialogId, status: u16) {
        todo!()
    }
    /// Answers `Offered`.
    pub fn accept_offer(&mut self, now: Instant, dialog: DialogId, answer: Vec<u8>) {
        todo!()
    }
    /// Refuses `Offered`; the session goes on as it was.
    pub fn refuse_offer(&mut self, now: Instant, dialog: DialogId, status: u16) {
        todo!()
    }
    /// Ends a dialog in whatever state: BYE, CANCEL, or a rejection (480). (An answered but
    /// not yet acknowledged one: BYE after the ACK or its time-out, RFC 3261 §15.)
    pub fn hang_up(&mut self, now: Instant, dialog: DialogId) {
        todo!()
    }
    /// Sends an INVITE.
    pub fn invite(&mut self, now: Instant, invite: Invite) -> DialogId {
        todo!()
    }
    /// Sends a re-INVITE with this offer.
    pub fn reoffer(&mut self, now: Instant, dialog: DialogId, offer: Vec<u8>) {
        todo!()
    }
    /// Counts of (transactions, dialogs, timers): all zero once everything has died down.
    pub fn leftovers(&self) -> (usize, usize, usize) {
        todo!()
    }
}
