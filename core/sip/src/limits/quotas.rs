//! Shares of the transaction table and of the calls, by dialog, trunk, user and client network. No
//! peer can use up the capacity for others.

use core::fmt;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{ClientNetwork, Instant, limits};
use serde::{Deserialize, Serialize};

use super::bucket::Bucket;
use super::limit::Limit;
use crate::ids::DialogId;
use crate::transport::Source;

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
pub(crate) enum QuotaOwner {
    Trunk(String),
    User(String),
    Network(ClientNetwork),
}

impl fmt::Display for QuotaOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trunk(name) => write!(f, "trunk {name}"),
            Self::User(user) => write!(f, "user {user}"),
            Self::Network(network) => network.fmt(f),
        }
    }
}

impl QuotaOwner {
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
pub(crate) struct Quotas {
    of_dialog: BTreeMap<DialogId, usize>,
    of_holder: BTreeMap<QuotaOwner, usize>,
    calls: BTreeMap<String, BTreeSet<DialogId>>,
    rates: BTreeMap<String, Bucket>,
    rate: Bucket,
}

impl Quotas {
    pub(crate) fn take(&mut self, dialog: DialogId, holder: QuotaOwner) {
        *self.of_dialog.entry(dialog).or_default() += 1;
        *self.of_holder.entry(holder).or_default() += 1;
    }

    pub(crate) fn give_back(&mut self, dialog: DialogId, holder: &QuotaOwner) {
        decrement(&mut self.of_dialog, &dialog);
        decrement(&mut self.of_holder, holder);
    }

    pub(crate) fn exceeded(&self, dialog: Option<DialogId>, holder: &QuotaOwner) -> Option<Limit> {
        let of_dialog = dialog.and_then(|dialog| self.of_dialog.get(&dialog));
        if of_dialog.is_some_and(|count| *count >= limits::SIP_TRANSACTIONS_OF_DIALOG_MAX) {
            return Some(Limit::TransactionsOfDialog);
        }
        let of_holder = self.of_holder.get(holder).copied().unwrap_or(0);
        (of_holder >= holder.transactions_max()).then_some(Limit::TransactionsOfPeer)
    }

    /// Counts an inbound call in the rates. Returns the limit that rejects the call as an error.
    pub(crate) fn admit_call(
        &mut self,
        now: Instant,
        limits: CallLimits,
        holder: &QuotaOwner,
    ) -> Result<(), Limit> {
        if let QuotaOwner::User(user) = holder {
            let calls = self.calls.get(user).map_or(0, BTreeSet::len);
            let rate = self.rates.entry(user.clone()).or_default();
            if calls >= usize::try_from(limits.of_user).unwrap_or(usize::MAX) {
                return Err(Limit::CallsOfUser);
            }
            let rate_max = limits.of_user_per_second;
            if rate_max.is_some_and(|rate_max| !rate.take(now, rate_max, SECOND)) {
                return Err(Limit::CallRateOfUser);
            }
        }
        let rate_max = limits.per_second;
        match rate_max.is_some_and(|rate_max| !self.rate.take(now, rate_max, SECOND)) {
            true => Err(Limit::CallRate),
            false => Ok(()),
        }
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

#[cfg(test)]
mod tests {
    use confab_terms::Instant;

    use super::{CallLimits, QuotaOwner, Quotas};
    use crate::ids::DialogId;
    use crate::limits::Limit;

    #[test]
    fn rejects_the_call_of_a_user_at_the_limit_until_a_call_ends() {
        let limits = CallLimits {
            of_user: 1,
            of_user_per_second: None,
            per_second: None,
        };
        let (mut quotas, now) = (Quotas::default(), Instant::default());
        let anna = QuotaOwner::User("anna".into());
        assert_eq!(quotas.admit_call(now, limits, &anna), Ok(()));
        quotas.begin_call("anna", DialogId(1));
        let rejected = quotas.admit_call(now, limits, &anna);
        assert_eq!(rejected, Err(Limit::CallsOfUser));
        let ben = QuotaOwner::User("ben".into());
        assert_eq!(quotas.admit_call(now, limits, &ben), Ok(()));
        quotas.end_call("anna", DialogId(1));
        assert_eq!(quotas.admit_call(now, limits, &anna), Ok(()));
    }
}
