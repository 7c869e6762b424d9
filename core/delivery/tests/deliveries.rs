//! Rules of the outbox, each by a script on a virtual clock.
#![allow(clippy::unwrap_used)]

use core::time::Duration;

use confab_delivery::{After, Attempt, Bounds, Deliveries, Full, Item, Outcome, Step};
use confab_terms::Instant;

const START: Instant = Instant(1_000_000_000);
const DAY: u64 = 86_400_000;
const FAULT: Outcome = failed(11_217, Some(500));
const NO_CONNECTION: Outcome = failed(11_200, None);

type Outbox = Deliveries<u8, char, u32>;

const fn failed(code: u32, status: Option<u16>) -> Outcome {
    Outcome::Failed {
        code,
        status,
        retry_after: None,
    }
}

fn retry_after(seconds: u64) -> Outcome {
    Outcome::Failed {
        code: 11_217,
        status: Some(503),
        retry_after: Some(Duration::from_secs(seconds)),
    }
}

fn ms(ms: u64) -> Instant {
    START + Duration::from_millis(ms)
}

fn item(about: u8, event: u32) -> Item<u8, u32> {
    Item {
        about,
        event,
        bytes: 1,
        expires: ms(DAY),
    }
}

fn small() -> Outbox {
    let bounds = Bounds {
        count: 16,
        bytes: 4_000,
        at_once: 4,
        at_once_to_one: 2,
        at_once_at_first: 2,
        ..Bounds::default()
    };
    Deliveries::new(bounds, 7)
}

/// Returns all attempts that begin now: receiver, conference, event.
fn begun(outbox: &mut Outbox, at: Instant) -> Vec<(char, u8, u32)> {
    steps(outbox, at)
        .into_iter()
        .map(|step| match step {
            Step::Send(Attempt {
                to, about, event, ..
            }) => (to, about, event),
            Step::Expired(event) => panic!("{event} has expired"),
        })
        .collect()
}

fn steps(outbox: &mut Outbox, at: Instant) -> Vec<Step<u8, char, u32>> {
    core::iter::from_fn(|| outbox.next(at)).collect()
}

/// Returns the time in ms from `at` to the end of the pause.
fn pause(after: After, at: u64) -> u64 {
    let After::Again { at: until, .. } = after else {
        panic!("{after:?}");
    };
    until.saturating_since(ms(at)).as_millis() as u64
}

#[test]
fn sends_events_of_a_line_in_order_one_at_a_time() {
    let mut outbox = small();
    for event in [1, 2, 3] {
        outbox.push(&'a', item(1, event)).unwrap();
    }
    outbox.push(&'a', item(2, 7)).unwrap();
    assert_eq!(begun(&mut outbox, START), [('a', 1, 1), ('a', 2, 7)]);
    let after = outbox.attempted(ms(1), &'a', 2, Outcome::Delivered);
    assert_eq!(after, After::Delivered);
    assert_eq!(begun(&mut outbox, ms(1)), []);
    outbox.attempted(ms(2), &'a', 1, Outcome::Delivered);
    assert_eq!(begun(&mut outbox, ms(2)), [('a', 1, 2)]);
    assert_eq!((outbox.waiting(), outbox.bytes()), (2, 2));
}

#[test]
fn retried_event_stays_first_of_its_line() {
    let mut outbox = small();
    outbox.push(&'a', item(1, 1)).unwrap();
    outbox.push(&'a', item(1, 2)).unwrap();
    begun(&mut outbox, START);
    let until = pause(outbox.attempted(START, &'a', 1, FAULT), 0);
    assert_eq!(begun(&mut outbox, ms(until - 1)), []);
    let step = outbox.next(ms(until + 1)).unwrap();
    let Step::Send(attempt) = step else {
        panic!("{step:?}")
    };
    assert_eq!((attempt.event, attempt.number), (1, 2));
    outbox.attempted(ms(700), &'a', 1, Outcome::Delivered);
    assert_eq!(begun(&mut outbox, ms(700)), [('a', 1, 2)]);
}

