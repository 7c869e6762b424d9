//! Name resolution by requests to the shell: messages to a name are queued until the result or a
//! timeout.

use confab_terms::{Instant, SocketAddr, limits};

use super::UserAgent;
use super::output::Output;
use crate::ids::TransactionId;
use crate::transaction::Cancel;
use crate::transport::{
    CacheEntry, Hop, Key, Lookup, QueuedMessage, Target, in_order, key_of, life,
};

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
                self.access.store_resolved(now, &key.0, &found);
            }
        }
        let (until, known) = if found.is_empty() {
            (now + limits::SIP_NO_NAME_LIFE, CacheEntry::Unresolvable)
        } else {
            (now + life(&found), CacheEntry::At(found.clone()))
        };
        let waiting = match self.names.set(key, until, known) {
            Some(CacheEntry::Pending { waiting }) => waiting,
            _ => Vec::new(),
        };
        for waiting in waiting {
            self.send_to_resolved(now, &found, waiting);
        }
    }

    /// Sends a queued message to the targets of its name.
    fn send_to_resolved(&mut self, now: Instant, found: &[Target], waiting: QueuedMessage) {
        let QueuedMessage { hop, bytes, client } = waiting;
        if client.is_some_and(|id| self.is_withdrawn(id)) {
            return self.not_sent(now, client);
        }
        let mut ways = self.ways(now, found);
        if ways.is_empty() {
            return self.handle_unresolved(now, QueuedMessage { hop, bytes, client });
        }
        let Some(client) = client else {
            let to = ways.remove(0).address();
            let to = to.map(|address| Hop {
                tls_name: hop.tls_name.clone(),
                ..Hop::to(hop.transport, address)
            });
            return to.map_or((), |to| self.dispatch(now, &to, bytes, None));
        };
        // The certificate must contain the name, independent of the target.
        for way in &mut ways {
            way.tls_name.clone_from(&hop.tls_name);
        }
        self.send_to_targets(now, (client, &hop), ways);
    }

    /// Returns true if a request was canceled before it was sent.
    fn is_withdrawn(&self, id: TransactionId) -> bool {
        let client = self.clients.get(&id);
        client.is_some_and(|client| matches!(client.cancel, Cancel::Wanted))
    }

    /// Handles a message to a name that does not resolve: sends the message on the peer's flow, or
    /// reports a failure.
    fn handle_unresolved(&mut self, now: Instant, waiting: QueuedMessage) {
        let QueuedMessage { hop, bytes, client } = waiting;
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
        let waiting = QueuedMessage {
            hop: hop.clone(),
            bytes: bytes.to_vec(),
            client,
        };
        let full = self.names.known.len() >= limits::SIP_NAMES_MAX
            || self.names.asked.len() >= limits::SIP_LOOKUPS_MAX;
        match self.names.known.get_mut(&key) {
            Some((_, CacheEntry::At(found))) => {
                let found = found.clone();
                self.send_to_resolved(now, &found, waiting);
            }
            Some((_, CacheEntry::Pending { waiting: queued })) => {
                // A retransmission of a queued message is not queued again.
                if queued.contains(&waiting) {
                    return None;
                }
                if queued.len() < limits::SIP_NAME_WAITING_MAX {
                    queued.push(waiting);
                    return None;
                }
                self.handle_unresolved(now, waiting);
            }
            Some((_, CacheEntry::Unresolvable)) => self.handle_unresolved(now, waiting),
            None if full => self.handle_unresolved(now, waiting),
            None => self.ask(now, &key, waiting),
        }
        None
    }

    fn ask(&mut self, now: Instant, key: &Key, waiting: QueuedMessage) {
        let lookup = Lookup(self.next_number());
        let (host, port, transport) = key.clone();
        self.names.asked.insert(lookup, key.clone());
        let waiting = vec![waiting];
        let until = now + limits::SIP_LOOKUP_WAIT;
        self.names.set(key, until, CacheEntry::Pending { waiting });
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
            if matches!(
                self.names.known.get(&key),
                Some((_, CacheEntry::Pending { .. }))
            ) {
                self.names.asked.retain(|_, asked| *asked != key);
                self.settle_name(now, &key, Vec::new());
                // A timeout is no negative result: the next request may start a new lookup.
                if matches!(
                    self.names.known.get(&key),
                    Some((_, CacheEntry::Unresolvable))
                ) {
                    self.names.remove(&key);
                }
            } else {
                self.names.remove(&key);
            }
        }
    }
}
