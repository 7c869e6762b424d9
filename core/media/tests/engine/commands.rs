//! Commands for unknown legs and rooms: no effect, but with a response.

use std::sync::Arc;

use confab_media::{Background, Command, Event, RoomChange};
use confab_terms::{LegId, PlayerId, Rate, RequestId, RoomId};

use crate::desk::{Desk, OPEN, ROOM, coded, sound, whisper};

#[test]
fn unknown_legs_and_rooms_do_no_harm() {
    let mut desk = Desk::conference(2);
    let nobody = LegId(77);
    let nowhere = RoomId(77);
    desk.sounds
        .insert(confab_terms::SoundId(1), vec![5; 10].into());
    let change = RoomChange {
        unseat: vec![nobody],
        seat: vec![(nobody, OPEN)],
        audibility: vec![(nobody, whisper(1))],
        backgrounds: vec![(nobody, Background::Playing(sound(1, 1, true)))],
        beep: None,
    };
    for room in [ROOM, nowhere] {
        desk.apply(Command::Change {
            room,
            number: 9,
            change: change.clone(),
        });
    }
    desk.apply(Command::RemoveLeg { leg: nobody });
    desk.apply(Command::CloseRoom { room: nowhere });
    desk.background(77, Some(sound(1, 1, true)));
    desk.announcement(77, Some(sound(1, 1, true)));
    desk.apply(Command::Feed {
        leg: nobody,
        player: PlayerId(1),
        position: 0,
        rate: Rate::Hz8000,
        samples: Arc::from([1]),
        last: true,
    });
    let told = desk.apply(Command::TellAudibility {
        room: nowhere,
        request: RequestId(1),
    });
    assert!(matches!(&told.events[..], [Event::Audibility { pairs, .. }] if pairs.is_empty()));
    let out = desk.tick();
    let applied = |room| Event::Applied {
        room,
        number: 9,
        tick: 1,
    };
    assert!(out.events.contains(&applied(ROOM)) && out.events.contains(&applied(nowhere)));
    assert_eq!(desk.settle(&[(1, 4_000)]).level(2), coded(4_000));
}

#[test]
fn whoever_is_seated_elsewhere_leaves_there() {
    let mut desk = Desk::conference(3);
    let other = RoomId(2);
    desk.apply(Command::OpenRoom {
        room: other,
        rate: Rate::Hz8000,
    });
    desk.apply(Command::Change {
        room: other,
        number: 1,
        change: RoomChange {
            seat: vec![(LegId(3), OPEN)],
            ..RoomChange::default()
        },
    });
    let out = desk.settle(&[(1, 1_000), (3, 7_000)]);
    assert_eq!((out.level(2), out.level(3)), (coded(1_000), 0));
    assert!(!desk.engine.audible(ROOM, LegId(2), LegId(3)));
    // The leg is seated in another room.
    desk.change(RoomChange {
        unseat: vec![LegId(3)],
        ..RoomChange::default()
    });
    desk.apply(Command::Change {
        room: other,
        number: 2,
        change: RoomChange {
            seat: vec![(LegId(1), OPEN)],
            ..RoomChange::default()
        },
    });
    let out = desk.settle(&[(1, 1_000), (3, 7_000)]);
    assert_eq!((out.level(1), out.level(2)), (coded(7_000), 0));
    desk.apply(Command::CloseRoom { room: other });
    let out = desk.settle(&[(1, 1_000), (3, 7_000)]);
    assert!((1..=3).all(|leg| out.level(leg) == 0));
    assert_eq!(desk.engine.room_count(), 1);
}

#[test]
fn a_leg_that_is_removed_is_gone_at_the_tick() {
    let mut desk = Desk::conference(3);
    desk.settle(&[(1, 1_000), (2, 4_000)]);
    desk.apply(Command::RemoveLeg { leg: LegId(2) });
    let out = desk.say(&[(1, 1_000)]);
    assert_eq!(out.level(3), coded(1_000));
    assert_eq!(out.rtp(2), None);
    assert!(!desk.engine.audible(ROOM, LegId(3), LegId(2)));
    assert_eq!(desk.engine.leg_count(), 2);
}
