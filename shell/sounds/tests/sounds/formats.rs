//! Files of other programs: the tone in each, or the name of the unsupported content.

use crate::ears::{Ears, purity_db, tone};
use crate::wav::{Coding, mu_law, sine, wav};

const TYPES: &[&str] = &[
    "audio/wav",
    "audio/mpeg",
    "video/mpeg",
    "video/x-wav",
    "text/plain",
    "application/octet-stream",
    "",
];

/// Plays a file, and checks for 440 Hz at half of full scale.
fn sounds(file: &[u8], content_type: &str, what: &str, tolerance: f64) -> Vec<i16> {
    let heard = Ears::new().play(file, content_type);
    let heard = heard.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let length = heard.len() as f64 / 8_000.0;
    assert!((length - 0.5).abs() < 0.08, "{what}: {length} s");
    let middle = &heard[heard.len() / 4..heard.len() * 3 / 4];
    let level = tone(middle, 440.0);
    assert!((level - 0.5).abs() < tolerance, "{what}: level {level}");
    let purity = purity_db(middle, 440.0);
    assert!(purity > 18.0, "{what}: {purity:.1} dB");
    heard
}

fn found(file: &[u8], content_type: &str) -> String {
    let error = Ears::new().play(file, content_type).expect_err("no audio");
    assert_eq!(error.code, 13420, "{error:?}");
    assert!(error.message.starts_with("found "), "{}", error.message);
    error.message
}

macro_rules! data {
    ($name:literal) => {
        ($name, &include_bytes!(concat!("../data/", $name))[..])
    };
}

#[test]
fn files_of_other_programs_sound_whatever_they_are_called() {
    for (name, file) in [
        data!("tone_440_8000_gsm.wav"),
        data!("tone_440_22050_stereo_ima.wav"),
        data!("tone_440_22050_stereo_ms.wav"),
        data!("tone_440_22050_stereo.flac"),
        data!("tone_440_48000_mono.aac"),
        data!("tone_440_48000_mono.m4a"),
        data!("tone_440_48000_mono_late_index.m4a"),
        data!("tone_440_48000_mono_opus.ogg"),
        data!("tone_440_48000_stereo_opus.ogg"),
        data!("tone_440_8000.gsm"),
    ] {
        for content_type in TYPES {
            sounds(
                file,
                content_type,
                &format!("{name} as {content_type:?}"),
                0.05,
            );
        }
    }
    let (name, gsm) = data!("tone_440_8000.gsm");
    for content_type in ["audio/x-gsm", "audio/gsm"] {
        sounds(gsm, content_type, name, 0.05);
    }
}

#[test]
fn opus_begins_behind_its_pre_skip() {
    let (name, file) = data!("tone_440_48000_mono_opus.ogg");
    let heard = sounds(file, "audio/ogg", name, 0.05);
    // The pre-skip of 312 samples at 48 kHz is not played: the tone begins at once.
    assert!(tone(&heard[100..900], 440.0) > 0.4);
}

#[test]
fn chained_ogg_plays_on() {
    let (_, opus) = data!("tone_440_48000_mono_opus.ogg");
    let (_, stereo) = data!("tone_440_48000_stereo_opus.ogg");
    let heard = Ears::new().play(&[opus, stereo].concat(), "audio/ogg");
    let heard = heard.expect("audio");
    assert!(heard.len() > 7_500, "{}", heard.len());
    assert!((tone(&heard[5_000..7_000], 440.0) - 0.5).abs() < 0.05);
}

/// Returns a RIFF file of these chunks.
fn chunks(chunks: &[(&[u8; 4], &[u8], bool)]) -> Vec<u8> {
    let mut file = b"RIFF\0\0\0\0WAVE".to_vec();
    for (name, content, is_padded) in chunks {
        file.extend(*name);
        file.extend(
            u32::try_from(content.len())
                .expect("a small file")
                .to_le_bytes(),
        );
        file.extend(*content);
        if content.len() % 2 == 1 && *is_padded {
            file.push(0);
        }
    }
    file
}

