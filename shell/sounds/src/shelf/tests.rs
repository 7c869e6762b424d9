//! Making room: the longest unwanted goes first, what is in use stays.

use std::time::Duration;

use confab_terms::{AudioId, DecodeId, LegId, PlayerId, SoundId};

use super::{Origin, Shelf, Want};
use crate::told::Told;
use crate::work::not_audio;

const SECOND: [i16; 8_000] = [1; 8_000];

fn full(shelf: &mut Shelf, seconds: usize) -> SoundId {
    let audio = shelf.next_audio();
    let sound = shelf.new_sound(Origin::Audio(audio));
    for _ in 0..seconds {
        assert!(shelf.grow(sound, &SECOND, &mut Vec::new()));
    }
    assert!(shelf.end(sound, None).is_empty());
    sound
}

fn want(shelf: &mut Shelf, sound: SoundId) -> usize {
    let (leg, player, position) = (LegId(1), PlayerId(1), 0);
    let want = Want {
        leg,
        player,
        sound,
        position,
    };
    match shelf.want(want) {
        Some(Told::Feed { samples, .. }) => samples.len(),
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
    assert!(!shelf.grow(three, &SECOND, &mut Vec::new()));
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
    assert!(shelf.grow(sound, &SECOND, &mut Vec::new()));
    shelf.end(sound, Some(not_audio("broken")));
    assert_eq!(want(&mut shelf, sound), 8_000);
    full(&mut shelf, 10);
    assert_eq!(want(&mut shelf, sound), 0);
    assert_eq!(shelf.bytes, 10 * 16_000);
}
