//! Whole files of every kind: the right tone and length, in limited time.

use crate::ears::{Ears, purity_db, tone};
use crate::wav::{Coding, mu_law, sine, wav};

#[test]
fn every_wav_sounds_as_it_was_written() {
    let ears = Ears::new();
    for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000] {
        for channels in [1, 2] {
            for coding in [
                Coding::U8,
                Coding::S16,
                Coding::S24,
                Coding::Float,
                Coding::MuLaw,
                Coding::ALaw,
            ] {
                let file = wav(rate, channels, coding, &sine(rate, 1_000.0, 0.5, 0.5));
                let heard = ears.play(&file, "audio/wav").expect("audio");
                let what = format!("{rate} Hz, {channels} channels, {coding:?}");
                assert!(
                    (heard.len() as i64 - 4_000).abs() <= 1,
                    "{what}: {}",
                    heard.len()
                );
                let level = tone(&heard, 1_000.0);
                assert!((level - 0.5).abs() < 0.02, "{what}: level {level}");
                let least = match coding {
                    Coding::S16 | Coding::S24 | Coding::Float => 65.0,
                    Coding::U8 | Coding::MuLaw | Coding::ALaw => 33.0,
                };
                let purity = purity_db(&heard, 1_000.0);
                assert!(purity > least, "{what}: {purity:.1} dB");
            }
        }
    }
}

#[test]
fn stereo_is_mixed_down_without_clipping() {
    let left = sine(8_000, 1_000.0, 0.5, 0.9);
    let mut file = wav(8_000, 2, Coding::S16, &left);
    // The right channel is silent: half of the level remains.
    for frame in file[44..].chunks_exact_mut(4) {
        frame[2..].fill(0);
    }
    let heard = Ears::new().play(&file, "audio/x-wav").expect("audio");
    assert!((tone(&heard, 1_000.0) - 0.45).abs() < 0.01);
}

#[test]
fn mp3_sounds_whatever_it_is_called() {
    let ears = Ears::new();
    let mono = include_bytes!("../data/tone_440_22050_mono.mp3");
    let stereo = include_bytes!("../data/tone_440_44100_stereo.mp3");
    for (file, seconds) in [(&mono[..], 1.0), (&stereo[..], 0.5)] {
        for content_type in [
            "audio/mpeg",
            "audio/mp3",
            "application/octet-stream",
            "audio/wav",
        ] {
            let heard = ears.play(file, content_type).expect("audio");
            let length = heard.len() as f64 / 8_000.0;
            assert!(
                (length - seconds).abs() < 0.15,
                "{content_type}: {length} s"
            );
            let middle = &heard[heard.len() / 4..heard.len() * 3 / 4];
            let level = tone(middle, 440.0);
            assert!(
                (level - 16_000.0 / 32_768.0).abs() < 0.03,
                "{content_type}: {level}"
            );
        }
    }
}

#[test]
fn mp3_behind_a_big_tag_sounds() {
    let mp3 = include_bytes!("../data/tone_440_22050_mono.mp3");
    // ID3v2.3 tag of 300 kB with a picture of zeros.
    let mut file = b"ID3\x03\x00\x00".to_vec();
    let size = 300_000_u32;
    file.extend([21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8));
    file.extend(b"APIC");
    file.extend((size - 10).to_be_bytes());
    file.extend([0, 0]);
    file.extend(b"\0image/png\0\x03\0");
    file.resize(10 + size as usize, 0);
    file.extend(mp3);
    let heard = Ears::new().play(&file, "audio/mpeg").expect("audio");
    assert!(tone(&heard[2_000..6_000], 440.0) > 0.4);
}

#[test]
fn ogg_aiff_and_headerless_mu_law_sound() {
    let ears = Ears::new();
    let ogg = include_bytes!("../data/tone_440_22050_mono.ogg");
    let aiff = include_bytes!("../data/tone_440_11025_mono.aiff");
    let bare: Vec<u8> = sine(8_000, 440.0, 0.5, 0.5)
        .iter()
        .map(|sample| mu_law((sample * 32_767.0) as i16))
        .collect();
    for (file, content_type, count) in [
        (&ogg[..], "audio/ogg", 8_000),
        (&aiff[..], "audio/x-aiff", 2_000),
        (&bare[..], "audio/basic", 4_000),
    ] {
        let heard = ears.play(file, content_type).expect("audio");
        assert!(
            (heard.len() as i64 - count).abs() < 100,
            "{content_type}: {}",
            heard.len()
        );
        let level = tone(&heard, 440.0);
        assert!((level - 0.5).abs() < 0.03, "{content_type}: level {level}");
    }
}

#[test]
fn a_minute_of_wide_stereo_is_decoded_whole() {
    let file = wav(44_100, 2, Coding::S16, &sine(44_100, 440.0, 60.0, 0.5));
    let ears = Ears::new();
    let heard = ears.play(&file, "audio/wav").expect("audio");
    assert!(heard.len().abs_diff(60 * 8_000) <= 1, "{}", heard.len());
}

#[test]
fn equal_audio_is_one_sound() {
    let ears = Ears::new();
    let audio = ears.audio(
        &wav(8_000, 1, Coding::S16, &sine(8_000, 440.0, 0.3, 0.5)),
        "audio/wav",
    );
    ears.sounds.decode(confab_terms::DecodeId(1), audio, None);
    ears.sounds.decode(confab_terms::DecodeId(2), audio, None);
    let (one, two) = (
        ears.decoded().expect("audio"),
        ears.decoded().expect("audio"),
    );
    assert_eq!(one, two);
    assert!(ears.sounds.has(audio));
}
