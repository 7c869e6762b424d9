//! `UserAgent`: the interface of this crate. Its methods are in one module per operation.

mod ack;
mod admission;
mod admission_limits;
mod bye;
mod call_decisions;
mod cancel;
mod challenge;
mod client_transactions;
mod config;
mod connection_events;
mod dispatch;
mod early_media;
mod failover;
mod info;
mod invite_client;
mod invite_retry;
mod invite_server;
mod keep_alives;
mod name_resolution;
mod offer;
mod options;
mod output;
mod prack;
mod register;
mod registrations;
mod replaces;
mod request_checks;
mod response;
mod route;
mod send;
mod server_transactions;
mod session_refresh;
mod timer_actions;

use std::collections::{BTreeMap, VecDeque};

use confab_terms::{Instant, SocketAddr};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::auth::{Access, DigestServer, NonceCounts};
use crate::dialog::Dialog;
use crate::ids::{DialogId, TransactionId};
use crate::limits::{CallLimits, DatagramRate, Limit, LimitReport, Quotas};
use crate::message::Transport;
use crate::registrar::Registrar;
use crate::timers::Timers;
use crate::transaction::{ClientKey, ClientTransaction, ServerKey, ServerTransaction};
use crate::transport::{Connections, KeptFlows, NameCache};

pub use config::{Config, Invite};
pub use output::{CallOrigin, Ending, Event, Output};
pub use route::Route;

/// SIP user agent without I/O.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserAgent {
    config: Config,
    random: ChaCha20Rng,
    numbers: u64,
    servers: BTreeMap<TransactionId, ServerTransaction>,
    server_keys: BTreeMap<ServerKey, TransactionId>,
    /// Number of non-2xx responses to INVITE without ACK.
    refusals: usize,
    /// Number of server transactions of unauthenticated peers outside of dialogs.
    unauthenticated: usize,
    clients: BTreeMap<TransactionId, ClientTransaction>,
    client_keys: BTreeMap<ClientKey, TransactionId>,
    dialogs: BTreeMap<DialogId, Dialog>,
    /// Dialogs by Call-ID and local tag.
    dialog_keys: BTreeMap<(String, String), DialogId>,
    /// Inbound dialogs by Call-ID and remote tag, to detect merged requests.
    invite_keys: BTreeMap<(String, Option<String>), DialogId>,
    timers: Timers,
    quotas: Quotas,
    call_limits: CallLimits,
    /// Rate limit for datagrams.
    datagram_rate: DatagramRate,
    limit_reports: BTreeMap<Limit, LimitReport>,
    /// Number of rejections by limits since the start.
    refused_by_limit: u64,
    access: Access,
    digest_server: Option<DigestServer>,
    /// Used nonces of challenges, by trunk name.
    answered: BTreeMap<String, NonceCounts>,
    registrar: Registrar,
    connections: Connections,
    names: NameCache,
    kept: KeptFlows,
    outputs: VecDeque<Output>,
}

impl UserAgent {
    /// Creates a user agent without dialogs.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            random: ChaCha20Rng::from_seed(config.seed),
            config,
            numbers: 0,
            servers: BTreeMap::new(),
            server_keys: BTreeMap::new(),
            refusals: 0,
            unauthenticated: 0,
            clients: BTreeMap::new(),
            client_keys: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            dialog_keys: BTreeMap::new(),
            invite_keys: BTreeMap::new(),
            timers: Timers::default(),
            quotas: Quotas::default(),
            call_limits: CallLimits::default(),
            datagram_rate: DatagramRate::default(),
            limit_reports: BTreeMap::new(),
            refused_by_limit: 0,
            access: Access::open(),
            digest_server: None,
            answered: BTreeMap::new(),
            registrar: Registrar::default(),
            connections: Connections::default(),
            names: NameCache::default(),
            kept: KeptFlows::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Returns the time of the next `handle_deadline`.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let own = [
            self.timers.next(),
            self.connections.next_deadline(),
            self.names.next_deadline(),
            self.kept.next_deadline(),
        ];
        own.into_iter().flatten().min()
    }

    /// Returns the next output; `None`: there is none.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Returns the numbers of transactions, dialogs and timers; all zero without calls in progress.
    #[must_use]
    pub fn leftovers(&self) -> (usize, usize, usize) {
        let transactions = self.servers.len() + self.clients.len();
        (transactions, self.dialogs.len(), self.timers.len())
    }

    /// Returns a number that is unique within the user agent.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn random_number(&mut self) -> u64 {
        self.random.next_u64()
    }

    /// Returns a tag with 64 random bits.
    pub(crate) fn tag(&mut self) -> String {
        format!("{:016x}", self.random_number())
    }

    pub(crate) fn branch(&mut self) -> String {
        format!("z9hG4bK{:016x}", self.random_number())
    }

    /// Returns the local address of a transport.
    pub(crate) fn sent_by(&self, transport: Transport) -> SocketAddr {
        let mut address = self.config.address;
        if let (Transport::Tls, Some(port)) = (transport, self.config.tls_port) {
            address.set_port(port);
        }
        address
    }

    /// Returns the Contact for a transport: requests must arrive by the same transport, and with
    /// `sips:` if the call uses `sips:` (RFC 3261 §12.1.1).
    pub(crate) fn contact(&self, transport: Transport, secure: bool) -> String {
        let address = self.sent_by(transport);
        match transport {
            Transport::Udp => format!("<sip:{address}>"),
            Transport::Tcp => format!("<sip:{address};transport=tcp>"),
            Transport::Tls if secure => format!("<sips:{address}>"),
            Transport::Tls => format!("<sip:{address};transport=tls>"),
        }
    }

    /// Returns the Contact for a dialog.
    pub(crate) fn contact_in(&self, dialog: DialogId) -> String {
        let known = self.dialogs.get(&dialog);
        let known = known.map(|known| (known.source.transport, known.secure));
        let (transport, secure) = known.unwrap_or((Transport::Udp, false));
        self.contact(transport, secure)
    }

    /// Returns the source of the peer's last message. For an outbound dialog without a response,
    /// returns the destination, if known.
    #[must_use]
    pub fn heard_from(&self, dialog: DialogId) -> Option<SocketAddr> {
        let source = self.dialogs.get(&dialog)?.source.address;
        (source != self.config.address).then_some(source)
    }

    /// Returns true if the peer of a dialog has proved that its source address receives, or is a
    /// trunk.
    #[must_use]
    pub fn is_verified(&self, dialog: DialogId) -> bool {
        self.dialogs
            .get(&dialog)
            .is_some_and(|known| known.verified)
    }

    /// Returns the number of failed digest logins since the start.
    #[must_use]
    pub fn failed_logins(&self) -> u64 {
        self.digest_server
            .as_ref()
            .map_or(0, DigestServer::failures)
    }

    /// Returns the number of requests and connections that limits rejected since the start.
    #[must_use]
    pub fn refused_by_limits(&self) -> u64 {
        self.refused_by_limit
    }

    /// Returns the number of connections, inbound and outbound.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Emits an event; the number of events for each input is limited.
    pub(crate) fn emit(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}