#[test]
fn conference_with_two_receivers_is_in_order_for_each() {
    let mut outbox = small();
    outbox.push(&'a', item(1, 1)).unwrap();
    outbox.push(&'b', item(1, 2)).unwrap();
    outbox.push(&'a', item(1, 3)).unwrap();
    assert_eq!(begun(&mut outbox, START), [('a', 1, 1), ('b', 1, 2)]);
    outbox.attempted(START, &'a', 1, NO_CONNECTION);
    outbox.attempted(START, &'b', 1, Outcome::Delivered);
    assert_eq!(outbox.waiting(), 2);
}

#[test]
fn lines_of_a_receiver_are_served_in_rotation() {
    let mut outbox = small();
    for (about, event) in [(1, 1), (1, 2), (2, 1), (3, 1)] {
        outbox.push(&'a', item(about, event)).unwrap();
    }
    assert_eq!(begun(&mut outbox, START), [('a', 1, 1), ('a', 2, 1)]);
    outbox.attempted(ms(1), &'a', 1, Outcome::Delivered);
    assert_eq!(begun(&mut outbox, ms(1)), [('a', 3, 1)]);
    outbox.attempted(ms(2), &'a', 2, Outcome::Delivered);
    assert_eq!(begun(&mut outbox, ms(2)), [('a', 1, 2)]);
}

#[test]
fn pauses_double_from_half_a_second_to_ten_minutes_with_jitter() {
    let mut outbox = small();
    outbox.push(&'a', item(1, 1)).unwrap();
    let (mut at, mut nominal) = (0, 500);
    let mut factors = Vec::new();
    for _ in 0..16 {
        assert_eq!(begun(&mut outbox, ms(at)), [('a', 1, 1)]);
        let pause = pause(outbox.attempted(ms(at), &'a', 1, NO_CONNECTION), at);
        assert!(pause <= 600_000 && pause >= nominal * 8 / 10, "{pause}");
        assert!(pause <= nominal * 12 / 10, "{pause} for {nominal}");
        factors.push(pause * 1_000 / nominal);
        assert_eq!(begun(&mut outbox, ms(at + pause - 1)), []);
        at += pause + 1;
        nominal = (nominal * 2).min(600_000);
    }
    factors.dedup();
    assert!(factors.len() > 8, "no jitter: {factors:?}");
}

#[test]
fn success_ends_the_back_off() {
    let mut outbox = small();
    for event in 0..4 {
        outbox.push(&'a', item(1, event)).unwrap();
    }
    begun(&mut outbox, START);
    let mut at = 0;
    for _ in 0..5 {
        at += pause(outbox.attempted(ms(at), &'a', 1, NO_CONNECTION), at) + 1;
        assert_eq!(begun(&mut outbox, ms(at)).len(), 1);
    }
    outbox.attempted(ms(at), &'a', 1, Outcome::Delivered);
    assert_eq!(begun(&mut outbox, ms(at)), [('a', 1, 1)]);
    let pause = pause(outbox.attempted(ms(at), &'a', 1, NO_CONNECTION), at);
    assert!(pause <= 600, "{pause}");
}

#[test]
fn back_off_applies_to_all_lines_of_one_receiver() {
    let mut outbox = small();
    outbox.push(&'a', item(1, 1)).unwrap();
    begun(&mut outbox, START);
    outbox.attempted(START, &'a', 1, NO_CONNECTION);
    outbox.push(&'a', item(2, 1)).unwrap();
    outbox.push(&'b', item(1, 1)).unwrap();
    assert_eq!(begun(&mut outbox, ms(1)), [('b', 1, 1)]);
}

#[test]
fn attempts_that_fail_together_count_as_one_failure() {
    let mut outbox = small();
    outbox.push(&'a', item(1, 1)).unwrap();
    outbox.push(&'a', item(2, 1)).unwrap();
    assert_eq!(begun(&mut outbox, START).len(), 2);
    outbox.attempted(ms(5_000), &'a', 1, NO_CONNECTION);
    let pause = pause(outbox.attempted(ms(5_001), &'a', 2, NO_CONNECTION), 5_000);
    assert!(pause <= 601, "{pause}");
}

