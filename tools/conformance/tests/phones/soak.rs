//! Short soak test; `cargo xtask soak --minutes N` runs a long one.

use std::time::Duration;

use confab_conformance::soak;

#[test]
fn half_a_minute_of_use_leaves_nothing_and_misses_no_event() {
    let report = soak::run(Duration::from_secs(30), 7).unwrap();
    println!("{report}");
    report.check().unwrap();
}
