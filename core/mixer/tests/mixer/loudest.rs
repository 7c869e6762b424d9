//! Choice of summed voices: no line noise, and only the loudest if there is a limit. A slightly
//! louder voice does not displace a summed one. Judged by a listener's signal.

use confab_mixer::{Room, Seat};
use confab_terms::{Audibility, LegId, Rate, Voice};

/// Room whose speakers have distinct sample values, so that a sum identifies its voices.
struct Hall {
    room: Room,
    speakers: Vec<Seat>,
    listener: Seat,
}

impl Hall {
    fn new(speakers: u64, most: usize) -> Self {
        let mut room = Room::new(Rate::Hz8000);
        room.limit_voices(most);
        let open = Audibility {
            voice: Voice::ToEveryone,
            hears: true,
        };
        let mut seats: Vec<Seat> = (0..=speakers)
            .map(|leg| room.seat(LegId(leg), open))
            .collect();
        let listener = seats.remove(0);
        Self {
            room,
            speakers: seats,
            listener,
        }
    }

    /// Returns the listener's last sample of a tick with constant voices.
    fn tick(&mut self, says: &[i16]) -> i32 {
        for (&seat, &value) in self.speakers.iter().zip(says) {
            if value != 0 {
                self.room.voice(seat).fill(value);
                self.room.spoke(seat);
            }
        }
        self.room.mix();
        let mut heard = [0; Rate::Hz8000.frame_samples()];
        self.room.hear(self.listener, &mut heard);
        self.room.finish();
        heard[heard.len() - 1]
    }

    fn ticks(&mut self, count: usize, says: &[i16]) -> i32 {
        (0..count).map(|_| self.tick(says)).last().unwrap_or(0)
    }
}

#[test]
fn voice_displaces_another_at_twice_its_level_only() {
    let mut hall = Hall::new(3, 2);
    assert_eq!(hall.ticks(20, &[1_000, 1_100, 0]), 2_100);
    // 5 dB above both.
    for _ in 0..100 {
        assert_eq!(hall.tick(&[1_000, 1_100, 1_800]), 2_100);
    }
    // 7 dB above the fainter voice: heard by the second tick at the latest.
    hall.ticks(2, &[1_000, 1_100, 2_300]);
    for _ in 0..100 {
        assert_eq!(hall.tick(&[1_000, 1_100, 2_300]), 3_400);
    }
    // The displaced voice does not return by being a little louder.
    for _ in 0..100 {
        assert_eq!(hall.tick(&[2_000, 1_100, 2_300]), 3_400);
    }
}

#[test]
fn alternately_louder_voices_do_not_flap() {
    let mut hall = Hall::new(2, 1);
    hall.ticks(10, &[2_000, 1_900]);
    let mut changes = 0;
    let mut before = 2_000;
    for at in 0..200 {
        // Syllables of 100 ms.
        let says = if at / 5 % 2 == 0 {
            [1_500, 2_500]
        } else {
            [2_500, 1_500]
        };
        let heard = hall.tick(&says);
        let is_first = heard == i32::from(says[0]);
        assert!(
            is_first || heard == i32::from(says[1]),
            "one of them: {heard}"
        );
        changes += u32::from(is_first != (before == 2_000));
        before = if is_first { 2_000 } else { 1_900 };
    }
    assert_eq!(changes, 0);
}

#[test]
fn line_noise_is_dropped_after_200_ms_and_voice_is_mixed_at_once() {
    let mut hall = Hall::new(1, 0);
    for at in 1..30 {
        assert_eq!(hall.tick(&[32]), if at < 10 { 32 } else { 0 }, "tick {at}");
    }
    assert_eq!(hall.tick(&[33]), 33, "its end; its beginning swells");
}

#[test]
fn free_place_is_assigned_at_once() {
    let mut hall = Hall::new(3, 2);
    hall.ticks(20, &[2_000, 1_500, 1_000]);
    assert_eq!(hall.tick(&[2_000, 1_500, 1_000]), 3_500);
    assert_eq!(hall.tick(&[2_000, 0, 1_000]), 3_000);
}