#[test]
fn failing_receiver_is_probed_by_two_attempts() {
    let mut outbox: Outbox = Deliveries::new(Bounds::default(), 7);
    for about in 1..=8 {
        outbox.push(&'a', item(about, 1)).unwrap();
    }
    assert_eq!(begun(&mut outbox, START).len(), 8);
    for about in 1..=8 {
        outbox.attempted(START, &'a', about, NO_CONNECTION);
    }
    let probes = begun(&mut outbox, ms(700));
    assert_eq!(probes.len(), 2, "{probes:?}");
    // One attempt hangs, the other is answered.
    outbox.attempted(ms(701), &'a', probes[0].1, Outcome::Delivered);
    assert_eq!(begun(&mut outbox, ms(701)).len(), 3);
}

#[test]
fn failing_line_does_not_delay_other_lines_of_its_receiver() {
    let mut outbox = small();
    outbox.push(&'a', item(1, 1)).unwrap();
    let (mut bad, mut good) = (0, 0);
    // Line 1 always fails; line 2 has a new event every 100 ms for a minute.
    for at in (0..60_000).step_by(100) {
        if outbox.waiting() < 4 {
            outbox.push(&'a', item(2, 1)).unwrap();
        }
        for (_, about, _) in begun(&mut outbox, ms(at)) {
            let outcome = match about {
                1 => FAULT,
                _ => Outcome::Delivered,
            };
            bad += u32::from(about == 1);
            good += u32::from(about == 2);
            outbox.attempted(ms(at), &'a', about, outcome);
        }
    }
    assert!((6..=9).contains(&bad), "{bad} attempts at the bad one");
    assert!(good > 500, "{good} of 600");
}

#[test]
fn retry_after_is_honored_up_to_an_hour() {
    for (asked, honored) in [(0, 500), (30, 30_000), (3_600, 3_600_000), (DAY, 3_600_000)] {
        let mut outbox = small();
        outbox.push(&'a', item(1, 1)).unwrap();
        begun(&mut outbox, START);
        let after = outbox.attempted(START, &'a', 1, retry_after(asked));
        assert_eq!(pause(after, 0), honored);
        assert_eq!(begun(&mut outbox, ms(honored - 1)), []);
        assert_eq!(begun(&mut outbox, ms(honored + 100)), [('a', 1, 1)]);
    }
}

#[test]
fn errors_are_retried_or_final() {
    let finals = [
        (11_217, Some(404)),
        (11_217, Some(410)),
        (11_205, None),
        (11_215, Some(302)),
    ];
    for (code, status) in finals {
        let mut outbox = small();
        outbox.push(&'a', item(1, 1)).unwrap();
        outbox.push(&'a', item(1, 2)).unwrap();
        begun(&mut outbox, START);
        let after = outbox.attempted(ms(1), &'a', 1, failed(code, status));
        assert_eq!(after, After::Final, "{code}");
        assert_eq!(begun(&mut outbox, ms(1)), [('a', 1, 2)]);
    }
    for (code, status) in [
        (11_217, Some(408)),
        (11_217, Some(429)),
        (11_217, Some(503)),
        (11_200, None),
        (11_210, None),
        (11_220, None),
    ] {
        let mut outbox = small();
        outbox.push(&'a', item(1, 1)).unwrap();
        begun(&mut outbox, START);
        let after = outbox.attempted(ms(1), &'a', 1, failed(code, status));
        let is_first = true;
        assert!(
            matches!(after, After::Again { is_first: first, .. } if first == is_first),
            "{code}: {after:?}"
        );
        assert_eq!(outbox.waiting(), 1);
    }
}

