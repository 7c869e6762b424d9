//! The generated sounds, measured: level, peak, seam, pitch.

use confab_codec::music;
use confab_codec::tone::{Sine, enter_beep, exit_beep};

fn rms(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
    (sum / samples.len() as f64).sqrt()
}

fn dbfs(level: f64) -> f64 {
    20.0 * (level / 32_768.0).log10()
}

fn peak(samples: &[i16]) -> f64 {
    samples
        .iter()
        .map(|&s| f64::from(s).abs())
        .fold(0.0, f64::max)
}

#[test]
fn music_has_its_level_and_length() {
    let music = music::built_in();
    let seconds = music.len() as f64 / f64::from(music::RATE_HZ);
    assert!((16.0..=24.0).contains(&seconds), "{seconds} s");
    assert!(
        (dbfs(rms(&music)) + 20.0).abs() < 1.0,
        "{} dBFS",
        dbfs(rms(&music))
    );
    assert!(dbfs(peak(&music)) < -9.0, "{} dBFS", dbfs(peak(&music)));
    // Whole frames, so that a player that counts in frames reaches the start again.
    assert_eq!(music.len() % 160, 0);
    assert_eq!(music, music::built_in());
}

#[test]
fn music_level_is_limited_in_every_half_second() {
    let music = music::built_in();
    for (i, part) in music.chunks(4_000).enumerate() {
        let level = dbfs(rms(part));
        assert!(
            (-27.0..=-15.0).contains(&level),
            "half second {i}: {level} dBFS"
        );
    }
}

#[test]
fn music_has_no_seam() {
    let music = music::built_in();
    let step = |a: i16, b: i16| (f64::from(a) - f64::from(b)).abs();
    let steps: Vec<_> = music.windows(2).map(|w| step(w[0], w[1])).collect();
    let mean = steps.iter().sum::<f64>() / steps.len() as f64;
    let seam = step(music[music.len() - 1], music[0]);
    assert!(seam < 4.0 * mean, "{seam} of {mean}");
    // The curvature at the seam is no greater than elsewhere.
    let bends = |a: i16, b: i16, c: i16| (f64::from(a) - 2.0 * f64::from(b) + f64::from(c)).abs();
    let most = music
        .windows(3)
        .map(|w| bends(w[0], w[1], w[2]))
        .fold(0.0, f64::max);
    let n = music.len();
    assert!(bends(music[n - 2], music[n - 1], music[0]) <= most);
    assert!(bends(music[n - 1], music[0], music[1]) <= most);
}

#[test]
fn sine_has_its_pitch_and_is_continuous() {
    let mut sine = Sine::new(8_000, 1_000.0, -7.0);
    let mut samples = vec![0; 8_000];
    let (a, b) = samples.split_at_mut(1_234);
    sine.fill(a);
    sine.fill(b);
    let rises = samples.windows(2).filter(|w| w[0] < 0 && w[1] >= 0).count();
    assert!((999..=1_001).contains(&rises), "{rises} Hz");
    assert!((dbfs(peak(&samples)) + 7.0).abs() < 0.2);
    let again = samples.clone();
    Sine::new(8_000, 1_000.0, -7.0).add(&mut samples);
    assert!(
        samples
            .iter()
            .zip(&again)
            .all(|(&sum, &one)| (sum - 2 * one).abs() <= 1)
    );
}

#[test]
fn beeps_are_short_and_quiet_without_a_click() {
    for beep in [enter_beep(8_000), exit_beep(8_000)] {
        assert!(beep.len() <= 8_000 * 4 / 10);
        assert!(dbfs(peak(&beep)) <= -19.9);
        assert!(beep[0].abs() < 50 && beep[beep.len() - 1].abs() < 50);
    }
    assert_ne!(enter_beep(8_000), exit_beep(8_000));
    assert_eq!(enter_beep(16_000).len(), 2 * enter_beep(8_000).len());
}
