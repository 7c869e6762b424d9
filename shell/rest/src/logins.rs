//! Back-off of logins to the API by client network and by user (docs/decisions/0044).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant as Clock;

use confab_store::TokenHash;
use confab_terms::limits::LOGINS_KNOWN_MAX;
use confab_terms::{ClientNetwork, FreeFailures, Instant, LoginBackOff};

/// Free failures. Scripts are started with a wrong token by mistake, and several may share an
/// address.
const FREE: FreeFailures = FreeFailures {
    of_login: 5,
    of_network: 20,
    of_user: 100,
};

/// Source of a request, as far as its connection is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) ClientNetwork);

/// Failed and successful logins.
#[derive(Debug)]
pub(crate) struct Logins {
    began: Clock,
    tables: Mutex<Tables>,
}

#[derive(Debug)]
struct Tables {
    back_off: LoginBackOff,
    /// Credentials that were correct, by network, with the time of their last use. Failures of
    /// others behind the same address (such as a proxy) do not block these credentials.
    proven: BTreeMap<(ClientNetwork, [u8; 32]), Instant>,
}

impl Logins {
    pub(crate) fn new() -> Self {
        Self {
            began: Clock::now(),
            tables: Mutex::new(Tables {
                back_off: LoginBackOff::new(FREE),
                proven: BTreeMap::new(),
            }),
        }
    }

    /// Returns the seconds until credentials are checked; `None`: now.
    pub(crate) fn wait(
        &self,
        from: ClientNetwork,
        user: Option<&str>,
        credentials: TokenHash,
    ) -> Option<u64> {
        let now = self.now();
        let tables = self.tables();
        if tables.proven.contains_key(&(from, credentials.0)) {
            return None;
        }
        let wait = tables.back_off.wait(now, from, user);
        (!wait.is_zero()).then(|| wait.as_secs() + 1)
    }

    pub(crate) fn failed(&self, from: ClientNetwork, user: Option<&str>, credentials: TokenHash) {
        let now = self.now();
        let mut tables = self.tables();
        // Credentials of a token or key that was revoked.
        tables.proven.remove(&(from, credentials.0));
        tables.back_off.failed(now, from, user);
    }

    pub(crate) fn succeeded(&self, from: ClientNetwork, user: &str, credentials: TokenHash) {
        let now = self.now();
        let mut tables = self.tables();
        tables.back_off.succeeded(now, from, user);
        let proven = &mut tables.proven;
        if proven.len() >= LOGINS_KNOWN_MAX && !proven.contains_key(&(from, credentials.0)) {
            let oldest = proven.iter().min_by_key(|(_, at)| **at);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                proven.remove(&oldest);
            }
        }
        proven.insert((from, credentials.0), now);
    }

    fn now(&self) -> Instant {
        let nanos = self.began.elapsed().as_nanos();
        Instant(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