#[test]
fn hanging_receiver_leaves_permits_for_others() {
    let bounds = Bounds::default();
    let mut outbox: Deliveries<u32, u32, u32> = Deliveries::new(bounds, 1);
    // 40 receivers hang, each with 1,000 conferences.
    for about in 0..1_000 {
        for to in 1..=40 {
            let item = Item {
                about,
                event: 0,
                bytes: 1,
                expires: ms(DAY),
            };
            outbox.push(&to, item).unwrap();
        }
    }
    let sent = core::iter::from_fn(|| outbox.next(START)).count();
    assert_eq!(sent, 40 * bounds.at_once_at_first);
    let item = Item {
        about: 1,
        event: 7,
        bytes: 1,
        expires: ms(DAY),
    };
    outbox.push(&0, item).unwrap();
    let next = outbox.next(ms(1));
    assert!(matches!(next, Some(Step::Send(attempt)) if attempt.to == 0));
}

#[test]
fn permits_grow_with_successes_up_to_the_limit() {
    let mut outbox: Deliveries<u32, char, u32> = Deliveries::new(Bounds::default(), 1);
    for about in 0..2_000 {
        let item = Item {
            about,
            event: 0,
            bytes: 1,
            expires: ms(DAY),
        };
        outbox.push(&'a', item).unwrap();
    }
    let mut under_way = Vec::new();
    let mut most = 0;
    for at in 0..10 {
        while let Some(Step::Send(attempt)) = outbox.next(ms(at)) {
            under_way.push(attempt.about);
        }
        most = most.max(under_way.len());
        for about in under_way.drain(..) {
            outbox.attempted(ms(at), &'a', about, Outcome::Delivered);
        }
    }
    assert_eq!(most, Bounds::default().at_once_to_one);
}

#[test]
fn one_receiver_is_limited_to_a_quarter_of_the_entries() {
    let mut outbox = small();
    for event in 0..4 {
        outbox.push(&'a', item(1, event)).unwrap();
    }
    let rejected = |is_first| Err(Full { is_first });
    assert_eq!(outbox.check(&'b', 1), Ok(()));
    assert_eq!(outbox.push(&'a', item(2, 5)), rejected(true));
    assert_eq!(outbox.push(&'a', item(1, 6)), rejected(false));
    for to in ['b', 'c', 'd'] {
        for event in 0..4 {
            outbox.push(&to, item(1, event)).unwrap();
        }
    }
    assert_eq!(outbox.waiting(), 16);
    assert_eq!(outbox.push(&'e', item(1, 1)), rejected(true));
    assert_eq!(outbox.push(&'e', item(1, 1)), rejected(false));
    // A single free place is no relief: a receiver that is slightly too slow is reported once.
    begun(&mut outbox, START);
    outbox.attempted(ms(1), &'a', 1, Outcome::Delivered);
    outbox.push(&'a', item(1, 7)).unwrap();
    assert_eq!(outbox.push(&'a', item(1, 8)), rejected(false));
}

#[test]
fn one_receiver_is_limited_to_a_quarter_of_the_bytes() {
    let mut outbox = small();
    let big = |bytes| Item {
        bytes,
        ..item(1, 1)
    };
    outbox.push(&'a', big(900)).unwrap();
    assert!(outbox.push(&'a', big(101)).is_err());
    outbox.push(&'a', big(100)).unwrap();
    assert!(outbox.push(&'b', big(usize::MAX)).is_err());
    assert_eq!(outbox.bytes(), 1_000);
}

#[test]
fn restored_events_are_accepted_beyond_the_limits() {
    let mut outbox = small();
    for event in 0..40 {
        outbox.restore(&'a', item(1, event));
    }
    assert_eq!(outbox.waiting(), 40);
    assert!(outbox.push(&'a', item(1, 40)).is_err());
    assert_eq!(begun(&mut outbox, START), [('a', 1, 0)]);
}

#[test]
fn event_expires_during_the_back_off_of_its_receiver() {
    let mut outbox = small();
    let short = |event, life| Item {
        expires: ms(life),
        ..item(1, event)
    };
    outbox.push(&'a', short(1, 3_000)).unwrap();
    outbox.push(&'a', short(2, 4_000)).unwrap();
    outbox.push(&'a', item(1, 3)).unwrap();
    begun(&mut outbox, START);
    outbox.attempted(START, &'a', 1, retry_after(60));
    assert_eq!(steps(&mut outbox, ms(2_999)), []);
    assert_eq!(steps(&mut outbox, ms(5_000)), [1, 2].map(Step::Expired));
    assert_eq!(outbox.waiting(), 1);
    assert_eq!(begun(&mut outbox, ms(60_001)), [('a', 1, 3)]);
}

