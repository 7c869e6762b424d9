//! DTMF detection by the limits of ITU-T Q.24: tones that must be detected, and tones that must
//! not.

use confab_codec::TouchTones;
use confab_codec::tone::Sine;

const KEYS: &str = "123A456B789C*0#D";
const ROWS_HZ: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS_HZ: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];

#[derive(Clone, Copy)]
struct Press {
    key: char,
    ms: usize,
    row_dbfs: f32,
    column_dbfs: f32,
    /// Frequency deviation of both tones.
    off: f32,
}

fn press(key: char) -> Press {
    Press {
        key,
        ms: 40,
        row_dbfs: -12.0,
        column_dbfs: -12.0,
        off: 1.0,
    }
}

fn sound(press: Press) -> Vec<i16> {
    let at = KEYS.find(press.key).expect("a key");
    let mut samples = vec![0; press.ms * 8];
    Sine::new(8_000, ROWS_HZ[at / 4] * press.off, press.row_dbfs).fill(&mut samples);
    Sine::new(8_000, COLUMNS_HZ[at % 4] * press.off, press.column_dbfs).add(&mut samples);
    samples
}

fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms * 8]
}

fn heard(samples: &[i16]) -> String {
    let mut ear = TouchTones::default();
    let frames = samples.chunks(160);
    frames
        .filter_map(|frame| ear.hear(frame))
        .map(|d| d.0)
        .collect()
}

fn alone(press: Press, after_samples: usize) -> String {
    let quiet = vec![0; after_samples];
    heard(&[quiet, sound(press), silence(60)].concat())
}

#[test]
fn every_digit_is_detected_once_at_any_offset() {
    for key in KEYS.chars() {
        for after in 0..102 {
            assert_eq!(alone(press(key), after), key.to_string(), "after {after}");
        }
    }
}

#[test]
fn long_tone_is_one_digit_and_repeated_tone_is_two() {
    let long = Press {
        ms: 2_000,
        ..press('5')
    };
    assert_eq!(alone(long, 0), "5");
    let twice = [
        sound(press('5')),
        silence(40),
        sound(press('5')),
        silence(40),
    ];
    assert_eq!(heard(&twice.concat()), "55");
    let dialled = "0123456789*#"
        .chars()
        .flat_map(|key| [sound(press(key)), silence(40)]);
    assert_eq!(heard(&dialled.collect::<Vec<_>>().concat()), "0123456789*#");
}

#[test]
fn gap_of_10_ms_does_not_split_a_digit() {
    let holed = [
        sound(press('7')),
        silence(10),
        sound(press('7')),
        silence(60),
    ];
    assert_eq!(heard(&holed.concat()), "7");
}

#[test]
fn faint_and_detuned_tones_are_detected_within_the_limits() {
    for key in KEYS.chars() {
        for off in [0.985, 1.015] {
            assert_eq!(
                alone(Press { off, ..press(key) }, 0),
                key.to_string(),
                "{off}"
            );
        }
        for level in [-6.5, -20.0, -30.0] {
            let faint = Press {
                row_dbfs: level,
                column_dbfs: level,
                ..press(key)
            };
            assert_eq!(alone(faint, 0), key.to_string(), "{level} dBFS");
        }
        for (row_dbfs, column_dbfs) in [(-10.0, -18.0), (-14.0, -10.0)] {
            let twisted = Press {
                row_dbfs,
                column_dbfs,
                ..press(key)
            };
            assert_eq!(
                alone(twisted, 0),
                key.to_string(),
                "{row_dbfs}, {column_dbfs}"
            );
        }
    }
}

#[test]
fn short_detuned_faint_and_single_tones_are_ignored() {
    for key in KEYS.chars() {
        for after in 0..102 {
            assert_eq!(
                alone(
                    Press {
                        ms: 20,
                        ..press(key)
                    },
                    after
                ),
                "",
                "{key}, 20 ms"
            );
        }
        for off in [0.96, 1.04] {
            assert_eq!(
                alone(
                    Press {
                        off,
                        ms: 200,
                        ..press(key)
                    },
                    0
                ),
                "",
                "{key}, {off}"
            );
        }
        let whisper = Press {
            row_dbfs: -45.0,
            column_dbfs: -45.0,
            ..press(key)
        };
        assert_eq!(alone(whisper, 0), "", "{key}");
        let row_only = Press {
            column_dbfs: -60.0,
            ..press(key)
        };
        assert_eq!(
            alone(
                Press {
                    ms: 500,
                    ..row_only
                },
                0
            ),
            "",
            "{key}"
        );
    }
}

#[test]
fn noise_music_and_hum_contain_no_digit() {
    let mut state = 1_u64;
    let mut random = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 48) as i16
    };
    let noise: Vec<i16> = (0..8_000 * 120).map(|_| random() / 8).collect();
    assert_eq!(heard(&noise), "");
    assert_eq!(heard(&confab_codec::music::built_in()), "");
    // Voice is a hum with gliding overtones.
    let mut phase = 0.0_f32;
    let hum: Vec<i16> = (0..8_000 * 120)
        .map(|n| {
            let hz = 90.0 + 160.0 * (n as f32 / 3_000.0).sin().abs();
            phase = (phase + hz / 8_000.0).fract();
            let overtone = |k: i32| (core::f32::consts::TAU * phase * k as f32).sin() / k as f32;
            (3_000.0 * (1..14).map(overtone).sum::<f32>()) as i16
        })
        .collect();
    assert_eq!(heard(&hum), "");
}

#[test]
fn digit_is_detected_above_noise() {
    let mut state = 7_u64;
    for key in KEYS.chars() {
        let mut samples = [
            silence(30),
            sound(Press {
                ms: 60,
                ..press(key)
            }),
            silence(60),
        ]
        .concat();
        for sample in &mut samples {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // Noise, 15 dB below the tones.
            *sample = sample.saturating_add(((state >> 48) as i16) / 20);
        }
        assert_eq!(heard(&samples), key.to_string());
    }
}
