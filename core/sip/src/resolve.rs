//! Name resolution by requests to the shell: messages to a name are queued until the result or a
//! timeout. Results are cached until they expire or a request to an address fails.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{Instant, SocketAddr, limits};
use serde::{Deserialize, Serialize};

use crate::client::Cancel;
use crate::connections::Waiting;
use crate::hop::{Hop, Transport};
use crate::message::Host;
use crate::output::Lookup;
use crate::target::{Target, in_order};
use crate::timers::TransactionId;
use crate::{Output, UserAgent};

/// Cache key: name in lower case, port and transport, if given.
pub(crate) type Key = (String, Option<u16>, Option<Transport>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Known {
    /// A lookup is pending; the messages are queued for its result.
    Asked {
        waiting: Vec<Waiting>,
    },
    At(Vec<Target>),
    /// The name does not resolve; no lookup until the entry expires.
    Nowhere,
}

/// Cache of lookups.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Names {
    known: BTreeMap<Key, (Instant, Known)>,
    /// Expiry of each entry.
    due: BTreeSet<(Instant, Key)>,
    asked: BTreeMap<Lookup, Key>,
    /// Last results for the names of gateways, used if later lookups fail.
    last: BTreeMap<Key, Vec<Target>>,
    /// Addresses that failed recently, with the end of their low priority.
    failing: BTreeMap<SocketAddr, Instant>,
}

impl Names {
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    fn set(&mut self, key: &Key, until: Instant, known: Known) -> Option<Known> {
        let before = self.remove(key);
        self.due.insert((until, key.clone()));
        self.known.insert(key.clone(), (until, known));
        before
    }

    fn remove(&mut self, key: &Key) -> Option<Known> {
        let (until, known) = self.known.remove(key)?;
        self.due.remove(&(until, key.clone()));
        Some(known)
    }

    /// Marks an address as failing, and removes the cache entry, so that the next request starts a
    /// new lookup.
    pub(crate) fn failed(&mut self, now: Instant, key: &Key, at: SocketAddr) {
        if matches!(self.known.get(key), Some((_, Known::At(_)))) {
            self.remove(key);
        }
        self.failing.retain(|_, until| *until > now);
        if self.failing.len() < limits::SIP_NAMES_MAX {
            self.failing.insert(at, now + limits::SIP_FAILING_LIFE);
        }
    }

    fn is_failing(&self, now: Instant, at: SocketAddr) -> bool {
        self.failing.get(&at).is_some_and(|until| *until > now)
    }
}

/// Returns the lowest TTL of the records, within limits.
fn life(found: &[Target]) -> Duration {
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
    let transport = hop.settled.then_some(hop.transport);
    Some((name.to_ascii_lowercase(), hop.port, transport))
}

impl UserAgent {
    /// Handles the result of `Output::Resolve`; empty if the name does not resolve or the lookup
    /// failed. A result without a pending lookup is ignored.
    pub fn handle_resolved(&mut self, now: Instant, lookup: Lookup, found: &[Target]) {
        let Some(key) = self.names.asked.remove(&lookup) else {
            return;
        };
        let v4 = self.config.address.ip().to_canonical().is_ipv4();
        let usable = found.iter().filter_map(|target| target.usable(v4));
        let usable = usable.take(limits::SIP_WAYS_MAX).map(|target| Target {
            transport: key.2.unwrap_or(target.transport),
            ..target
        });
        self.settle_name(now, &key, usable.collect());
    }

    fn settle_name(&mut self, now: Instant, key: &Key, mut found: Vec<Target>) {
        if self.access.has_gateway(&key.0) {
            if found.is_empty() {
                found = self.names.last.get(key).cloned().unwrap_or_default();
            } else {
                self.names.last.insert(key.clone(), found.clone());
                self.access.vouch(now, &key.0, &found);
            }
        }
        let (until, known) = if found.is_empty() {
            (now + limits::SIP_NO_NAME_LIFE, Known::Nowhere)
        } else {
            (now + life(&found), Known::At(found.clone()))
        };
        let waiting = match self.names.set(key, until, known) {
            Some(Known::Asked { waiting }) => waiting,
            _ => Vec::new(),
        };
        for waiting in waiting {
            self.go(now, &found, waiting);
        }
    }

