//! Wrong passwords, by where they come from and for whom: each makes the next one wait longer
//! before anybody looks at it.

use core::time::Duration;
use std::collections::BTreeMap;

use confab_terms::{Instant, IpAddr, limits};
use serde::{Deserialize, Serialize};

/// A time without failures after which all is forgiven.
const FORGIVEN_AFTER: Duration = Duration::from_secs(600);
/// The longest wait is 2 to this, in seconds.
const DOUBLINGS_MAX: u32 = 6;

/// Where from, and for which user; `None`: for none that there is.
type Who = (IpAddr, Option<String>);

/// The table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tries(BTreeMap<Who, Failures>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Failures {
    count: u32,
    /// Until then nothing is looked at.
    until: Instant,
}

impl Tries {
    /// Whether a password may be looked at now.
    pub(crate) fn may_try(&self, now: Instant, from: IpAddr, user: Option<&str>) -> bool {
        let who = (from, user.map(str::to_owned));
        self.0
            .get(&who)
            .is_none_or(|failures| failures.until <= now)
    }

    /// It was wrong: 1 s, 2 s, 4 s and so on until the next.
    pub(crate) fn failed(&mut self, now: Instant, from: IpAddr, user: Option<&str>) {
        let who = (from, user.map(str::to_owned));
        if !self.0.contains_key(&who) {
            self.make_room(now);
        }
        let failures = self.0.entry(who).or_insert(Failures {
            count: 0,
            until: now,
        });
        if failures.until + FORGIVEN_AFTER <= now {
            failures.count = 0;
        }
        let wait = Duration::from_secs(1 << failures.count.min(DOUBLINGS_MAX));
        failures.count = failures.count.saturating_add(1);
        failures.until = now + wait;
    }

    /// It was right.
    pub(crate) fn succeeded(&mut self, from: IpAddr, user: &str) {
        self.0.remove(&(from, Some(user.to_owned())));
    }

    fn make_room(&mut self, now: Instant) {
        if self.0.len() < limits::SIP_TRIES_MAX {
            return;
        }
        self.0
            .retain(|_, failures| failures.until + FORGIVEN_AFTER > now);
        if self.0.len() >= limits::SIP_TRIES_MAX {
            let oldest = self.0.iter().min_by_key(|(_, failures)| failures.until);
            if let Some(who) = oldest.map(|(who, _)| who.clone()) {
                self.0.remove(&who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use confab_terms::{Instant, IpAddr, limits};

    use super::Tries;

    const FROM: IpAddr = IpAddr::V4(confab_terms::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn at_most_ten_tries_a_minute_are_looked_at_and_soon_one() {
        let (mut tries, mut looked_at) = (Tries::default(), Vec::new());
        for ms in 0..600_000_u64 {
            let now = Instant(0) + Duration::from_millis(ms);
            if tries.may_try(now, FROM, Some("anna")) {
                tries.failed(now, FROM, Some("anna"));
                looked_at.push(ms / 60_000);
            }
        }
        let in_minute = |n| looked_at.iter().filter(|minute| **minute == n).count();
        assert!(in_minute(0) <= 10, "{looked_at:?}");
        assert!(
            (1..10).all(|minute| in_minute(minute) <= 2),
            "{looked_at:?}"
        );
    }

    #[test]
    fn others_wait_for_nobody_and_a_success_forgives() {
        let (mut tries, now) = (Tries::default(), Instant(0));
        tries.failed(now, FROM, Some("anna"));
        assert!(!tries.may_try(now, FROM, Some("anna")));
        assert!(tries.may_try(now, FROM, Some("boris")));
        assert!(tries.may_try(now, FROM, None));
        assert!(tries.may_try(now, IpAddr::V4([192, 0, 2, 2].into()), Some("anna")));
        tries.succeeded(FROM, "anna");
        assert!(tries.may_try(now, FROM, Some("anna")));
    }

    #[test]
    fn the_table_is_bounded_and_forgets_the_oldest_first() {
        let mut tries = Tries::default();
        let from = |n: usize| IpAddr::V4(u32::try_from(n).expect("small").into());
        for n in 0..=limits::SIP_TRIES_MAX {
            tries.failed(Instant(n as u64), from(n), None);
        }
        let end = Instant(limits::SIP_TRIES_MAX as u64);
        assert_eq!(tries.0.len(), limits::SIP_TRIES_MAX);
        assert!(tries.may_try(end, from(0), None), "the oldest");
        assert!(!tries.may_try(end, from(1), None));
    }
}
