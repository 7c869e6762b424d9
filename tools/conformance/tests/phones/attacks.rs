//! Small versions of `examples/attack.rs`: calls of a trunk and of another user are set up in time.

use std::time::Duration;

use confab_conformance::attacks::{Attack, SET_UP_MAX, Size, addresses, run};
use confab_conformance::namespace::alone_with;

/// Maximum time of each call setup beside other tests: without a second retransmission.
const SLOWEST: Duration = Duration::from_secs(2);

fn attacked(test: &str, attack: Attack, count: usize) {
    let size = Size {
        count,
        time: Duration::from_secs(4),
    };
    let inside = || {
        let outcome = run(attack, size)?;
        println!("{outcome:?}");
        outcome.judge(SLOWEST)?;
        let median = outcome.median_of_trunk().expect("a call of the trunk");
        assert!(median <= SET_UP_MAX, "{outcome:?}");
        assert!(outcome.made > 0);
        let is_limited = !outcome.notices.is_empty();
        // Fast logins reach the rate limit on datagrams; slow ones reach no limit.
        let limits = !matches!(attack, Attack::Logins | Attack::Handshakes);
        assert!(is_limited || !limits, "{outcome:?}");
        let [before, most, _] = outcome.resident_kb;
        assert!(most < before + 60_000, "{outcome:?}");
        Ok(())
    };
    alone_with(test, &addresses(), inside).unwrap();
}

#[test]
fn idle_connections_leave_room_for_trunks_and_users() {
    const NAME: &str = "attacks::idle_connections_leave_room_for_trunks_and_users";
    attacked(NAME, Attack::Connections, 5_000);
}

#[test]
fn logins_of_one_user_lock_nobody_out() {
    const NAME: &str = "attacks::logins_of_one_user_lock_nobody_out";
    attacked(NAME, Attack::Logins, 11_000);
}

#[test]
fn requests_in_one_call_leave_room_for_others() {
    const NAME: &str = "attacks::requests_in_one_call_leave_room_for_others";
    attacked(NAME, Attack::Requests, 90_000);
}

#[test]
fn heads_that_never_end_take_little_memory() {
    const NAME: &str = "attacks::heads_that_never_end_take_little_memory";
    attacked(NAME, Attack::Heads, 1_000);
}

#[test]
fn handshakes_with_a_large_key_delay_no_call() {
    const NAME: &str = "attacks::handshakes_with_a_large_key_delay_no_call";
    attacked(NAME, Attack::Handshakes, 64);
}
