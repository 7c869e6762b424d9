//! Long sounds: decoded a few seconds ahead of each listener, from any position, in limited memory.

use std::time::{Duration, Instant};

use confab_terms::{AudioId, DecodeId, LegId, Rate, SoundId};

use crate::ears::{Ears, tone, tone_at};
use crate::wav::{Coding, mu_law, sine, wav};

const SECONDS: usize = 300;
const HALF: u64 = 150 * 8_000;
const NARROW: Rate = Rate::Hz8000;
const WIDE: Rate = Rate::Hz16000;

/// Returns five minutes of µ-law: one tone in the first half, another one in the second.
fn five_minutes(first: f64, second: f64) -> Vec<u8> {
    let half = |hertz| {
        let second = sine(8_000, hertz, 1.0, 0.5);
        let coded = second.iter().map(|x| mu_law((x * 32_767.0) as i16));
        coded.collect::<Vec<u8>>().repeat(SECONDS / 2)
    };
    [half(first), half(second)].concat()
}

/// Returns the tones of a sound, at least 8 Hz from those of any other.
fn tones(number: u64) -> (f64, f64) {
    let step = 8.0 * number as f64;
    (300.0 + step, 2_000.0 + step)
}

pub(crate) fn held(
    ears: &Ears,
    decode: DecodeId,
    file: &[u8],
    content_type: &str,
) -> (AudioId, SoundId) {
    let length = Some(file.len() as u64);
    let begun = ears.sounds.begin_audio("http://x/", content_type, length);
    let (audio, mut writer) = begun.expect("room");
    ears.sounds.decode(decode, audio, None);
    for piece in file.chunks(64_000) {
        until(|| writer.has_room());
        writer.write(piece).expect("room");
    }
    writer.finish();
    (audio, ears.decoded().expect("a sound"))
}

/// Returns the samples of a chunk.
pub(crate) fn chunk(
    ears: &Ears,
    leg: u64,
    rate: Rate,
    sound: SoundId,
    position: u64,
) -> (Vec<i16>, bool) {
    ears.want_of(LegId(leg), rate, sound, position);
    let (at, samples, last) = ears.fed();
    assert_eq!(at, position);
    (samples, last)
}

pub(crate) fn hears(ears: &Ears, leg: u64, sound: SoundId, position: u64, hertz: f64) {
    let (samples, _) = chunk(ears, leg, NARROW, sound, position);
    let level = tone(&samples, hertz);
    assert!((level - 0.5).abs() < 0.02, "{leg} at {position}: {level}");
}

pub(crate) fn nothing_is_decoded(ears: &Ears) {
    until(|| ears.sounds.decoded_bytes() == 0);
}

pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
}

#[test]
fn any_position_of_a_long_sound_is_the_same_sample_however_it_is_reached() {
    let ears = Ears::new();
    let minute: Vec<f64> = (0..4)
        .flat_map(|quarter| sine(44_100, 440.0 + 1_300.0 * f64::from(quarter), 15.0, 0.5))
        .collect();
    let file = wav(44_100, 2, Coding::S16, &minute);
    let (_, sound) = held(&ears, DecodeId(1), &file, "audio/wav");
    for rate in [NARROW, WIDE] {
        let whole = match rate {
            NARROW => ears.all(sound),
            _ => ears.all_at(WIDE, sound),
        };
        assert_eq!(whole.len(), 480_000 * rate.factor());
        for position in [479_999, 0, 123_457, 400_000, 31_999, 240_001] {
            let (samples, _) = chunk(&ears, 2, rate, sound, position);
            let at = usize::try_from(position).unwrap() * rate.factor();
            assert_eq!(samples, whole[at..at + samples.len()], "at {position}");
            assert!(!samples.is_empty());
        }
    }
    let (wide, _) = chunk(&ears, 3, WIDE, sound, 46 * 8_000);
    let above = tone_at(WIDE, &wide, 440.0 + 3_900.0);
    assert!(above > 0.45, "still wide: {above}");
}

#[test]
fn a_sound_at_many_positions_is_decoded_whole_for_all_of_its_listeners() {
    let ears = Ears::new();
    let (first, second) = tones(1);
    let (_, sound) = held(
        &ears,
        DecodeId(1),
        &five_minutes(first, second),
        "audio/basic",
    );
    for leg in 0..3 {
        hears(&ears, leg, sound, leg * 30 * 8_000, first);
    }
    let apart = ears.sounds.decoded_bytes();
    assert!(apart < 4 * 12 * 16_000, "{apart} bytes");
    hears(&ears, 9, sound, HALF, second);
    until(|| ears.sounds.decoded_bytes() >= SECONDS * 16_000);
    for leg in 0..40 {
        hears(&ears, leg, sound, (leg * 7 % 140) * 8_000, first);
        hears(&ears, leg, sound, HALF + (leg * 7 % 140) * 8_000, second);
    }
    assert_eq!(
        ears.sounds.decoded_bytes(),
        SECONDS * 16_000,
        "once for all"
    );
}

#[test]
fn a_long_sound_is_found_again_after_its_last_listener() {
    let ears = Ears::new();
    let (first, second) = tones(2);
    let file = five_minutes(first, second);
    let (audio, sound) = held(&ears, DecodeId(1), &file, "audio/basic");
    hears(&ears, 1, sound, HALF, second);
    assert!(ears.sounds.claim(audio));
    ears.sounds.release(DecodeId(1));
    nothing_is_decoded(&ears);
    ears.sounds.decode(DecodeId(2), audio, None);
    assert_eq!(ears.decoded(), Ok(sound));
    hears(&ears, 1, sound, 0, first);
    // A sound with a listener continues, even if a newer version has replaced its audio.
    ears.sounds.forget(audio);
    hears(&ears, 1, sound, HALF, second);
    ears.sounds.release(DecodeId(2));
    assert!(!ears.sounds.has(audio));
}

#[test]
fn a_long_file_that_is_cut_short_ends_there_at_every_listener() {
    let ears = Ears::new();
    let (first, second) = tones(3);
    let file = five_minutes(first, second);
    let length = Some(file.len() as u64);
    let begun = ears.sounds.begin_audio("http://x/", "audio/basic", length);
    let (audio, mut writer) = begun.expect("room");
    ears.sounds.decode(DecodeId(1), audio, None);
    writer.write(&file[..800_000]).expect("room");
    writer.fail("the network is gone");
    let sound = ears.decoded().expect("it can begin");
    for leg in 0..2 {
        hears(&ears, leg, sound, 0, first);
        let (samples, mut last) = chunk(&ears, leg, NARROW, sound, 800_000 - 4_000);
        assert_eq!(samples.len(), 4_000);
        if !last {
            let end = chunk(&ears, leg, NARROW, sound, 800_000);
            assert!(end.0.is_empty());
            last = end.1;
        }
        assert!(last);
    }
    assert!(!ears.sounds.has(audio), "broken audio is fetched anew");
}
