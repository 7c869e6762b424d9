//! Audibility in rooms, measured in packets.

use confab_media::{Beep, BeepTone, Command, Event, RoomChange};
use confab_terms::{Audibility, LegId, RequestId, Voice};

use crate::desk::{Desk, HELD, MUTED, OPEN, ROOM, coded, media, whisper};

#[test]
fn everyone_hears_the_others_and_not_himself() {
    let mut desk = Desk::conference(3);
    let out = desk.settle(&[(1, 100), (2, 2_000), (3, 8_000)]);
    let [a, b, c] = [coded(100), coded(2_000), coded(8_000)];
    assert_eq!(out.level(1), coded(b + c));
    assert_eq!(out.level(2), coded(a + c));
    assert_eq!(out.level(3), coded(a + b));
}

#[test]
fn muting_cuts_at_the_tick_and_says_so_with_its_packets() {
    let mut desk = Desk::conference(2);
    desk.settle(&[(1, 5_000), (2, 0)]);
    assert!(desk.set(1, MUTED).events.is_empty());
    let out = desk.say(&[(1, 5_000), (2, 0)]);
    assert_eq!(out.level(2), 0);
    let tick = desk.engine.tick_count();
    let number = desk.changes;
    let applied = Event::Applied {
        room: ROOM,
        number,
        tick,
    };
    assert_eq!(out.events, [applied]);

    // Unmuted, the phone is heard in its current speech: its buffer ran on.
    desk.set(1, OPEN);
    let out = desk.say(&[(1, 3_000), (2, 0)]);
    let heard = out.heard(2);
    assert_eq!(heard[0], 0, "fades in");
    assert!(
        heard[40..]
            .iter()
            .all(|&x| x == coded(coded(5_000)) || x == coded(3_000))
    );
    assert_eq!(desk.settle(&[(1, 3_000), (2, 0)]).level(2), coded(3_000));
}

#[test]
fn a_coach_is_heard_by_its_target_alone_even_as_the_target_changes() {
    let mut desk = Desk::conference(4);
    let said = [(1, 6_000), (2, 0), (3, 0), (4, 0)];
    desk.set(1, whisper(2));
    for round in 0..10 {
        let (target, other) = if round % 2 == 0 { (2, 3) } else { (3, 2) };
        desk.set(1, whisper(target));
        for tick in 0..4 {
            let out = desk.say(&said);
            assert_eq!(out.level(other), 0, "round {round}, tick {tick}");
            assert_eq!(out.level(4), 0, "round {round}, tick {tick}");
            if round > 1 {
                assert_eq!(out.heard(target)[159], coded(6_000));
            }
        }
    }
    // The target leaves, and returns in the same change as the whisper to it: still heard only
    // there.
    desk.change(RoomChange {
        unseat: vec![LegId(3)],
        audibility: vec![(LegId(1), MUTED)],
        ..RoomChange::default()
    });
    let out = desk.settle(&said);
    assert!((2..=4).all(|leg| out.level(leg) == 0));
    desk.change(RoomChange {
        seat: vec![(LegId(3), OPEN)],
        audibility: vec![(LegId(1), whisper(3))],
        ..RoomChange::default()
    });
    let out = desk.settle(&said);
    assert_eq!((out.level(2), out.level(4)), (0, 0));
    assert_eq!(out.level(3), coded(6_000));
}

#[test]
fn a_whisper_to_one_who_is_held_is_heard_by_nobody() {
    let mut desk = Desk::conference(3);
    desk.set(1, whisper(2));
    desk.set(2, HELD);
    let out = desk.settle(&[(1, 6_000), (2, 0), (3, 0)]);
    assert_eq!((out.level(2), out.level(3)), (0, 0));
}

#[test]
fn all_of_a_change_holds_from_the_same_tick() {
    let mut desk = Desk::conference(3);
    let said = [(1, 1_000), (2, 2_000), (3, 4_000)];
    desk.settle(&said);
    desk.change(RoomChange {
        audibility: vec![(LegId(1), MUTED), (LegId(2), HELD)],
        unseat: vec![LegId(3)],
        ..RoomChange::default()
    });
    let out = desk.say(&said);
    assert!((1..=3).all(|leg| out.level(leg) == 0));
}

#[test]
fn a_beep_sounds_for_those_who_hear_but_one() {
    let mut desk = Desk::conference(3);
    desk.set(3, HELD);
    desk.settle(&[]);
    desk.change(RoomChange {
        beep: Some(Beep {
            tone: BeepTone::Enter,
            except: Some(LegId(2)),
        }),
        ..RoomChange::default()
    });
    for tick in 0..12 {
        let out = desk.tick();
        let loud = out.heard(1).iter().any(|&x| x.abs() > 2_500);
        assert_eq!(loud, tick < 10, "tick {tick}");
        assert_eq!((out.level(2), out.level(3)), (0, 0), "tick {tick}");
    }
}

#[test]
fn a_phones_own_hold_is_sent_nothing_and_not_mixed() {
    let mut desk = Desk::conference(2);
    let said = [(1, 3_000), (2, 500)];
    let before = desk.settle(&said).rtp(1).expect("is sent").header();
    for (sends, receives) in [(false, true), (false, false)] {
        let held = confab_media::LegMedia {
            sends,
            receives,
            ..media(1)
        };
        desk.apply(Command::SetMedia {
            leg: LegId(1),
            media: held,
        });
        for _ in 0..5 {
            let out = desk.say(&said);
            assert_eq!(out.rtp(1), None);
            assert_eq!(out.level(2), 0);
        }
    }
    assert!(
        desk.engine.audible(ROOM, LegId(2), LegId(1)),
        "no rule changed"
    );
    desk.apply(Command::SetMedia {
        leg: LegId(1),
        media: media(1),
    });
    let out = desk.say(&said);
    let after = out.rtp(1).expect("is sent").header();
    assert!(after.marker);
    assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    assert_eq!(after.timestamp, before.timestamp.wrapping_add(11 * 160));
    assert_eq!(out.heard(2)[0], 0, "fades in");
    assert_eq!(desk.settle(&said).level(2), coded(3_000));
}

#[test]
fn tells_who_hears_whom() {
    let mut desk = Desk::conference(3);
    desk.set(1, whisper(2));
    desk.set(
        3,
        Audibility {
            voice: Voice::ToEveryone,
            hears: false,
        },
    );
    let out = desk.apply(Command::TellAudibility {
        room: ROOM,
        request: RequestId(9),
    });
    let [
        Event::Audibility {
            request,
            tick,
            pairs,
        },
    ] = &out.events[..]
    else {
        panic!("{:?}", out.events);
    };
    assert_eq!((*request, *tick), (RequestId(9), 1));
    let audible = |listener, speaker| {
        let pair = pairs
            .iter()
            .find(|p| (p.0, p.1) == (LegId(listener), LegId(speaker)));
        pair.expect("every ordered pair").2
    };
    assert_eq!(pairs.len(), 6);
    assert!(audible(2, 1) && audible(2, 3) && audible(1, 2) && audible(1, 3));
    assert!(!audible(3, 1) && !audible(3, 2));
}

#[test]
fn many_loud_voices_do_not_wrap() {
    let mut desk = Desk::conference(9);
    let said: Vec<_> = (1..=8).map(|leg| (leg, 32_000)).collect();
    let out = desk.settle(&said);
    assert!((1..=9).all(|leg| out.level(leg) > 30_000));
}
