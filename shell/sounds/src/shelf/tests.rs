//! Memory for samples: the least recently used are dropped first, and samples in use stay.

use std::sync::Arc;
use std::time::Duration;

use confab_terms::{AudioId, DecodeId, LegId, PlayerId, Rate, SoundId};

use super::{Origin, ReaderEnd, ReaderId, Shelf, Want};
use crate::decoder::Decoded;
use crate::limits::{STREAM_AFTER, WIDENED_CHUNKS_MAX};
use crate::told::Told;
use crate::work::not_audio;

const SECOND: Decoded<'_> = Decoded {
    narrow: &[1; 8_000],
    wide: None,
};
const WIDE_SECOND: Decoded<'_> = Decoded {
    narrow: &[1; 8_000],
    wide: Some(&[2; 16_000]),
};

const FIRST: ReaderId = ReaderId(0);

fn wanted(shelf: &mut Shelf, want: Want) -> Option<Told> {
    let mut told = Vec::new();
    shelf.want(want, &mut told);
    told.pop()
}

fn full(shelf: &mut Shelf, seconds: usize) -> SoundId {
    full_of(shelf, seconds, SECOND)
}

fn full_of(shelf: &mut Shelf, seconds: usize, second: Decoded<'_>) -> SoundId {
    let audio = shelf.next_audio();
    let sound = shelf.new_sound(Origin::Audio(audio), 0);
    for _ in 0..seconds {
        assert!(shelf.grow(sound, FIRST, second, &mut Vec::new()));
    }
    assert!(shelf.end(sound, FIRST, ReaderEnd::Whole).is_empty());
    sound
}

fn want(shelf: &mut Shelf, sound: SoundId) -> usize {
    want_at(shelf, sound, 0, Rate::Hz8000).len()
}

