//! Each rule of the way to an application, by hand on a virtual clock.
#![allow(clippy::unwrap_used)]

use core::time::Duration;

use confab_delivery::{After, Attempt, Bounds, Deliveries, Full, Outcome};
use confab_terms::Instant;

const START: Instant = Instant(1_000_000_000);
const FAULT: Outcome = Outcome::Failed {
    code: 11_217,
    status: Some(500),
};

fn ms(ms: u64) -> Instant {
    START + Duration::from_millis(ms)
}

fn small() -> Deliveries<u8, u32> {
    Deliveries::new(Bounds {
        count: 6,
        bytes: 1_000,
        of_one: 4,
        at_once: 2,
        ..Bounds::default()
    })
}

fn ready(deliveries: &mut Deliveries<u8, u32>, at: Instant) -> Vec<(u8, u32)> {
    core::iter::from_fn(|| deliveries.next_attempt(at))
        .map(|attempt| (attempt.about, attempt.callback))
        .collect()
}

#[test]
fn one_at_a_time_about_each_and_in_order() {
    let mut all = small();
    for number in [1, 2, 3] {
        all.push(1, number, 1).unwrap();
    }
    all.push(2, 7, 1).unwrap();
    assert_eq!(ready(&mut all, START), [(1, 1), (2, 7)]);
    assert_eq!(all.attempted(ms(1), 2, Outcome::Told), After::Told);
    // The place of the other is free, and what follows the first is not for it.
    assert_eq!(ready(&mut all, ms(1)), []);
    assert_eq!(all.attempted(ms(2), 1, Outcome::Told), After::Told);
    assert_eq!(ready(&mut all, ms(2)), [(1, 2)]);
    assert_eq!(all.waiting(), 2);
}

#[test]
fn nobodys_crowd_keeps_the_places() {
    let mut all = small();
    for about in [1, 2, 3] {
        all.push(about, 1, 1).unwrap();
        all.push(about, 2, 1).unwrap();
    }
    assert_eq!(ready(&mut all, START), [(1, 1), (2, 1)]);
    assert_eq!(all.attempted(ms(1), 1, Outcome::Told), After::Told);
    assert_eq!(ready(&mut all, ms(1)), [(3, 1)]);
    assert_eq!(all.attempted(ms(2), 2, Outcome::Told), After::Told);
    assert_eq!(ready(&mut all, ms(2)), [(1, 2)]);
}

#[test]
fn three_attempts_half_a_second_and_a_second_apart() {
    let mut all = small();
    all.push(1, 1, 1).unwrap();
    all.push(1, 2, 1).unwrap();
    assert_eq!(ready(&mut all, START), [(1, 1)]);
    assert_eq!(all.attempted(ms(10), 1, FAULT), After::Again(ms(510)));
    assert_eq!(ready(&mut all, ms(20)), []);
    let Attempt { number, within, .. } = all.again(ms(510), 1).unwrap();
    assert_eq!((number, within), (2, Duration::from_millis(14_490)));
    assert_eq!(all.again(ms(511), 1), None, "it is under way");
    assert_eq!(all.attempted(ms(600), 1, FAULT), After::Again(ms(1_600)));
    assert_eq!(all.again(ms(1_600), 1).unwrap().number, 3);
    assert_eq!(all.attempted(ms(1_700), 1, FAULT), After::GivenUp);
    assert_eq!(ready(&mut all, ms(1_700)), [(1, 2)]);
}

#[test]
fn what_would_end_too_late_is_not_tried_again() {
    let hung = Outcome::Failed {
        code: 11_200,
        status: None,
    };
    let mut all = small();
    all.push(1, 1, 1).unwrap();
    all.next_attempt(START).unwrap();
    assert_eq!(all.attempted(ms(14_600), 1, hung), After::GivenUp);
    assert_eq!(all.waiting(), 0);
}

#[test]
fn a_refusal_stays() {
    let refusals = [
        (11_217, Some(404)),
        (11_205, None),
        (11_215, Some(302)),
        (11_220, None),
    ];
    for (code, status) in refusals {
        let mut all = small();
        all.push(1, 1, 1).unwrap();
        all.next_attempt(START).unwrap();
        let outcome = Outcome::Failed { code, status };
        assert_eq!(all.attempted(ms(1), 1, outcome), After::GivenUp, "{code}");
    }
    for (code, status) in [
        (11_217, Some(408)),
        (11_217, Some(429)),
        (11_217, Some(503)),
        (11_200, None),
        (11_210, None),
    ] {
        let mut all = small();
        all.push(1, 1, 1).unwrap();
        all.next_attempt(START).unwrap();
        let outcome = Outcome::Failed { code, status };
        assert_eq!(all.attempted(ms(1), 1, outcome), After::Again(ms(501)));
    }
}

#[test]
fn what_has_no_room_is_dropped_and_its_owner_told_once() {
    let mut all = small();
    for number in 1..=4 {
        all.push(1, number, 1).unwrap();
    }
    assert_eq!(all.push(1, 5, 1), Err(Full { first: true }));
    assert_eq!(all.push(1, 6, 1), Err(Full { first: false }));
    all.push(2, 1, 1).unwrap();
    all.push(3, 1, 1).unwrap();
    assert_eq!(all.push(4, 1, 1), Err(Full { first: true }), "of all");
    assert_eq!(all.push(5, 1, 1), Err(Full { first: false }));
    all.next_attempt(START).unwrap();
    all.attempted(ms(1), 1, Outcome::Told);
    // One place is no relief: a receiver that just cannot follow is told of once.
    all.push(1, 7, 1).unwrap();
    assert_eq!(all.push(1, 8, 1), Err(Full { first: false }));
    while all.waiting() > 2 {
        let about = all.next_attempt(ms(2)).unwrap().about;
        all.attempted(ms(2), about, Outcome::Told);
    }
    all.push(1, 9, 1).unwrap();
    all.push(1, 10, 1).unwrap();
    assert_eq!(all.push(1, 11, 1), Err(Full { first: true }));
}

#[test]
fn bytes_are_bounded_as_well() {
    let mut all = small();
    all.push(1, 1, 900).unwrap();
    assert_eq!(all.push(2, 1, 101), Err(Full { first: true }));
    all.push(2, 1, 100).unwrap();
    assert_eq!(all.push(3, 1, usize::MAX), Err(Full { first: false }));
}

#[test]
fn an_outcome_that_nobody_waits_for_changes_nothing() {
    let mut all = small();
    assert_eq!(all.attempted(START, 1, Outcome::Told), After::GivenUp);
    all.push(1, 1, 1).unwrap();
    all.attempted(START, 1, Outcome::Told);
    assert_eq!(all.waiting(), 1);
    assert_eq!(ready(&mut all, START), [(1, 1)]);
}
