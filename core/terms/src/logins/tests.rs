//! Waits of logins by network, user and both.

use core::time::Duration;

use super::{FreeFailures, LoginBackOff};
use crate::limits::LOGIN_FAILURES_MAX;
use crate::{ClientNetwork, Instant, IpAddr};

const FREE: FreeFailures = FreeFailures {
    of_login: 0,
    of_network: 4,
    of_user: 20,
};

fn network(text: &str) -> ClientNetwork {
    ClientNetwork::of(text.parse::<IpAddr>().expect("an address"))
}

fn is_free(logins: &LoginBackOff, now: Instant, from: ClientNetwork, user: Option<&str>) -> bool {
    logins.wait(now, from, user).is_zero()
}

#[test]
fn at_most_ten_attempts_of_a_network_are_checked_in_a_minute() {
    for users in [1, 50] {
        let (mut logins, mut checked) = (LoginBackOff::new(FREE), Vec::new());
        for ms in 0..600_000_u64 {
            let now = Instant(0) + Duration::from_millis(ms);
            let from = network(&format!("2001:db8::{:x}", ms % 0xffff));
            let user = format!("user{}", ms % users);
            if is_free(&logins, now, from, Some(&user)) {
                logins.failed(now, from, Some(&user));
                checked.push(ms / 60_000);
            }
        }
        let in_minute = |n| checked.iter().filter(|minute| **minute == n).count();
        assert!(in_minute(0) <= 10, "{users}: {checked:?}");
        assert!((1..10).all(|n| in_minute(n) <= 2), "{users}: {checked:?}");
        assert_eq!(logins.failures(), checked.len() as u64);
    }
}

#[test]
fn user_is_guessed_slowly_from_a_thousand_networks() {
    let (mut logins, mut checked) = (LoginBackOff::new(FREE), 0);
    for ms in 0..60_000_u32 {
        let now = Instant(0) + Duration::from_millis(ms.into());
        let from = ClientNetwork::of(IpAddr::V4((ms % 1_000).into()));
        if is_free(&logins, now, from, Some("anna")) {
            logins.failed(now, from, Some("anna"));
            checked += 1;
        }
    }
    assert!(checked <= 20 + 3 + 60 / 8 + 1, "{checked}");
    // Other users are not affected.
    assert!(is_free(
        &logins,
        Instant(0),
        network("198.51.100.1"),
        Some("boris")
    ));
}

#[test]
fn phone_that_logged_in_is_not_held_back_by_guesses_of_others() {
    let (mut logins, now) = (LoginBackOff::new(FREE), Instant(0));
    let here = network("192.0.2.1");
    logins.succeeded(now, here, "anna");
    for n in 0..100_u32 {
        logins.failed(now, here, None);
        logins.failed(now, ClientNetwork::of(IpAddr::V4(n.into())), Some("anna"));
    }
    assert!(is_free(&logins, now, here, Some("anna")));
    assert!(!is_free(&logins, now, here, Some("boris")));
    assert!(!is_free(&logins, now, network("192.0.2.9"), Some("anna")));
    logins.failed(now, here, Some("anna"));
    assert!(!is_free(&logins, now, here, Some("anna")));
    logins.succeeded(now, here, "anna");
    assert!(is_free(&logins, now, here, Some("anna")));
}

#[test]
fn table_is_bounded_and_drops_the_oldest_first() {
    let mut logins = LoginBackOff::new(FREE);
    let from = |n: usize| ClientNetwork::of(IpAddr::V4(u32::try_from(n).expect("small").into()));
    for n in 0..=LOGIN_FAILURES_MAX {
        logins.failed(Instant(n as u64), from(n), None);
    }
    let end = Instant(LOGIN_FAILURES_MAX as u64);
    assert_eq!(logins.logins.all.len(), LOGIN_FAILURES_MAX);
    assert_eq!(logins.logins.by_end.len(), LOGIN_FAILURES_MAX);
    assert!(is_free(&logins, end, from(0), None), "the oldest");
    assert!(!is_free(&logins, end, from(1), None));
}