fn want_at(shelf: &mut Shelf, sound: SoundId, position: u64, rate: Rate) -> Arc<[i16]> {
    let (leg, player) = (LegId(1), PlayerId(1));
    let want = Want {
        leg,
        player,
        sound,
        position,
        rate,
    };
    match wanted(shelf, want) {
        Some(Told::Feed { samples, .. }) => samples,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_longest_unwanted_makes_room() {
    let mut shelf = Shelf::new(10 * 16_000, Duration::ZERO);
    let (one, two) = (full(&mut shelf, 4), full(&mut shelf, 4));
    assert_eq!(want(&mut shelf, one), 8_000);
    let three = full(&mut shelf, 4);
    assert_eq!(want(&mut shelf, two), 0, "gone: it was wanted last of all");
    assert!(
        !shelf.audios.contains_key(&AudioId(2)),
        "and is fetched anew"
    );
    assert_eq!(want(&mut shelf, one), 8_000);
    assert_eq!(want(&mut shelf, three), 8_000);
    assert_eq!(shelf.bytes, 8 * 16_000);
}

#[test]
fn what_was_wanted_lately_stays_and_the_new_one_ends() {
    let mut shelf = Shelf::new(10 * 16_000, Duration::from_secs(60));
    let (one, two) = (full(&mut shelf, 5), full(&mut shelf, 5));
    let audio = shelf.next_audio();
    let three = shelf.new_sound(Origin::Audio(audio), 0);
    assert_eq!(shelf.ask(three, DecodeId(3), None), None);
    assert!(!shelf.grow(three, FIRST, SECOND, &mut Vec::new()));
    let told = shelf.end(three, FIRST, ReaderEnd::Whole);
    let failed = matches!(&told[..], [Told::Decoded { result: Err(_), .. }]);
    assert!(failed, "whoever waits is told: {told:?}");
    assert_eq!(
        (want(&mut shelf, one), want(&mut shelf, two)),
        (8_000, 8_000)
    );
}

#[test]
fn a_broken_sound_still_gives_its_room_back() {
    let mut shelf = Shelf::new(10 * 16_000, Duration::ZERO);
    let audio = shelf.next_audio();
    let sound = shelf.new_sound(Origin::Audio(audio), 0);
    assert_eq!(shelf.ask(sound, DecodeId(1), None), None);
    assert!(shelf.grow(sound, FIRST, SECOND, &mut Vec::new()));
    shelf.end(sound, FIRST, ReaderEnd::Failed(not_audio("broken")));
    assert_eq!(want(&mut shelf, sound), 8_000);
    full(&mut shelf, 10);
    assert_eq!(want(&mut shelf, sound), 0);
    assert_eq!(shelf.bytes, 10 * 16_000);
}

#[test]
fn what_is_wide_takes_half_of_the_room_and_is_heard_narrow_beyond() {
    let mut shelf = Shelf::new(12 * 16_000, Duration::from_secs(60));
    // Wide for three seconds, which fill the half; narrow to the end.
    let sound = full_of(&mut shelf, 6, WIDE_SECOND);
    assert_eq!(shelf.bytes, (6 + 3 * 2) * 16_000);
    assert_eq!(shelf.wide_bytes, 3 * 2 * 16_000);
    for second in 0..6 {
        let level = if second < 3 { 2 } else { 1 };
        let mut at = |rate| want_at(&mut shelf, sound, second * 8_000, rate);
        assert_eq!(at(Rate::Hz8000)[..], [1; 8_000]);
        let wide = at(Rate::Hz16000);
        assert_eq!(wide.len(), 16_000);
        // The filter rings at the very end.
        let inner = if second == 5 { &wide[..15_900] } else { &wide };
        assert!(inner.iter().all(|&x| x == level), "second {second}");
    }
}

#[test]
fn the_wide_half_goes_with_its_sound() {
    let mut shelf = Shelf::new(12 * 16_000, Duration::ZERO);
    let one = full_of(&mut shelf, 3, WIDE_SECOND);
    full_of(&mut shelf, 12, SECOND);
    assert_eq!(want(&mut shelf, one), 0);
    assert_eq!((shelf.bytes, shelf.wide_bytes), (12 * 16_000, 0));
}

#[test]
fn wide_samples_give_way_to_the_narrow_ones_of_others_in_use() {
    let mut shelf = Shelf::new(24 * 16_000, Duration::from_secs(60));
    let audios = [(); 3].map(|()| shelf.next_audio());
    let sounds = audios.map(|audio| shelf.new_sound(Origin::Audio(audio), 0));
    // All three sounds are decoded at once and in use: 24 s in total, exactly the memory.
    for second in 0..8 {
        for sound in sounds {
            let goes_on = shelf.grow(sound, FIRST, WIDE_SECOND, &mut Vec::new());
            assert!(goes_on, "second {second} of {sound:?}");
        }
    }
    assert_eq!((shelf.bytes, shelf.wide_bytes), (24 * 16_000, 0));
    for sound in sounds {
        shelf.end(sound, FIRST, ReaderEnd::Whole);
        assert_eq!(
            want_at(&mut shelf, sound, 56_000, Rate::Hz8000).len(),
            8_000
        );
        assert_eq!(
            want_at(&mut shelf, sound, 56_000, Rate::Hz16000).len(),
            16_000
        );
    }
    let audio = shelf.next_audio();
    let one_more = shelf.new_sound(Origin::Audio(audio), 0);
    assert!(
        !shelf.grow(one_more, FIRST, SECOND, &mut Vec::new()),
        "full of narrow ones"
    );
}

#[test]
fn a_new_sound_takes_the_room_of_the_widest_in_use() {
    let mut shelf = Shelf::new(12 * 16_000, Duration::from_secs(60));
    let less = full_of(&mut shelf, 1, WIDE_SECOND);
    let most = full_of(&mut shelf, 5, WIDE_SECOND);
    full(&mut shelf, 1);
    assert_eq!((shelf.bytes, shelf.wide_bytes), (9 * 16_000, 2 * 16_000));
    assert_eq!(want_at(&mut shelf, less, 0, Rate::Hz16000)[..], [2; 16_000]);
    assert_eq!(
        want_at(&mut shelf, most, 0, Rate::Hz16000)[8_000..],
        [1; 8_000]
    );
}

#[test]
fn what_plays_wide_goes_on_at_its_place_when_its_wide_half_is_taken_away() {
    // The same slow ramp at both rates, so that the level shows the position.
    let narrow: Vec<i16> = (0..32_000).map(|at| at / 4).collect();
    let wide: Vec<i16> = (0..64_000_i32)
        .map(|at| i16::try_from(at / 8).unwrap())
        .collect();
    let ramp = Decoded {
        narrow: &narrow,
        wide: Some(&wide),
    };
    let mut shelf = Shelf::new(16 * 16_000, Duration::from_secs(60));
    let sound = full_of(&mut shelf, 1, ramp);
    let mut heard = Vec::new();
    for (position, other_seconds) in [(0, 0), (8_000, 5), (12_345, 0), (16_000, 0)] {
        // Other sounds are added between chunks; the second chunk is half played at the change.
        if other_seconds > 0 {
            assert!(shelf.wide_bytes > 0);
            full(&mut shelf, other_seconds);
            assert_eq!(shelf.wide_bytes, 0);
        }
        let samples = want_at(&mut shelf, sound, position, Rate::Hz16000);
        assert!(!samples.is_empty());
        heard.truncate(usize::try_from(position).unwrap() * 2);
        assert_eq!(heard.len() as u64, position * 2, "no gap before it");
        heard.extend_from_slice(&samples);
    }
    assert_eq!(heard.len(), 48_000);
    for (at, (heard, meant)) in heard.iter().zip(&wide).enumerate() {
        assert!((heard - meant).abs() <= 2, "{heard} for {meant} at {at}");
    }
}

#[test]
fn the_longest_unwanted_gives_its_wide_samples_to_a_new_sound() {
    let mut shelf = Shelf::new(24 * 16_000, Duration::ZERO);
    // These sounds fill the wide half, and leave room in the whole.
    let (one, two) = (
        full_of(&mut shelf, 3, WIDE_SECOND),
        full_of(&mut shelf, 3, WIDE_SECOND),
    );
    assert_eq!(want(&mut shelf, one), 8_000);
    let three = full_of(&mut shelf, 3, WIDE_SECOND);
    assert_eq!((shelf.bytes, shelf.wide_bytes), (21 * 16_000, 12 * 16_000));
    for (sound, level) in [(one, 2), (two, 1), (three, 2)] {
        let wide = want_at(&mut shelf, sound, 8_000, Rate::Hz16000);
        assert_eq!(wide[..], [level; 16_000], "{sound:?}");
    }
}

#[test]
fn who_hears_the_same_narrow_sound_wide_shares_one_chunk() {
    let mut shelf = Shelf::new(12 * 16_000, Duration::from_secs(60));
    let sounds = [(); 2].map(|()| full(&mut shelf, 2));
    let mut at = |sound, position| want_at(&mut shelf, sound, position, Rate::Hz16000);
    let first = at(sounds[0], 0);
    assert!(Arc::ptr_eq(&first, &at(sounds[0], 0)), "the same place");
    for (sound, position) in [(sounds[0], 8_000), (sounds[1], 0)] {
        let other = at(sound, position);
        assert!(!Arc::ptr_eq(&first, &other), "another place, or sound");
    }
    // Only the latest conversions are kept: as many others displace this one.
    for position in 1..WIDENED_CHUNKS_MAX as u64 {
        at(sounds[1], position);
    }
    assert_eq!(Arc::strong_count(&first), 1);
    assert_eq!(at(sounds[0], 0), first);
}

#[test]
fn what_was_made_wide_before_more_came_is_not_taken_for_what_is_there_now() {
    let mut shelf = Shelf::new(12 * 16_000, Duration::from_secs(60));
    let audio = shelf.next_audio();
    let sound = shelf.new_sound(Origin::Audio(audio), 0);
    let half = Decoded {
        narrow: &[1; 4_000],
        wide: None,
    };
    assert!(shelf.grow(sound, FIRST, half, &mut Vec::new()));
    let begun = want_at(&mut shelf, sound, 0, Rate::Hz16000).len();
    assert!((1..8_000).contains(&begun), "{begun}");
    assert!(shelf.grow(sound, FIRST, half, &mut Vec::new()));
    shelf.end(sound, FIRST, ReaderEnd::Whole);
    assert_eq!(want_at(&mut shelf, sound, 0, Rate::Hz16000).len(), 16_000);
}

/// Returns a stream with this number of seconds, each of a different level.
fn stream(shelf: &mut Shelf, seconds: i16) -> SoundId {
    let audio = shelf.next_audio();
    let sound = shelf.new_sound(Origin::Audio(audio), 0);
    let known = shelf.sounds.get_mut(&sound).unwrap();
    known.is_bounded = false;
    known.began -= STREAM_AFTER;
    assert_eq!(shelf.ask(sound, DecodeId(1), None), None);
    goes_on(shelf, sound, 0..seconds);
    sound
}

fn goes_on(shelf: &mut Shelf, sound: SoundId, levels: core::ops::Range<i16>) {
    for level in levels {
        let narrow = [level; 8_000];
        let second = Decoded {
            narrow: &narrow,
            wide: None,
        };
        assert!(shelf.grow(sound, FIRST, second, &mut Vec::new()));
    }
}

fn heard(shelf: &mut Shelf, sound: SoundId, player: u64, position: u64) -> Option<i16> {
    let want = Want {
        leg: LegId(1),
        player: PlayerId(player),
        sound,
        position,
        rate: Rate::Hz8000,
    };
    match wanted(shelf, want) {
        Some(Told::Feed { samples, .. }) => samples.first().copied(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stream_keeps_what_its_slowest_listener_has_not_heard_and_little_more() {
    let mut shelf = Shelf::new(1_000 * 16_000, Duration::ZERO);
    let sound = stream(&mut shelf, 100);
    // Without a listener, half a minute is kept.
    assert_eq!(shelf.bytes, 30 * 16_000);
    assert_eq!(
        heard(&mut shelf, sound, 1, 0),
        Some(98),
        "joins near its end"
    );
    goes_on(&mut shelf, sound, 100..110);
    assert_eq!(heard(&mut shelf, sound, 2, 0), Some(108));
    assert_eq!(heard(&mut shelf, sound, 2, 8_000), Some(109));
    assert_eq!(
        heard(&mut shelf, sound, 1, 8_000),
        Some(99),
        "goes on where it was"
    );
    goes_on(&mut shelf, sound, 110..111);
    // Kept from 97, two seconds before the slower listener, to 110.
    assert_eq!(shelf.bytes, 14 * 16_000);
}

#[test]
fn who_pauses_for_long_goes_on_near_the_end_of_a_stream() {
    let mut shelf = Shelf::new(1_000 * 16_000, Duration::ZERO);
    let sound = stream(&mut shelf, 40);
    assert_eq!(heard(&mut shelf, sound, 1, 0), Some(38));
    for listener in shelf.sounds.values_mut() {
        listener.first_mut().listeners.pause();
    }
    goes_on(&mut shelf, sound, 40..100);
    assert_eq!(shelf.bytes, 30 * 16_000);
    assert_eq!(heard(&mut shelf, sound, 1, 8_000), Some(98));
    assert_eq!(heard(&mut shelf, sound, 1, 16_000), Some(99));
}

#[test]
fn a_stream_that_has_ended_does_not_start_over_and_is_not_found_again() {
    let mut shelf = Shelf::new(1_000 * 16_000, Duration::ZERO);
    let sound = stream(&mut shelf, 40);
    assert_eq!(heard(&mut shelf, sound, 1, 0), Some(38));
    assert_eq!(heard(&mut shelf, sound, 1, 8_000), Some(39));
    shelf.end(sound, FIRST, ReaderEnd::Whole);
    assert_eq!(heard(&mut shelf, sound, 1, 16_000), None);
    assert_eq!(heard(&mut shelf, sound, 1, 0), None);
    assert!(!shelf.audios.contains_key(&AudioId(1)));
    shelf.release(DecodeId(1));
    assert_eq!((shelf.bytes, shelf.sounds.len()), (0, 0));
}

#[test]
fn a_file_of_known_length_keeps_its_beginning_however_slow_it_is() {
    let mut shelf = Shelf::new(1_000 * 16_000, Duration::ZERO);
    let sound = stream(&mut shelf, 1);
    shelf.sounds.get_mut(&sound).unwrap().is_bounded = true;
    goes_on(&mut shelf, sound, 1..50);
    assert_eq!(shelf.bytes, 50 * 16_000);
}

#[test]
fn slow_sources_take_half_of_the_room_and_leave_the_rest_to_files() {
    let mut shelf = Shelf::new(20 * 16_000, Duration::from_secs(60));
    let audio = shelf.next_audio();
    let slow = shelf.new_sound(Origin::Audio(audio), 0);
    shelf.set_slow(slow);
    for _ in 0..10 {
        assert!(shelf.grow(slow, FIRST, WIDE_SECOND, &mut Vec::new()));
    }
    assert!(!shelf.grow(slow, FIRST, SECOND, &mut Vec::new()));
    let file = full(&mut shelf, 10);
    assert_eq!(want(&mut shelf, file), 8_000);
}