    /// Sends a queued message to the targets of its name.
    fn go(&mut self, now: Instant, found: &[Target], waiting: Waiting) {
        let Waiting { hop, bytes, client } = waiting;
        if client.is_some_and(|id| self.is_withdrawn(id)) {
            return self.not_sent(now, client);
        }
        let mut ways = self.ways(now, found);
        if ways.is_empty() {
            return self.nowhere(now, Waiting { hop, bytes, client });
        }
        let Some(client) = client else {
            let to = ways.remove(0).address();
            let to = to.map(|address| Hop {
                certified: hop.certified.clone(),
                ..Hop::to(hop.transport, address)
            });
            return to.map_or((), |to| self.dispatch(now, &to, bytes, None));
        };
        // The certificate must contain the name, independent of the target.
        for way in &mut ways {
            way.certified.clone_from(&hop.certified);
        }
        self.aim(now, (client, &hop), ways);
    }

    /// Returns true if a request was canceled before it was sent.
    fn is_withdrawn(&self, id: TransactionId) -> bool {
        let client = self.clients.get(&id);
        client.is_some_and(|client| matches!(client.cancel, Cancel::Wanted))
    }

    /// Handles a message to a name that does not resolve: sends the message on the peer's flow, or
    /// reports a failure.
    fn nowhere(&mut self, now: Instant, waiting: Waiting) {
        let Waiting { hop, bytes, client } = waiting;
        let Some(flow) = hop.flow else {
            return self.not_sent(now, client);
        };
        let to = Hop::back(flow.source);
        match client {
            None => self.send(now, &to, bytes),
            Some(id) => {
                if let Some(client) = self.clients.get_mut(&id) {
                    client.to = to;
                }
                self.send_request(now, id);
            }
        }
    }

    /// Returns the targets in the order of attempts, failing addresses last.
    fn ways(&mut self, now: Instant, found: &[Target]) -> Vec<Hop> {
        let mut ways = in_order(found, || self.random_number());
        ways.sort_by_key(|(_, at)| self.names.is_failing(now, *at));
        let ways = ways.into_iter().map(|(by, at)| Hop::to(by, at));
        ways.collect()
    }

    /// Returns the address of a hop; `None`: the message is queued, was sent, or has failed.
    pub(crate) fn address_of(
        &mut self,
        now: Instant,
        hop: &Hop,
        bytes: &[u8],
        client: Option<TransactionId>,
    ) -> Option<SocketAddr> {
        let Some(key) = key_of(hop) else {
            return hop.address();
        };
        let waiting = Waiting {
            hop: hop.clone(),
            bytes: bytes.to_vec(),
            client,
        };
        let full = self.names.known.len() >= limits::SIP_NAMES_MAX
            || self.names.asked.len() >= limits::SIP_LOOKUPS_MAX;
        match self.names.known.get_mut(&key) {
            Some((_, Known::At(found))) => {
                let found = found.clone();
                self.go(now, &found, waiting);
            }
            Some((_, Known::Asked { waiting: others })) => {
                // A retransmission of a queued message is not queued again.
                if others.contains(&waiting) {
                    return None;
                }
                if others.len() < limits::SIP_NAME_WAITING_MAX {
                    others.push(waiting);
                    return None;
                }
                self.nowhere(now, waiting);
            }
            Some((_, Known::Nowhere)) => self.nowhere(now, waiting),
            None if full => self.nowhere(now, waiting),
            None => self.ask(now, &key, waiting),
        }
        None
    }

    fn ask(&mut self, now: Instant, key: &Key, waiting: Waiting) {
        let lookup = Lookup(self.next_number());
        let (host, port, transport) = key.clone();
        self.names.asked.insert(lookup, key.clone());
        let waiting = vec![waiting];
        let until = now + limits::SIP_LOOKUP_WAIT;
        self.names.set(key, until, Known::Asked { waiting });
        self.push(Output::Resolve {
            lookup,
            host,
            port,
            transport,
        });
    }

    /// Handles lookup timeouts and expired cache entries.
    pub(crate) fn handle_name_deadline(&mut self, now: Instant) {
        while let Some((at, key)) = self.names.due.first().cloned()
            && at <= now
        {
            if matches!(self.names.known.get(&key), Some((_, Known::Asked { .. }))) {
                self.names.asked.retain(|_, asked| *asked != key);
                self.settle_name(now, &key, Vec::new());
                // A timeout is no negative result: the next request may start a new lookup.
                if matches!(self.names.known.get(&key), Some((_, Known::Nowhere))) {
                    self.names.remove(&key);
                }
            } else {
                self.names.remove(&key);
            }
        }
    }
}
