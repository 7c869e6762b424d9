//! Shares of the transaction table and of the calls, by dialog, trunk, user and client network. No
//! peer can use up the capacity for others.

use core::fmt;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{ClientNetwork, Instant, limits};
use serde::{Deserialize, Serialize};

use crate::access::Peer;
use crate::bucket::Bucket;
use crate::hop::Source;
use crate::limited::Limit;
use crate::{DialogId, UserAgent};

/// Depth of the token buckets for calls: a burst of one second.
const SECOND: Duration = Duration::from_secs(1);

/// Limits on inbound calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLimits {
    /// Maximum number of simultaneous calls of one user.
    pub of_user: u32,
    /// Maximum number of calls of one user per second; `None`: no limit.
    pub of_user_per_second: Option<u32>,
    /// Maximum number of calls of all peers per second; `None`: no limit.
    pub per_second: Option<u32>,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            of_user: limits::SIP_CALLS_OF_USER,
            of_user_per_second: Some(limits::SIP_CALLS_OF_USER_PER_SECOND),
            per_second: None,
        }
    }
}

/// Peer that a share is counted for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Holder {
    Trunk(String),
    User(String),
    Network(ClientNetwork),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trunk(name) => write!(f, "trunk {name}"),
            Self::User(user) => write!(f, "user {user}"),
            Self::Network(network) => network.fmt(f),
        }
    }
}

impl Holder {
    /// Returns true if the peer is known to receive at this source. Users have proved it by a
    /// nonce, and trunks are trusted.
    pub(crate) fn is_verified(&self, source: Source) -> bool {
        source.transport.is_stream() || !matches!(self, Self::Network(_))
    }

    fn transactions_max(&self) -> usize {
        match self {
            Self::Trunk(_) => limits::SIP_TRANSACTIONS_OF_TRUNK_MAX,
            Self::User(_) => limits::SIP_TRANSACTIONS_OF_USER_MAX,
            Self::Network(_) => limits::SIP_TRANSACTIONS_OF_CLIENT_MAX,
        }
    }
}

/// Number of server transactions by dialog and by peer, and calls by user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shares {
    of_dialog: BTreeMap<DialogId, usize>,
    of_holder: BTreeMap<Holder, usize>,
    calls: BTreeMap<String, BTreeSet<DialogId>>,
    rates: BTreeMap<String, Bucket>,
    rate: Bucket,
}

impl Shares {
    pub(crate) fn take(&mut self, dialog: DialogId, holder: Holder) {
        *self.of_dialog.entry(dialog).or_default() += 1;
        *self.of_holder.entry(holder).or_default() += 1;
    }

    pub(crate) fn give_back(&mut self, dialog: DialogId, holder: &Holder) {
        decrement(&mut self.of_dialog, &dialog);
        decrement(&mut self.of_holder, holder);
    }

    fn exceeded(&self, dialog: Option<DialogId>, holder: &Holder) -> Option<Limit> {
        let of_dialog = dialog.and_then(|dialog| self.of_dialog.get(&dialog));
        if of_dialog.is_some_and(|count| *count >= limits::SIP_TRANSACTIONS_OF_DIALOG_MAX) {
            return Some(Limit::TransactionsOfDialog);
        }
        let of_holder = self.of_holder.get(holder).copied().unwrap_or(0);
        (of_holder >= holder.transactions_max()).then_some(Limit::TransactionsOfPeer)
    }

    /// Counts a call of this user until `end_call`.
    pub(crate) fn begin_call(&mut self, user: &str, dialog: DialogId) {
        self.calls
            .entry(user.to_owned())
            .or_default()
            .insert(dialog);
    }

    pub(crate) fn end_call(&mut self, user: &str, dialog: DialogId) {
        if let Some(calls) = self.calls.get_mut(user) {
            calls.remove(&dialog);
            if calls.is_empty() {
                self.calls.remove(user);
            }
        }
    }
}

fn decrement<K: Ord>(counts: &mut BTreeMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl UserAgent {
    /// Sets the limits on inbound calls.
    pub fn limit_calls(&mut self, limits: CallLimits) {
        self.call_limits = limits;
    }

    /// Returns the peer that a request outside of a dialog is counted for.
    pub(crate) fn holder(&self, peer: &Peer, source: Source) -> Holder {
        let trunk = self.access.of_caller(peer, source.address);
        match (peer, trunk) {
            (Peer::User { user, .. }, _) => Holder::User(user.clone()),
            (_, Some(trunk)) => Holder::Trunk(trunk.name.clone()),
            _ => Holder::Network(ClientNetwork::of(source.address.ip())),
        }
    }

    /// Returns the peer that a request within a dialog is counted for.
    pub(crate) fn holder_in(&self, dialog: DialogId, source: Source) -> Holder {
        match self.dialogs.get(&dialog) {
            Some(known) => self.holder(&known.peer, source),
            None => Holder::Network(ClientNetwork::of(source.address.ip())),
        }
    }

    /// Returns true if the limits allow another transaction of this peer. One eighth of the table
    /// is reserved for trunks and outbound requests.
    pub(crate) fn has_room_for(
        &mut self,
        now: Instant,
        dialog: Option<DialogId>,
        holder: &Holder,
    ) -> bool {
        let all = self.servers.len() + self.clients.len();
        let reserved = match holder {
            Holder::Trunk(_) => 0,
            Holder::User(_) | Holder::Network(_) => limits::SIP_TRANSACTIONS_MAX / 8,
        };
        let full = all >= limits::SIP_TRANSACTIONS_MAX - reserved;
        let exceeded = match full {
            true => Some(Limit::Transactions),
            false => self.shares.exceeded(dialog, holder),
        };
        if let Some(limit) = exceeded {
            self.limit(now, limit, holder);
        }
        exceeded.is_none()
    }

    /// Counts an inbound call. Returns the limit that rejects the call as an error.
    pub(crate) fn admit_call(&mut self, now: Instant, holder: &Holder) -> Result<(), Limit> {
        let CallLimits {
            of_user,
            of_user_per_second,
            per_second,
        } = self.call_limits;
        let shares = &mut self.shares;
        let exceeded = if let Holder::User(user) = holder {
            let calls = shares.calls.get(user).map_or(0, BTreeSet::len);
            let rate = shares.rates.entry(user.clone()).or_default();
            if calls >= usize::try_from(of_user).unwrap_or(usize::MAX) {
                Some(Limit::CallsOfUser)
            } else if of_user_per_second.is_some_and(|rate_max| !rate.take(now, rate_max, SECOND)) {
                Some(Limit::CallRateOfUser)
            } else {
                None
            }
        } else {
            None
        };
        let exceeded = exceeded.or_else(|| {
            let refused =
                per_second.is_some_and(|rate_max| !shares.rate.take(now, rate_max, SECOND));
            refused.then_some(Limit::CallRate)
        });
        match exceeded {
            None => Ok(()),
            Some(limit) => {
                self.limit(now, limit, holder);
                Err(limit)
            }
        }
    }
}
