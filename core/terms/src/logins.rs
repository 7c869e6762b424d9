//! Back-off of failed logins by client network, by user, and by both (SIP digest and REST).

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::limits::{LOGIN_FAILURES_MAX, LOGINS_KNOWN_MAX};
use crate::{ClientNetwork, Instant};

/// Time without failures after which the failures of a key are forgotten.
const FORGIVEN_AFTER: Duration = Duration::from_secs(600);
/// Maximum exponent of the wait after a failure: 2 to this power, in seconds.
const DOUBLINGS_MAX: u32 = 6;
/// Maximum exponent of the wait of a user from all networks. Lower, because other people's guesses
/// must not lock the user out.
const DOUBLINGS_OF_USER_MAX: u32 = 3;
/// Time for which a network that logged in is not held back by others' failures.
const KNOWN_LIFE: Duration = Duration::from_secs(24 * 3_600);

/// Failures that cost no wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeFailures {
    /// Failures of one user from one network.
    pub of_login: u32,
    /// Failures from one network.
    pub of_network: u32,
    /// Failures of one user from all networks.
    pub of_user: u32,
}

/// Key of one user's logins from one network; `None`: no such user.
type Login = (ClientNetwork, Option<String>);

/// Failed logins, and the wait before the next attempt.
///
/// A network that logged in as a user waits only after failures of that login. Failures of the
/// network or of the user elsewhere do not count, so that nobody can lock out a phone that works.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginBackOff {
    free: FreeFailures,
    logins: BackOff<Login>,
    networks: BackOff<ClientNetwork>,
    users: BackOff<String>,
    /// Last success of each login.
    known: BTreeMap<(ClientNetwork, String), Instant>,
    failures: u64,
}

impl LoginBackOff {
    /// Creates a table without failures.
    #[must_use]
    pub fn new(free: FreeFailures) -> Self {
        Self {
            free,
            logins: BackOff::default(),
            networks: BackOff::default(),
            users: BackOff::default(),
            known: BTreeMap::new(),
            failures: 0,
        }
    }

    /// Returns the time until an attempt may be checked; zero: now. `user`: `None` if unknown.
    #[must_use]
    pub fn wait(&self, now: Instant, from: ClientNetwork, user: Option<&str>) -> Duration {
        let login = (from, user.map(str::to_owned));
        let wait = self.logins.wait(now, &login);
        if user.is_some_and(|user| self.is_known(now, from, user)) {
            return wait;
        }
        let of_user = user.map(|user| self.users.wait(now, &user.to_owned()));
        wait.max(self.networks.wait(now, &from))
            .max(of_user.unwrap_or_default())
    }

    /// Counts a failed login.
    pub fn failed(&mut self, now: Instant, from: ClientNetwork, user: Option<&str>) {
        self.failures += 1;
        let login = (from, user.map(str::to_owned));
        let free = self.free;
        self.logins.add(now, login, free.of_login, DOUBLINGS_MAX);
        self.networks.add(now, from, free.of_network, DOUBLINGS_MAX);
        if let Some(user) = user {
            let user = user.to_owned();
            self.users
                .add(now, user, free.of_user, DOUBLINGS_OF_USER_MAX);
        }
    }

    /// Removes the failures of a login that succeeded.
    pub fn succeeded(&mut self, now: Instant, from: ClientNetwork, user: &str) {
        self.logins.remove(&(from, Some(user.to_owned())));
        let key = (from, user.to_owned());
        if self.known.len() >= LOGINS_KNOWN_MAX && !self.known.contains_key(&key) {
            self.known.retain(|_, at| *at + KNOWN_LIFE > now);
            let oldest = self.known.iter().min_by_key(|(_, at)| **at);
            let oldest = oldest.map(|(key, _)| key.clone());
            if let Some(oldest) = oldest.filter(|_| self.known.len() >= LOGINS_KNOWN_MAX) {
                self.known.remove(&oldest);
            }
        }
        self.known.insert(key, now);
    }

    /// Returns the number of failed logins since the start.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }

    fn is_known(&self, now: Instant, from: ClientNetwork, user: &str) -> bool {
        let at = self.known.get(&(from, user.to_owned()));
        at.is_some_and(|at| *at + KNOWN_LIFE > now)
    }
}

/// Failures by key; each failure doubles the wait before the next attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(deserialize = "K: Ord + Deserialize<'de>"))]
struct BackOff<K: Ord> {
    all: BTreeMap<K, Failures>,
    by_end: BTreeSet<(Instant, K)>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Failures {
    count: u32,
    /// Earliest time of the next checked attempt.
    until: Instant,
}

impl<K: Ord> Default for BackOff<K> {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            by_end: BTreeSet::new(),
        }
    }
}

impl<K: Ord + Clone> BackOff<K> {
    fn wait(&self, now: Instant, key: &K) -> Duration {
        let until = self.all.get(key).map(|failures| failures.until);
        until.map_or(Duration::ZERO, |until| until.saturating_since(now))
    }

    /// Counts a failure. A full table evicts the key whose wait ended first.
    fn add(&mut self, now: Instant, key: K, free: u32, doublings_max: u32) {
        let known = self.remove(&key);
        let count = known
            .filter(|known| known.until + FORGIVEN_AFTER > now)
            .map_or(0, |known| known.count);
        if self.all.len() >= LOGIN_FAILURES_MAX
            && let Some((_, oldest)) = self.by_end.pop_first()
        {
            self.all.remove(&oldest);
        }
        let wait = count
            .checked_sub(free)
            .map_or(0, |beyond| 1_u64 << beyond.min(doublings_max));
        let until = now + Duration::from_secs(wait);
        let count = count.saturating_add(1);
        self.by_end.insert((until, key.clone()));
        self.all.insert(key, Failures { count, until });
    }

    fn remove(&mut self, key: &K) -> Option<Failures> {
        let (key, failures) = self.all.remove_entry(key)?;
        self.by_end.remove(&(failures.until, key));
        Some(failures)
    }
}

#[cfg(test)]
mod tests;
