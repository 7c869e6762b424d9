//! Rooms that sum only the loudest voices, at every rate. Each listener hears the sum exactly
//! without its own voice, also in the tick in which one voice displaces another.

use confab_mixer::{FADE_MS, Heard, Room, Seat};
use confab_terms::{Audibility, LegId, Rate, Voice};

const RATES: [Rate; 3] = [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000];
const OPEN: Audibility = Audibility {
    voice: Voice::ToEveryone,
    hears: true,
};

/// Creates a room of `legs` legs that sums two voices.
fn room(rate: Rate, legs: u64) -> (Room, Vec<Seat>) {
    let mut room = Room::new(rate);
    room.limit_voices(2);
    let seats = (0..legs).map(|leg| room.seat(LegId(leg), OPEN)).collect();
    (room, seats)
}

/// Runs a tick with a constant voice per leg; returns the frame of each leg.
fn tick(room: &mut Room, seats: &[Seat], says: &[i16]) -> Vec<Vec<i32>> {
    for (&seat, &value) in seats.iter().zip(says).filter(|(_, value)| **value != 0) {
        room.voice(seat).fill(value);
        room.spoke(seat);
    }
    room.mix();
    let heard = seats.iter().map(|&seat| {
        let mut out = vec![-1; room.rate().frame_samples()];
        room.hear(seat, &mut out);
        assert_ne!(room.heard(seat), Heard::Nothing);
        assert!(room.heard(seat) == Heard::Own || out == room.public());
        out
    });
    let heard = heard.collect();
    room.finish();
    heard
}

#[test]
fn each_listener_hears_the_loudest_voices_without_its_own() {
    const SAYS: [i16; 6] = [900, 12_000, -300, 5_000, 16_000, 7_000];
    for rate in RATES {
        let (mut room, seats) = room(rate, 6);
        (0..20).for_each(|_| drop(tick(&mut room, &seats, &SAYS)));
        for (leg, heard) in tick(&mut room, &seats, &SAYS).iter().enumerate() {
            let loudest = [1, 4].into_iter().filter(|loud| *loud != leg);
            let wanted: i32 = loudest.map(|loud| i32::from(SAYS[loud])).sum();
            assert!(heard.iter().all(|&x| x == wanted), "{rate:?}, leg {leg}");
        }
    }
}

#[test]
fn displaced_voice_fades_out_while_its_successor_fades_in() {
    const BEFORE: [i16; 4] = [8_000, 4_000, 500, 100];
    const AFTER: [i16; 4] = [8_000, 4_000, 16_000, 100];
    for rate in RATES {
        let (mut room, seats) = room(rate, 4);
        (0..20).for_each(|_| drop(tick(&mut room, &seats, &BEFORE)));
        let fade = (rate.hz() / 1_000 * FADE_MS) as i32;
        let change = tick(&mut room, &seats, &AFTER);
        for at in 0..rate.frame_samples() {
            // Each voice is subtracted with its share of the sum.
            let share = (at as i32).min(fade);
            let fading = 4_000 - 4_000 * share / fade;
            let swelling = 16_000 * share / fade;
            let wanted = [
                fading + swelling,
                8_000 + swelling,
                8_000 + fading,
                8_000 + fading + swelling,
            ];
            for (leg, (heard, wanted)) in change.iter().zip(wanted).enumerate() {
                assert_eq!(heard[at], wanted, "{rate:?}, leg {leg}, sample {at}");
            }
        }
        let after = tick(&mut room, &seats, &AFTER);
        for (heard, wanted) in after.iter().zip([16_000, 24_000, 8_000, 24_000]) {
            assert!(heard.iter().all(|&x| x == wanted), "{rate:?}");
        }
        // The displaced voice fades in when it returns.
        let back = tick(&mut room, &seats, &[8_000, 4_000, 0, 0]);
        assert!(back[0][0] < 4_000 && back[0][rate.frame_samples() - 1] == 4_000);
    }
}
