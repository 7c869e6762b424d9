//! Shares of the transaction table and calls by dialog, trunk, user and client network: one peer
//! cannot use up what the others need.

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

/// Depth of the buckets of calls: the calls of one second may come at once.
const SECOND: Duration = Duration::from_secs(1);

/// Limits on calls to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLimits {
    /// Calls of one user at once.
    pub of_user: u32,
    /// Calls of one user in a second; `None`: no limit.
    pub of_user_per_second: Option<u32>,
    /// Calls in a second, of all peers; `None`: no limit.
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

/// A peer that shares are counted by.
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
    /// Returns whether the peer is known to receive what is sent to this source: users have shown
    /// that they got a nonce there, and trunks are the operator's.
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

/// Server transactions by dialog and by peer, and the calls of each user.
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
    /// Sets the limits on calls to us.
    pub fn limit_calls(&mut self, limits: CallLimits) {
        self.call_limits = limits;
    }

    /// Returns the peer that a request outside of a dialog is counted by.
    pub(crate) fn holder(&self, peer: &Peer, source: Source) -> Holder {
        let trunk = self.access.of_caller(peer, source.address);
        match (peer, trunk) {
            (Peer::User { user, .. }, _) => Holder::User(user.clone()),
            (_, Some(trunk)) => Holder::Trunk(trunk.name.clone()),
            _ => Holder::Network(ClientNetwork::of(source.address.ip())),
        }
    }

    /// Returns the peer that a request within a dialog is counted by.
    pub(crate) fn holder_in(&self, dialog: DialogId, source: Source) -> Holder {
        match self.dialogs.get(&dialog) {
            Some(known) => self.holder(&known.peer, source),
            None => Holder::Network(ClientNetwork::of(source.address.ip())),
        }
    }

    /// Returns whether there is room for one more transaction of this peer. An eighth of the table
    /// is reserved for trunks, and for requests that we send.
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

    /// Counts a call to us; otherwise returns the limit that refuses the call.
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
