//! `UserAgent`: the interface of this crate. Its methods are in one module per operation.

use std::collections::{BTreeMap, VecDeque};

use confab_terms::{Instant, SocketAddr};
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::client::{ClientKey, ClientTransaction};
use crate::connections::Connections;
use crate::dialog::Dialog;
use crate::digest::{Answered, Gate};
use crate::hop::Transport;
use crate::keep_alive::KeptFlows;
use crate::limited::{Limit, Refusals};
use crate::pace::Pace;
use crate::registrar::Registrar;
use crate::resolve::Names;
use crate::server::{ServerKey, ServerTransaction};
use crate::shares::Shares;
use crate::timers::{Timers, TransactionId};
use crate::{CallLimits, Config, DialogId, Event, Output};

/// SIP user agent without I/O.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserAgent {
    pub(crate) config: Config,
    random: ChaCha20Rng,
    numbers: u64,
    pub(crate) servers: BTreeMap<TransactionId, ServerTransaction>,
    pub(crate) server_keys: BTreeMap<ServerKey, TransactionId>,
    /// Number of non-2xx responses to INVITE without ACK.
    pub(crate) refusals: usize,
    /// Number of server transactions of unauthenticated peers outside of dialogs.
    pub(crate) strangers: usize,
    pub(crate) clients: BTreeMap<TransactionId, ClientTransaction>,
    pub(crate) client_keys: BTreeMap<ClientKey, TransactionId>,
    pub(crate) dialogs: BTreeMap<DialogId, Dialog>,
    /// Dialogs by Call-ID and local tag.
    pub(crate) dialog_keys: BTreeMap<(String, String), DialogId>,
    /// Inbound dialogs by Call-ID and remote tag, to detect merged requests.
    pub(crate) callers: BTreeMap<(String, Option<String>), DialogId>,
    pub(crate) timers: Timers,
    pub(crate) shares: Shares,
    pub(crate) call_limits: CallLimits,
    /// Rate limit for datagrams.
    pub(crate) pace: Pace,
    pub(crate) limited: BTreeMap<Limit, Refusals>,
    /// Number of rejections by limits since the start.
    pub(crate) refused_by_limit: u64,
    pub(crate) access: Access,
    pub(crate) gate: Option<Gate>,
    /// Used nonces of challenges, by trunk name.
    pub(crate) answered: BTreeMap<String, Answered>,
    pub(crate) registrar: Registrar,
    pub(crate) connections: Connections,
    pub(crate) names: Names,
    pub(crate) kept: KeptFlows,
    pub(crate) outputs: VecDeque<Output>,
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
            strangers: 0,
            clients: BTreeMap::new(),
            client_keys: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            dialog_keys: BTreeMap::new(),
            callers: BTreeMap::new(),
            timers: Timers::default(),
            shares: Shares::default(),
            call_limits: CallLimits::default(),
            pace: Pace::default(),
            limited: BTreeMap::new(),
            refused_by_limit: 0,
            access: Access::open(),
            gate: None,
            answered: BTreeMap::new(),
            registrar: Registrar::default(),
            connections: Connections::default(),
            names: Names::default(),
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
        self.gate.as_ref().map_or(0, |gate| gate.logins.failures())
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
    pub(crate) fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}
