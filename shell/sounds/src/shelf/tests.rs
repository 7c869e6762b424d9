//! Making room: the longest unwanted goes first, what is in use stays.

use std::sync::Arc;
use std::time::Duration;

use confab_terms::{AudioId, DecodeId, LegId, PlayerId, Rate, SoundId};

use super::{Origin, Shelf, Want};
use crate::decoder::Decoded;
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

fn full(shelf: &mut Shelf, seconds: usize) -> SoundId {
    full_of(shelf, seconds, SECOND)
}

fn full_of(shelf: &mut Shelf, seconds: usize, second: Decoded<'_>) -> SoundId {
    let audio = shelf.next_audio();
    let sound = shelf.new_sound(Origin::Audio(audio));
    for _ in 0..seconds {
        assert!(shelf.grow(sound, second, &mut Vec::new()));
    }
    assert!(shelf.end(sound, None).is_empty());
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
    match shelf.want(want) {
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
    let three = shelf.new_sound(Origin::Audio(audio));
    assert_eq!(shelf.ask(three, DecodeId(3)), None);
    assert!(!shelf.grow(three, SECOND, &mut Vec::new()));
    let told = shelf.end(three, None);
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
    let sound = shelf.new_sound(Origin::Audio(audio));
    assert!(shelf.grow(sound, SECOND, &mut Vec::new()));
    shelf.end(sound, Some(not_audio("broken")));
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
        // At its very end it rings.
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
