//! Phones behind a router with `masquerade` and UDP timeouts of 30 s.

use std::time::Duration;

use confab_conformance::namespace::alone_with;
use confab_conformance::natted::{Times, run};

#[test]
fn phones_behind_nat_are_called_call_hold_resume_and_are_ended_within_a_minute() {
    const NAME: &str =
        "nat::phones_behind_nat_are_called_call_hold_resume_and_are_ended_within_a_minute";
    let times = Times {
        idle: Duration::from_secs(35),
        call: Duration::from_secs(60),
    };
    alone_with(NAME, &[], || run(times)).unwrap();
}