#[test]
fn expired_event_is_not_sent() {
    let mut outbox = small();
    outbox
        .push(
            &'a',
            Item {
                expires: ms(10),
                ..item(1, 1)
            },
        )
        .unwrap();
    outbox.push(&'a', item(1, 2)).unwrap();
    // The search for expired events has just run.
    let mut other = outbox.clone();
    assert_eq!(begun(&mut other, START), [('a', 1, 1)]);
    let steps = steps(&mut outbox, ms(10));
    assert_eq!(steps[0], Step::Expired(1));
    assert!(matches!(&steps[1], Step::Send(attempt) if attempt.event == 2));
}

#[test]
fn every_line_is_searched_for_expired_events() {
    let mut outbox: Deliveries<u32, u32, u32> = Deliveries::new(Bounds::default(), 1);
    for about in 0..5_000 {
        let to = about % 3;
        outbox.restore(
            &to,
            Item {
                about,
                event: about,
                bytes: 1,
                expires: ms(1),
            },
        );
    }
    // All receivers rest.
    for to in 0..3 {
        let Some(Step::Send(attempt)) = outbox.next(START) else {
            panic!("nothing begins for {to}");
        };
        outbox.attempted(START, &attempt.to, attempt.about, retry_after(3_600));
    }
    while let Some(Step::Send(attempt)) = outbox.next(START) {
        outbox.attempted(START, &attempt.to, attempt.about, retry_after(3_600));
    }
    let mut expired = 0;
    for second in 1..10 {
        let now = ms(second * 1_000);
        while let Some(step) = outbox.next(now) {
            assert!(matches!(step, Step::Expired(_)), "{step:?}");
            expired += 1;
        }
    }
    assert_eq!((expired, outbox.waiting(), outbox.bytes()), (5_000, 0, 0));
}

#[test]
fn deadline_is_the_end_of_the_next_pause() {
    let mut outbox = small();
    assert_eq!(outbox.wakes_at(), None);
    outbox.push(&'a', item(1, 1)).unwrap();
    begun(&mut outbox, START);
    let after = outbox.attempted(START, &'a', 1, FAULT);
    let After::Again { at, .. } = after else {
        panic!("{after:?}");
    };
    assert!(outbox.wakes_at().unwrap() <= at);
    assert!(outbox.is_at_rest());
    assert_eq!(begun(&mut outbox, at).len(), 1);
    assert!(!outbox.is_at_rest());
    outbox.attempted(at, &'a', 1, Outcome::Delivered);
    assert_eq!((outbox.wakes_at(), outbox.is_at_rest()), (None, true));
}

#[test]
fn unreadable_event_is_attempted_again() {
    let mut outbox = small();
    outbox.push(&'a', item(1, 1)).unwrap();
    outbox.push(&'a', item(2, 1)).unwrap();
    begun(&mut outbox, START);
    outbox.attempted(START, &'a', 1, Outcome::NotRead);
    outbox.attempted(START, &'a', 2, Outcome::Missing);
    assert_eq!(outbox.waiting(), 1);
    outbox.push(&'a', item(3, 1)).unwrap();
    assert_eq!(begun(&mut outbox, START), [('a', 3, 1)], "no back-off");
    assert_eq!(begun(&mut outbox, ms(501)), [('a', 1, 1)]);
}

#[test]
fn outcome_without_an_attempt_has_no_effect() {
    let mut outbox = small();
    let unknown = outbox.attempted(START, &'a', 1, Outcome::Delivered);
    assert_eq!(unknown, After::Unknown);
    outbox.push(&'a', item(1, 1)).unwrap();
    let unknown = outbox.attempted(START, &'a', 1, Outcome::Delivered);
    assert_eq!((unknown, outbox.waiting()), (After::Unknown, 1));
    assert_eq!(begun(&mut outbox, START), [('a', 1, 1)]);
}
