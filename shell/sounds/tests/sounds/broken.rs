//! Broken, truncated and malicious files: an error or an early end, nothing worse.

use proptest::prelude::*;

use crate::ears::Ears;
use crate::wav::{Coding, header, sine, wav};

const MP3: &[u8] = include_bytes!("../data/tone_440_22050_mono.mp3");
const OGG: &[u8] = include_bytes!("../data/tone_440_22050_mono.ogg");
const AIFF: &[u8] = include_bytes!("../data/tone_440_11025_mono.aiff");

/// Returns the number of played samples, or the code of the error.
fn outcome(ears: &Ears, file: &[u8], content_type: &str) -> Result<usize, u32> {
    let played = ears.play(file, content_type);
    played.map(|heard| heard.len()).map_err(|error| error.code)
}

#[test]
fn what_is_not_audio_is_13420() {
    let ears = Ears::new();
    for junk in [
        &b""[..],
        b"RIFF",
        b"<html>not found</html>",
        &[0; 100_000],
        &[0xff; 5_000],
    ] {
        let error = ears.play(junk, "audio/mpeg").expect_err("not audio");
        assert_eq!(error.code, 13420);
        assert!(!error.message.is_empty());
    }
}

#[test]
fn declared_sizes_are_not_believed() {
    let ears = Ears::new();
    let samples = vec![1; 16_000];
    for declared in [0xffff_ffff, 0x7fff_ffff, 0, 100_000_000] {
        let file = header(8_000, 1, Coding::S16, declared, samples.clone());
        assert_eq!(
            outcome(&ears, &file, "audio/wav"),
            Ok(8_000),
            "{declared:x}"
        );
    }
    // Writers to a pipe cannot determine the length, and write one of these two sizes.
    for unknown in [0xffff_ffff, 0] {
        let mut file = header(8_000, 1, Coding::S16, unknown, samples.clone());
        assert_eq!(ears.play(&file, "audio/wav").expect("audio").len(), 8_000);
        file[4..8].fill(0);
        assert_eq!(ears.play(&file, "audio/wav").expect("audio").len(), 8_000);
    }
}

/// Checks that junk before a mark does not bypass the checks of WAV and AIFF headers.
#[test]
fn a_mark_behind_junk_is_not_followed() {
    let ears = Ears::new();
    let file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 0.5, 0.5));
    for (whole, kind) in [(&file[..], "audio/wav"), (AIFF, "audio/aiff")] {
        ears.play(whole, kind).expect("audio");
        for junk in [
            &b"junk"[..],
            b"RIFF\x10\0\0\0WAVEjunk\x04\0\0\0junk",
            b"FORM....AIFX",
        ] {
            let hidden = [junk, whole].concat();
            let error = ears.play(&hidden, kind).expect_err("no audio");
            assert_eq!(error.code, 13420);
        }
    }
}

#[test]
fn odd_headers_do_no_harm() {
    let ears = Ears::new();
    for (rate, channels, expected) in [
        (0, 1, Err(13_420)),
        (1, 1, Err(13_420)),
        (8_000, 0, Err(13_420)),
        (u32::MAX, 1, Err(13_420)),
        (8_000, 500, Err(13_420)),
        (999, 2, Err(13_420)),
        (8_000, 1, Ok(4_000)),
    ] {
        let mut file = wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 0.5, 0.5));
        file[22..24].copy_from_slice(&u16::to_le_bytes(channels));
        file[24..28].copy_from_slice(&u32::to_le_bytes(rate));
        let found = outcome(&ears, &file, "audio/wav");
        assert_eq!(found, expected, "{rate} Hz, {channels} channels");
    }
}

#[test]
fn every_length_of_a_cut_file_ends_well() {
    let ears = Ears::new();
    let file = wav(16_000, 2, Coding::S16, &sine(16_000, 440.0, 0.05, 0.5));
    // The audio of this Ogg file is on its last page.
    for (name, whole, errors_max) in [
        ("WAV", &file[..], 20),
        ("MP3", MP3, 20),
        ("Ogg", OGG, 41),
        ("AIFF", AIFF, 20),
    ] {
        let all = outcome(&ears, whole, "audio/mpeg").expect("audio");
        let (mut before, mut errors) = (0, 0);
        for cut in (0..whole.len()).step_by(whole.len() / 40) {
            match outcome(&ears, &whole[..cut], "audio/mpeg") {
                // A longer part of the file never has fewer samples.
                Ok(heard) => {
                    assert!((before..=all).contains(&heard), "{name} of {cut}: {heard}");
                    before = heard;
                }
                Err(code) => {
                    assert_eq!((code, before), (13_420, 0), "{name} of {cut}");
                    errors += 1;
                }
            }
        }
        assert!(errors <= errors_max, "{name}: {errors} cuts are no audio");
        let is_played = before > all * 9 / 10 - 200;
        assert_eq!(is_played, errors_max < 41, "{name}: {before} of {all}");
    }
}

#[test]
fn flipped_bits_end_well() {
    let mut ears = Ears::new();
    let file = wav(44_100, 2, Coding::S24, &sine(44_100, 440.0, 0.02, 0.5));
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let mut played = 0;
    // `CONFAB_FLIP_ROUNDS` sets another number of rounds.
    let rounds = std::env::var("CONFAB_FLIP_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok());
    for round in 0..rounds.unwrap_or(2_000) {
        if round % 1_000 == 999 {
            // A new handle: this number of sounds within a minute is rejected.
            ears = Ears::new();
        }
        let mut broken = [&file[..], MP3, OGG, AIFF][round % 4].to_vec();
        for _ in 0..=random(8) {
            // Half of the changes are in the headers.
            let within = if random(2) == 0 {
                64.min(broken.len())
            } else {
                broken.len()
            };
            broken[random(within)] ^= 1 << random(8);
        }
        match ears.play(&broken, "audio/wav") {
            Ok(_) => played += 1,
            Err(error) => {
                assert_eq!(error.code, 13420);
                assert!(
                    !error.message.contains("decoder failed"),
                    "round {round}: it panicked"
                );
            }
        }
    }
    assert!(played > 500, "only {played} played: the test tests nothing");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_behind_any_mark_end_well(
        mark in prop::sample::select(vec![
            &b"RIFF\xff\xff\xff\xffWAVE"[..],
            b"FORM\0\0\xff\xffAIFF",
            b"OggS\0\x02",
            b"ID3\x04\0\0",
            b"\xff\xfb\x90\x64", b"\xff\xf3\x44\xc4",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..3_000),
    ) {
        let mut file = mark.to_vec();
        file.extend(rest);
        if let Err(error) = Ears::new().play(&file, "audio/mpeg") {
            prop_assert_eq!(error.code, 13420);
            prop_assert!(!error.message.contains("decoder failed"), "it panicked");
        }
    }
}
