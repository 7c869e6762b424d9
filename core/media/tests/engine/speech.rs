//! Reports of speech in a room with `TellSpeech`, and the final figures of a leg.

use confab_media::{Command, Component, Event, LegFigures, RoomChange};
use confab_terms::LegId;

use crate::desk::{Desk, HELD, MUTED, OPEN, ROOM, address, whisper};

const LOUD: i16 = 2_000;
const QUIET: i16 = 100;

/// Returns the reports of speech, in order.
fn told(desk: &mut Desk, said: &[(u64, i16)], ticks: usize) -> Vec<(u64, bool)> {
    let mut told = Vec::new();
    for _ in 0..ticks {
        for event in desk.say(said).events {
            if let Event::Speech { leg, speaks } = event {
                told.push((leg.0, speaks));
            }
        }
    }
    told
}

fn asked(legs: u64) -> Desk {
    let mut desk = Desk::conference(legs);
    desk.apply(Command::TellSpeech { room: ROOM });
    desk
}

#[test]
fn a_voice_begins_and_ends_and_the_others_are_not_told_of() {
    let mut desk = asked(3);
    let voices = [(1, LOUD), (2, QUIET)];
    assert_eq!(told(&mut desk, &voices, 100), [(1, true)]);
    assert_eq!(
        told(&mut desk, &[(1, QUIET), (2, QUIET)], 100),
        [(1, false)]
    );
    assert_eq!(told(&mut desk, &[(3, LOUD)], 30), [(3, true)]);
    // Missing packets count as quiet too.
    assert_eq!(told(&mut desk, &[], 100), [(3, false)]);
}

#[test]
fn nobody_asked_nothing_told() {
    let mut desk = Desk::conference(2);
    assert_eq!(told(&mut desk, &[(1, LOUD)], 100), []);
}

#[test]
fn muted_and_held_ones_stop_at_once_and_begin_when_they_may_be_heard() {
    for unheard in [MUTED, HELD] {
        let mut desk = asked(2);
        assert_eq!(told(&mut desk, &[(1, LOUD)], 60), [(1, true)]);
        desk.set(1, unheard);
        assert_eq!(told(&mut desk, &[(1, LOUD)], 1), [(1, false)]);
        assert_eq!(told(&mut desk, &[(1, LOUD)], 200), []);
        desk.set(1, OPEN);
        assert_eq!(told(&mut desk, &[(1, LOUD)], 4), [(1, true)]);
    }
}

/// The leg's leaving ended its speech, so its speech begins again on its return.
#[test]
fn who_is_seated_anew_while_it_speaks_begins_anew() {
    let mut desk = asked(2);
    assert_eq!(told(&mut desk, &[(1, LOUD)], 60), [(1, true)]);
    desk.change(RoomChange {
        unseat: vec![LegId(1)],
        seat: vec![(LegId(1), OPEN)],
        ..RoomChange::default()
    });
    assert_eq!(told(&mut desk, &[(1, LOUD)], 60), [(1, true)]);
}

#[test]
fn a_whisper_is_heard_by_one_and_told_of() {
    let mut desk = asked(3);
    desk.set(1, whisper(2));
    assert_eq!(told(&mut desk, &[(1, LOUD)], 60), [(1, true)]);
}

#[test]
fn what_is_left_to_say_of_a_leg() {
    let mut desk = Desk::conference(2);
    // A second of voice, with a tenth lost.
    for frame in 0..50 {
        let before = desk.clone();
        desk.send(1, LOUD);
        if frame % 10 == 5 {
            let sent = desk;
            desk = before;
            desk.count_as_said(&sent);
        }
        desk.tick();
    }
    let out = desk.apply(Command::RemoveLeg { leg: LegId(1) });
    let [Event::LegRemoved { leg, figures }] = out.events[..] else {
        panic!("{:?}", out.events);
    };
    assert_eq!(leg, LegId(1));
    assert_eq!((figures.packets_in, figures.lost), (45, 5));
    assert_eq!((figures.ptime_ms, figures.packets_out), (20, 50));
    assert_eq!(figures.digit_packets_in, 0);
    assert!((20..44).contains(&figures.mos_tenths), "{figures:?}");
    assert!(figures.depth_frames_max >= 1);
    // An unknown leg has empty figures, and a response.
    let out = desk.apply(Command::RemoveLeg { leg: LegId(9) });
    let figures = LegFigures::default();
    let leg = LegId(9);
    assert_eq!(out.events, [Event::LegRemoved { leg, figures }]);
}

#[test]
fn packets_that_are_not_its_own_are_not_counted() {
    let mut desk = Desk::conference(1);
    desk.send(1, LOUD);
    desk.receive(1, Component::Rtp, address(1, 4_000), b"junk");
    let out = desk.apply(Command::RemoveLeg { leg: LegId(1) });
    let [Event::LegRemoved { figures, .. }] = out.events[..] else {
        panic!("{:?}", out.events);
    };
    assert_eq!(figures.packets_in, 1);
}