fn format(tag: u16, bits: u16, more: &[u8]) -> Vec<u8> {
    let mut format = tag.to_le_bytes().to_vec();
    format.extend(1_u16.to_le_bytes());
    format.extend(8_000_u32.to_le_bytes());
    format.extend((8_000 * u32::from(bits) / 8).to_le_bytes());
    format.extend((bits / 8).to_le_bytes());
    format.extend(bits.to_le_bytes());
    format.extend(more);
    format
}

/// Returns the end of an extensible format, whose sub-format begins with the tag.
fn extension(tag: u16, bits: u16) -> Vec<u8> {
    let mut more = 22_u16.to_le_bytes().to_vec();
    more.extend(bits.to_le_bytes());
    more.extend(4_u32.to_le_bytes());
    more.extend(tag.to_le_bytes());
    more.extend(b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    more
}

fn samples(coding: Coding) -> Vec<u8> {
    let file = wav(8_000, 1, coding, &sine(8_000, 440.0, 0.5, 0.5));
    let at = file
        .windows(4)
        .position(|name| name == b"data")
        .expect("a data chunk");
    file[at + 8..].to_vec()
}

#[test]
fn telephone_codings_in_wav_sound_with_every_length_of_format() {
    for (tag, coding) in [(7, Coding::MuLaw), (6, Coding::ALaw)] {
        let data = samples(coding);
        for (what, format) in [
            ("16 bytes", format(tag, 8, &[])),
            ("18 bytes", format(tag, 8, &[0, 0])),
            ("extensible", format(0xfffe, 8, &extension(tag, 8))),
        ] {
            let file = chunks(&[(b"fmt ", &format, true), (b"data", &data, true)]);
            sounds(&file, "audio/wav", &format!("{coding:?}, {what}"), 0.02);
        }
    }
}

#[test]
fn linear_samples_in_extensible_wav_sound() {
    for (tag, bits, coding) in [
        (1, 8, Coding::U8),
        (1, 16, Coding::S16),
        (1, 24, Coding::S24),
        (3, 32, Coding::Float),
    ] {
        let data = samples(coding);
        let format = format(0xfffe, bits, &extension(tag, bits));
        let file = chunks(&[(b"fmt ", &format, true), (b"data", &data, true)]);
        sounds(&file, "audio/wav", &format!("{coding:?}"), 0.02);
    }
}

#[test]
fn chunks_before_the_samples_are_skipped_however_they_are_padded() {
    let format = format(1, 16, &[]);
    let data = samples(Coding::S16);
    let big = vec![7; 3 << 20];
    // The inner chunk has an odd size and no pad, so that the size of the list is odd too.
    let list = b"INFOINAM\x05\0\0\0Title";
    for (what, name, content, is_padded) in [
        ("odd, padded", b"LIST", &b"INFOx"[..], true),
        ("odd, not padded", b"LIST", b"INFOx", false),
        ("no inner pad", b"LIST", list, true),
        ("neither pad", b"LIST", list, false),
        ("odd, of an unknown name", b"zzzz", b"x", true),
        ("large", b"bext", &big, true),
    ] {
        let file = chunks(&[
            (b"fmt ", &format, true),
            (name, content, is_padded),
            (b"data", &data, true),
        ]);
        sounds(&file, "audio/wav", what, 0.02);
        let file = chunks(&[
            (name, content, is_padded),
            (b"fmt ", &format, true),
            (b"data", &data, true),
        ]);
        sounds(&file, "audio/wav", &format!("{what}, first"), 0.02);
    }
    // A title after the samples is not played.
    let file = chunks(&[
        (b"fmt ", &format, true),
        (b"data", &data, true),
        (b"LIST", list, true),
    ]);
    assert_eq!(
        Ears::new().play(&file, "audio/wav").expect("audio").len(),
        4_000
    );
}

#[test]
fn au_sounds_in_every_coding() {
    let tone = sine(8_000, 440.0, 0.5, 0.5);
    let s16 = |s: &f64| (s * 32_767.0) as i16;
    let s32 = |s: &f64| (s * 2_147_483_647.0) as i32;
    let a_law = samples(Coding::ALaw);
    let codings: [(u32, Vec<u8>); 8] = [
        (1, tone.iter().map(|s| mu_law(s16(s))).collect()),
        (
            2,
            tone.iter()
                .map(|s| (s * 127.0).round() as i8 as u8)
                .collect(),
        ),
        (3, tone.iter().flat_map(|s| s16(s).to_be_bytes()).collect()),
        (
            4,
            tone.iter()
                .flat_map(|s| s32(s).to_be_bytes()[..3].to_vec())
                .collect(),
        ),
        (5, tone.iter().flat_map(|s| s32(s).to_be_bytes()).collect()),
        (
            6,
            tone.iter()
                .flat_map(|s| (*s as f32).to_be_bytes())
                .collect(),
        ),
        (7, tone.iter().flat_map(|s| s.to_be_bytes()).collect()),
        (27, a_law),
    ];
    for (coding, data) in codings {
        for annotation in [0, 8, 40_000_u32] {
            let mut file = b".snd".to_vec();
            for number in [24 + annotation, u32::MAX, coding, 8_000, 1] {
                file.extend(number.to_be_bytes());
            }
            file.resize(24 + annotation as usize, 0);
            file.extend(&data);
            for content_type in ["audio/basic", "text/plain"] {
                sounds(&file, content_type, &format!("coding {coding}"), 0.02);
            }
        }
    }
    let mut g721 = b".snd".to_vec();
    for number in [24, 0, 23, 8_000, 1] {
        g721.extend(u32::to_be_bytes(number));
    }
    assert!(found(&g721, "audio/basic").contains("AU coding 23"));
}

#[test]
fn headerless_telephone_codings_sound_by_their_content_type() {
    for (content_type, coding) in [
        ("audio/basic", Coding::MuLaw),
        ("audio/pcmu", Coding::MuLaw),
        ("audio/x-alaw", Coding::ALaw),
    ] {
        sounds(&samples(coding), content_type, content_type, 0.02);
    }
}

#[test]
fn what_cannot_be_played_is_named() {
    for (file, name) in [
        (
            &b"\x89PNG\r\n\x1a\n0000000000000000"[..],
            "found a PNG image",
        ),
        (b"\xff\xd8\xff\xe000000000000000", "found a JPEG image"),
        (b"PK\x03\x0400000000000000", "found a ZIP archive"),
        (b"\x1a\x45\xdf\xa30000000000000", "found Matroska or WebM"),
        (b"RIFF0000AVI LIST00000000000", "found AVI video"),
        (b"#!AMR\n0000000000000000000000", "found AMR speech"),
        (b"<!doctype html><html></html>", "found XML or HTML"),
    ] {
        for content_type in ["audio/mpeg", "application/octet-stream"] {
            assert!(found(file, content_type).starts_with(name), "{name}");
        }
    }
    let wma = format(0x161, 16, &[0, 0]);
    let wma = chunks(&[(b"fmt ", &wma, true), (b"data", &[0; 100], true)]);
    assert!(found(&wma, "audio/wav").starts_with("found WAV coding 0x0161"));
}

#[test]
fn an_opus_of_many_channels_and_a_high_efficiency_aac_are_named() {
    let (_, opus) = data!("tone_440_48000_mono_opus.ogg");
    let mut surround = opus.to_vec();
    // Channel mapping family.
    surround[28 + 18] = 1;
    let message = found(&surround, "audio/ogg");
    assert!(
        message.starts_with("found Opus of more than two"),
        "{message}"
    );
    let (_, m4a) = data!("tone_440_48000_mono.m4a");
    // AudioSpecificConfig: AAC-LC (2), 48 kHz, one channel.
    let at = m4a
        .windows(4)
        .position(|bytes| bytes == [0x05, 0x80, 0x80, 0x80])
        .unwrap()
        + 5;
    assert_eq!(m4a[at..at + 2], [0x11, 0x88]);
    let mut he = m4a.to_vec();
    // SBR (5) at 24 kHz, extended to 48 kHz.
    he[at..at + 3].copy_from_slice(&[0x2b, 0x09, 0x88]);
    let message = found(&he, "audio/mp4");
    assert!(message.starts_with("found HE-AAC"), "{message}");
}
