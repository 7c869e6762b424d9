//! A room by examples: cuts, fades, beeps, rates, and serialization.

use confab_mixer::{FADE_MS, Heard, Room, Seat};
use confab_terms::{Audibility, LegId, Rate, Voice};

const OPEN: Audibility = Audibility {
    voice: Voice::ToEveryone,
    hears: true,
};

fn audibility(voice: Voice, hears: bool) -> Audibility {
    Audibility { voice, hears }
}

/// Runs a tick with a constant voice per leg; returns the signal of each leg.
fn tick(room: &mut Room, values: &[(LegId, i16)]) -> Vec<(LegId, Vec<i32>)> {
    for &(leg, value) in values {
        let seat = room.seat_of(leg).expect("is seated");
        room.voice(seat).fill(value);
        room.spoke(seat);
    }
    room.mix();
    let legs: Vec<(LegId, Seat)> = room.legs().collect();
    let heard = legs.iter().map(|&(leg, seat)| {
        let mut out = vec![-1; room.rate().frame_samples()];
        room.hear(seat, &mut out);
        (leg, out)
    });
    let heard = heard.collect();
    room.finish();
    heard
}

#[test]
fn removed_voice_stops_at_the_tick_and_added_voice_fades_in_within_5_ms() {
    for rate in [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000] {
        let mut room = Room::new(rate);
        room.seat(LegId(1), OPEN);
        room.seat(LegId(2), OPEN);
        let fade = (rate.hz() / 1_000 * FADE_MS) as usize;
        const { assert!(FADE_MS <= 5) };

        let first = &tick(&mut room, &[(LegId(1), 1_000)])[1].1;
        assert_eq!(first[0], 0);
        assert!(first[..fade].windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(first[fade..].iter().all(|&x| x == 1_000));

        let steady = &tick(&mut room, &[(LegId(1), 1_000)])[1].1;
        assert!(steady.iter().all(|&x| x == 1_000));

        room.set_audibility(LegId(1), audibility(Voice::ToNobody, true));
        let cut = &tick(&mut room, &[(LegId(1), 1_000)])[1].1;
        assert!(cut.iter().all(|&x| x == 0));
    }
}

#[test]
fn coach_that_becomes_audible_to_all_keeps_full_level_for_its_target() {
    let mut room = Room::new(Rate::Hz8000);
    for leg in 1..=3 {
        room.seat(LegId(leg), OPEN);
    }
    room.set_audibility(LegId(1), audibility(Voice::Only(LegId(2)), true));
    tick(&mut room, &[(LegId(1), 500)]);
    let coaching = tick(&mut room, &[(LegId(1), 500)]);
    assert!(coaching[1].1.iter().all(|&x| x == 500));
    assert!(coaching[2].1.iter().all(|&x| x == 0));

    room.set_audibility(LegId(1), OPEN);
    let barged = tick(&mut room, &[(LegId(1), 500)]);
    assert!(barged[1].1.iter().all(|&x| x == 500));
    assert_eq!(barged[2].1[0], 0);
    assert_eq!(barged[2].1[159], 500);

    room.set_audibility(LegId(1), audibility(Voice::Only(LegId(3)), true));
    let retargeted = tick(&mut room, &[(LegId(1), 500)]);
    assert!(retargeted[1].1.iter().all(|&x| x == 0));
    assert!(retargeted[2].1.iter().all(|&x| x == 500));
}

#[test]
fn seat_does_not_hear_itself() {
    let mut room = Room::new(Rate::Hz8000);
    room.seat(LegId(1), OPEN);
    room.seat(LegId(2), audibility(Voice::Only(LegId(2)), true));
    for _ in 0..3 {
        let heard = tick(&mut room, &[(LegId(1), 32_767), (LegId(2), 9)]);
        assert!(heard[0].1.iter().all(|&x| x == 0));
        assert_eq!(heard[1].1[159], 32_767);
    }
    assert!(!room.audible(LegId(2), LegId(2)));
}

#[test]
fn beep_is_audible_to_all_room_listeners_except_one() {
    let mut room = Room::new(Rate::Hz8000);
    room.seat(LegId(1), OPEN);
    room.seat(LegId(2), OPEN);
    room.seat(LegId(3), audibility(Voice::ToEveryone, false));
    tick(&mut room, &[]);
    room.beep(880, Some(LegId(2)));
    for at in 0..12 {
        let heard = tick(&mut room, &[]);
        let loud = |leg: usize| heard[leg].1.iter().any(|&x| x.abs() > 2_000);
        assert_eq!(loud(0), at < 10, "tick {at}");
        assert!(heard[1].1.iter().all(|&x| x == 0), "tick {at}");
        assert!(heard[2].1.iter().all(|&x| x == 0), "tick {at}");
    }
}

#[test]
fn silent_room_has_no_mix_and_listeners_share_the_public_sum() {
    let mut room = Room::new(Rate::Hz8000);
    let anna = room.seat(LegId(1), OPEN);
    let boris = room.seat(LegId(2), audibility(Voice::ToNobody, true));
    room.mix();
    assert_eq!(room.heard(anna), Heard::Nothing);
    room.finish();
    room.voice(anna).fill(5);
    room.spoke(anna);
    room.mix();
    assert_eq!(room.heard(anna), Heard::Own);
    assert_eq!(room.heard(boris), Heard::Public);
    room.finish();
}

#[test]
fn restored_room_continues_unchanged() {
    let mut room = Room::new(Rate::Hz8000);
    for leg in 1..=4 {
        room.seat(LegId(leg), OPEN);
    }
    room.unseat(LegId(2));
    tick(&mut room, &[(LegId(1), 10)]);
    room.set_audibility(LegId(3), audibility(Voice::Only(LegId(4)), true));
    room.beep(440, None);
    let bytes = postcard::to_stdvec(&room).expect("is plain data");
    let mut copy: Room = postcard::from_bytes(&bytes).expect("reads back");
    for _ in 0..15 {
        let values = [(LegId(1), 10), (LegId(3), -7), (LegId(4), 99)];
        assert_eq!(tick(&mut room, &values), tick(&mut copy, &values));
    }
}
