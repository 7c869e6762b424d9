//! Legs that move between engines: neither ingress nor egress shows the move.

use confab_media::{
    Background, Command, Component, MovedLeg, Player, Recorded, RoomChange, Source,
};
use confab_terms::{Instant, LegId, PlayerId, RecordingSid, SoundId, SrtpSuite, Track};

use super::desk::{Desk, MS_20, OPEN, Out, ROOM, address, coded, sound};
use super::secrecy::{Phone, agree, clear, keys};

/// Returns a desk with leg 1, which hears a sound and is recorded.
fn listener() -> Desk {
    let mut desk = Desk::new(1);
    let ramp: Vec<i16> = (0..30_000).map(|n| (n % 4_000) as i16).collect();
    desk.sounds.insert(SoundId(1), ramp.into());
    desk.apply(Command::Record {
        recording: RecordingSid::from_random(9),
        of: Recorded::Leg {
            leg: LegId(1),
            dual: true,
            track: Track::Both,
            tells_voice: false,
        },
    });
    desk.background(1, Some(sound(5, 1, true)));
    desk
}

/// Returns an engine without legs, with the same number of ticks.
fn beside(desk: &Desk) -> Desk {
    let mut other = Desk::new(0);
    while other.now < desk.now {
        other.tick();
    }
    other.sounds.clone_from(&desk.sounds);
    other.count_as_said(desk);
    other
}

/// Moves leg 1 to another engine, serialized and restored on the way.
fn moved(from: &mut Desk, to: &mut Desk) {
    let leg = from.engine.let_go(LegId(1)).expect("it is here");
    assert_eq!(leg.id(), LegId(1));
    let bytes = postcard::to_stdvec(&leg).expect("is plain data");
    let leg: MovedLeg = postcard::from_bytes(&bytes).expect("is read back");
    assert!(to.engine.take_over(leg));
    let out = to.drain();
    to.serve(out);
}

#[test]
fn a_leg_that_moves_sends_what_it_would_have_sent_anyway() {
    let (mut stays, mut desk) = (listener(), listener());
    let at_all: Vec<Out> = (0..400).map(|_| stays.say(&[(1, 700)])).collect();
    for (n, expected) in at_all.iter().enumerate() {
        // At several moments, and once twice in a row.
        if n % 75 == 40 || n == 41 {
            let mut other = beside(&desk);
            moved(&mut desk, &mut other);
            assert_eq!(desk.engine.leg_count(), 0);
            assert!(desk.tick().packets.is_empty(), "it is gone from there");
            desk = other;
        }
        assert_eq!(&desk.say(&[(1, 700)]), expected, "tick {n}");
    }
    let reports = at_all.iter().flat_map(|out| &out.packets[&LegId(1)]);
    let reports = reports.filter(|sent| sent.component == Component::Rtcp);
    assert!(reports.count() > 0, "there are reports among them");
    let recorded = at_all.iter().filter(|out| !out.recorded.is_empty());
    assert!(recorded.count() > 0, "and pieces of the recording");
}

/// Ticks before which the leg moves; at the second, the leg has just moved.
const MOVES: [usize; 5] = [40, 41, 113, 190, 277];

/// Receives these packets of leg 1, tick after tick, with and without moves: the outputs must be
/// equal. Returns the outputs.
fn same_with_moves(make: impl Fn() -> Desk, ticks: &[Vec<Vec<u8>>]) -> Vec<Out> {
    let (mut stays, mut moves) = (make(), make());
    let receive = |desk: &mut Desk, packets: &[Vec<u8>]| {
        for packet in packets {
            desk.receive(1, Component::Rtp, address(1, 4_000), packet);
        }
        desk.tick()
    };
    let mut all = Vec::new();
    for (n, packets) in ticks.iter().enumerate() {
        if MOVES.contains(&n) {
            let mut other = beside(&moves);
            moved(&mut moves, &mut other);
            moves = other;
        }
        let expected = receive(&mut stays, packets);
        assert_eq!(receive(&mut moves, packets), expected, "tick {n}");
        all.push(expected);
    }
    for desk in [&stays, &moves] {
        assert_eq!(desk.engine.counters().unauthentic, 0);
    }
    all
}

#[test]
fn srtp_goes_on_after_rollovers_of_both_ways_and_a_move() {
    for suite in SrtpSuite::ALL {
        let keys = keys(suite, 1, 2);
        let mut phone = Phone::new(keys);
        // Both directions are past their rollover at the first move: ours begins at 65,530.
        phone.sequence = 65_510;
        let says: Vec<_> = (0..400).map(|_| vec![phone.says(700)]).collect();
        let make = || {
            let mut desk = listener();
            agree(&mut desk, Some(keys));
            desk
        };
        for (n, out) in same_with_moves(make, &says).iter().enumerate() {
            assert!(phone.hears(out).is_some(), "{suite:?}, tick {n}");
        }
    }
}

