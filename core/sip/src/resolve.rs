//! Names to addresses, by asking for it: what goes to a name waits until it is found, for a while;
//! what was found is good for a while.

use std::collections::{BTreeMap, BTreeSet};

use confab_terms::{Instant, SocketAddr, limits};
use serde::{Deserialize, Serialize};

use crate::connections::Waiting;
use crate::hop::{Hop, Transport, canonical};
use crate::message::Host;
use crate::output::Lookup;
use crate::timers::TransactionId;
use crate::{Output, UserAgent};

/// A name as it is asked for: in lower case, with its port if it has one.
type Key = (String, Option<u16>, Transport);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Known {
    /// It is asked for, and these wait.
    Asked {
        waiting: Vec<Waiting>,
    },
    At(SocketAddr),
    /// Not asked again at once.
    Nowhere,
}

/// What is known of names.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Names {
    known: BTreeMap<Key, (Instant, Known)>,
    /// When each entry is over.
    due: BTreeSet<(Instant, Key)>,
    asked: BTreeMap<Lookup, Key>,
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
}

impl UserAgent {
    /// The answer to `Output::Resolve`: addresses in the order in which to try them, none if the
    /// name has none. One that nobody waits for any more changes nothing.
    pub fn handle_resolved(&mut self, now: Instant, lookup: Lookup, addresses: &[SocketAddr]) {
        let Some(key) = self.names.asked.remove(&lookup) else {
            return;
        };
        // Only what our own sockets can reach.
        let v4 = self.config.address.ip().to_canonical().is_ipv4();
        let mut usable = addresses.iter().map(|address| canonical(*address));
        let found = usable.find(|address| address.is_ipv4() == v4 && address.port() != 0);
        let (until, known) = match found {
            Some(address) => (now + limits::SIP_NAME_LIFE, Known::At(address)),
            None => (now + limits::SIP_NO_NAME_LIFE, Known::Nowhere),
        };
        let waiting = match self.names.set(&key, until, known) {
            Some(Known::Asked { waiting }) => waiting,
            _ => Vec::new(),
        };
        for Waiting { hop, bytes, client } in waiting {
            let Some(address) = found else {
                self.not_sent(now, client);
                continue;
            };
            let hop = Hop {
                host: Host::Address(address.ip()),
                port: Some(address.port()),
                ..hop
            };
            if let Some(client) = client.and_then(|client| self.clients.get_mut(&client)) {
                client.to = hop.clone();
            }
            self.dispatch(now, &hop, bytes, client);
        }
    }

    /// Where a hop leads to; `None`: the message waits for that, or has failed.
    pub(crate) fn address_of(
        &mut self,
        now: Instant,
        hop: &Hop,
        bytes: &[u8],
        client: Option<TransactionId>,
    ) -> Option<SocketAddr> {
        let Host::Name(name) = &hop.host else {
            return hop.address();
        };
        let key = (name.to_ascii_lowercase(), hop.port, hop.transport);
        let waiting = Waiting {
            hop: hop.clone(),
            bytes: bytes.to_vec(),
            client,
        };
        let full = self.names.known.len() >= limits::SIP_NAMES_MAX
            || self.names.asked.len() >= limits::SIP_LOOKUPS_MAX;
        match self.names.known.get_mut(&key) {
            Some((_, Known::At(address))) => return Some(*address),
            Some((_, Known::Asked { waiting: others })) => {
                // A repetition while nobody knows the way is not sent twice.
                if others.contains(&waiting) {
                    return None;
                }
                if others.len() < limits::SIP_NAME_WAITING_MAX {
                    others.push(waiting);
                    return None;
                }
                self.not_sent(now, client);
            }
            Some((_, Known::Nowhere)) => self.not_sent(now, client),
            None if full => self.not_sent(now, client),
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

    /// Answers that do not come, and what is no longer good.
    pub(crate) fn handle_name_deadline(&mut self, now: Instant) {
        while let Some((at, key)) = self.names.due.first().cloned()
            && at <= now
        {
            if let Some(Known::Asked { waiting }) = self.names.remove(&key) {
                self.names.asked.retain(|_, asked| *asked != key);
                for waiting in waiting {
                    self.not_sent(now, waiting.client);
                }
            }
        }
    }
}
