//! Cache of name resolution. Results are cached until they expire or a request to an address
//! fails.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{Instant, SocketAddr, limits};
use serde::{Deserialize, Serialize};

use super::connections::QueuedMessage;
use super::next_hop::Hop;
use super::orders::Lookup;
use super::target::Target;
use crate::message::{Host, Transport};

/// Cache key: name in lower case, port and transport, if given.
pub(crate) type Key = (String, Option<u16>, Option<Transport>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CacheEntry {
    /// A lookup is pending; the messages are queued for its result.
    Pending {
        waiting: Vec<QueuedMessage>,
    },
    At(Vec<Target>),
    /// The name does not resolve; no lookup until the entry expires.
    Unresolvable,
}

/// Cache of lookups.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct NameCache {
    pub(crate) known: BTreeMap<Key, (Instant, CacheEntry)>,
    /// Expiry of each entry.
    pub(crate) due: BTreeSet<(Instant, Key)>,
    pub(crate) asked: BTreeMap<Lookup, Key>,
    /// Last results for the names of gateways, used if later lookups fail.
    pub(crate) last: BTreeMap<Key, Vec<Target>>,
    /// Addresses that failed recently, with the end of their low priority.
    pub(crate) failing: BTreeMap<SocketAddr, Instant>,
}

impl NameCache {
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    pub(crate) fn set(
        &mut self,
        key: &Key,
        until: Instant,
        known: CacheEntry,
    ) -> Option<CacheEntry> {
        let before = self.remove(key);
        self.due.insert((until, key.clone()));
        self.known.insert(key.clone(), (until, known));
        before
    }

    pub(crate) fn remove(&mut self, key: &Key) -> Option<CacheEntry> {
        let (until, known) = self.known.remove(key)?;
        self.due.remove(&(until, key.clone()));
        Some(known)
    }

    /// Marks an address as failing, and removes the cache entry, so that the next request starts a
    /// new lookup.
    pub(crate) fn failed(&mut self, now: Instant, key: &Key, at: SocketAddr) {
        if matches!(self.known.get(key), Some((_, CacheEntry::At(_)))) {
            self.remove(key);
        }
        self.failing.retain(|_, until| *until > now);
        if self.failing.len() < limits::SIP_NAMES_MAX {
            self.failing.insert(at, now + limits::SIP_FAILING_LIFE);
        }
    }

    pub(crate) fn is_failing(&self, now: Instant, at: SocketAddr) -> bool {
        self.failing.get(&at).is_some_and(|until| *until > now)
    }
}

/// Returns the lowest TTL of the records, within limits.
pub(crate) fn life(found: &[Target]) -> Duration {
    let first = found.iter().filter_map(|target| target.ttl_s).min();
    let said = first.map(|ttl_s| Duration::from_secs(ttl_s.into()));
    said.map_or(limits::SIP_NAME_LIFE, |said| {
        said.clamp(limits::SIP_NAME_LIFE_MIN, limits::SIP_NAME_LIFE)
    })
}

/// Returns the cache key of a hop; `None`: the host is an address.
pub(crate) fn key_of(hop: &Hop) -> Option<Key> {
    let Host::Name(name) = &hop.host else {
        return None;
    };
    let transport = hop.transport_fixed.then_some(hop.transport);
    Some((name.to_ascii_lowercase(), hop.port, transport))
}