#[test]
fn packets_that_wait_in_the_jitter_buffer_move_with_the_leg() {
    // Bursts of up to four packets, the last two of each in reverse order.
    const BURSTS: [u32; 8] = [0, 0, 4, 0, 2, 0, 0, 2];
    let mut next = 0;
    let says = (0..400_usize).map(|n| {
        let burst = next..next + BURSTS[n % BURSTS.len()];
        next = burst.end;
        let value = |n: u32| 500 + (n % 97 * 150) as i16;
        let mut packets: Vec<_> = burst.map(|n| clear(n, value(n))).collect();
        if let [.., last, before] = &mut packets[..] {
            core::mem::swap(last, before);
        }
        packets
    });
    let says: Vec<_> = says.collect();
    let recorded = same_with_moves(listener, &says);
    let recorded = recorded.iter().flat_map(|out| out.recorded.values());
    // Two channels; the first has the ingress of the leg.
    let said = recorded.flat_map(|tape| tape.samples.iter().step_by(2));
    let mut values: Vec<i16> = said.copied().collect();
    values.sort_unstable();
    values.dedup();
    assert!(values.len() > 90, "{} values are recorded", values.len());
}

#[test]
fn built_in_music_goes_on_where_it_was_after_a_move() {
    let make = || {
        let mut desk = Desk::new(1);
        desk.background(
            1,
            Some(Player {
                player: PlayerId(5),
                source: Source::Music,
                position: 4_000,
                repeats: true,
            }),
        );
        desk
    };
    let says: Vec<_> = (0..400).map(|n| vec![clear(n, 0)]).collect();
    let heard = same_with_moves(make, &says);
    let loud = heard
        .iter()
        .filter(|out| out.heard(1).iter().any(|x| x.abs() > 500));
    assert!(loud.count() > 200, "it is music");
}

#[test]
fn it_speaks_in_a_room_of_its_new_engine_on_the_next_tick() {
    let mut desk = Desk::new(1);
    desk.settle(&[(1, 1_000)]);
    let mut room = Desk::conference(3);
    while room.now < desk.now {
        room.say(&[(2, 0), (3, 0)]);
    }
    room.engine
        .apply(room.now, Command::RemoveLeg { leg: LegId(1) });
    room.drain();
    room.count_as_said(&desk);
    moved(&mut desk, &mut room);
    room.change(RoomChange {
        seat: vec![(LegId(1), OPEN)],
        ..RoomChange::default()
    });
    let first = room.say(&[(1, 1_000), (2, 0), (3, 0)]).heard(2);
    assert_eq!(first[159], coded(coded(1_000)), "after the fade");
    assert_eq!(room.engine.counters().concealed, 0);
}

#[test]
fn whoever_is_let_go_is_in_no_room() {
    let mut desk = Desk::conference(2);
    desk.settle(&[(1, 1_000), (2, 2_000)]);
    assert_eq!(
        desk.say(&[(1, 1_000), (2, 2_000)]).level(2),
        coded(coded(1_000))
    );
    assert!(desk.engine.let_go(LegId(1)).is_some());
    assert!(!desk.engine.audible(ROOM, LegId(2), LegId(1)));
    assert_eq!(desk.say(&[(2, 2_000)]).level(2), 0);
    assert!(desk.engine.let_go(LegId(1)).is_none(), "it is not here");
}

#[test]
fn ticks_without_an_engine_are_left_out() {
    let mut desk = Desk::new(1);
    let before = desk.settle(&[(1, 1_000)]).rtp(1).expect("sent").header();
    let leg = desk.engine.let_go(LegId(1)).expect("it is here");
    let mut late = Desk::new(0);
    late.now = desk.now;
    // Three ticks in transit, and slightly out of step.
    late.engine = confab_media::Engine::new(confab_media::EngineConfig {
        start: Instant(desk.now.0 + 3 * MS_20 + 3_000_000),
        ..confab_media::EngineConfig::default()
    });
    late.now = Instant(desk.now.0 + 3 * MS_20 + 3_000_000);
    assert!(late.engine.take_over(leg));
    late.drain();
    let after = late.tick().rtp(1).expect("sent").header();
    assert_eq!(after.sequence, before.sequence.wrapping_add(1));
    assert_eq!(after.timestamp, before.timestamp.wrapping_add(4 * 160));
}

#[test]
fn a_chunk_that_was_asked_for_elsewhere_is_asked_for_anew() {
    let mut desk = Desk::new(1);
    desk.sounds.insert(SoundId(1), vec![500; 20_000].into());
    let background = Background::Playing(sound(5, 1, false));
    let asked = desk.apply(Command::SetBackground {
        leg: LegId(1),
        background,
    });
    assert_eq!(asked.wants.len(), 1);
    let leg = desk.engine.let_go(LegId(1)).expect("it is here");
    let mut other = beside(&desk);
    assert!(other.engine.take_over(leg));
    assert_eq!(other.drain().wants, asked.wants);
}

#[test]
fn nobody_has_two_ticks_of_one_moment() {
    let mut desk = Desk::new(1);
    let mut other = Desk::new(0);
    desk.tick();
    let leg = desk.engine.let_go(LegId(1)).expect("it is here");
    assert!(!other.engine.is_due(&leg), "it had this tick already");
    other.tick();
    assert!(other.engine.is_due(&leg));
}
