//! Spellings of the same second, and texts that are not a time.

use super::{DAY_MS, Moment, moment};

const AT: i64 = 1_794_918_896_000;

#[test]
fn a_second_in_every_spelling() {
    for text in [
        "2026-11-17T12:34:56Z",
        "2026-11-17T12:34:56",
        "2026-11-17T12:34:56.789Z",
        "2026-11-17T13:34:56+01:00",
        "2026-11-17T07:04:56-0530",
        "2026-11-17 12:34:56Z",
        "2026-11-17T13:34:56 01:00",
        "Tue, 17 Nov 2026 13:34:56  0100",
        "Tue, 17 Nov 2026 12:34:56 +0000",
        "Tue, 17 Nov 2026 12:34:56 GMT",
        "17 Nov 2026 12:34:56 -0000",
    ] {
        let found = moment(text);
        let wanted = Moment {
            first: AT,
            after: AT + 1_000,
        };
        assert_eq!(found, Some(wanted), "{text}");
    }
}

#[test]
fn a_day_is_all_of_it() {
    let day = moment("2026-11-17").unwrap();
    assert!(day.first <= AT && AT < day.after);
    assert_eq!(day.after - day.first, DAY_MS);
}

#[test]
fn what_is_no_moment() {
    for text in [
        "",
        "yesterday",
        "2026-11-31",
        "2026-11-17T25:00:00Z",
        "2026-11-17T12",
        "2026-11-17T12:34:56Q",
        "2026-11-17T12:34:56+1",
        "Tue, 17 Nov 2026",
        "Tue, 17 Foo 2026 12:34:56 +0000",
        "17 Nov 2026 12:34:56 +\u{e9}0",
        "2026-11-17T12:34:56+\u{e9}\u{e9}",
    ] {
        assert_eq!(moment(text), None, "{text}");
    }
}
