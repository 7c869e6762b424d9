//! Participants on hold with an endless stream: audible, and closed after the last listener.

use std::time::Duration;

use confab_conformance::radio_holds;

#[test]
fn a_radio_is_heard_on_hold_and_nothing_of_it_is_left_after_unhold() {
    let report = radio_holds::run(12, Duration::from_secs(4)).unwrap();
    println!("{report}");
    report.check(12).unwrap();
}
