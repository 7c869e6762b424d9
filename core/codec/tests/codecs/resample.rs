//! The resampler, measured by sweeps: a flat pass band, a silent stop band, and no seam between
//! frames.

use std::f64::consts::PI;

use confab_codec::Resampler;
use confab_terms::Rate;

const RATES: [Rate; 3] = [Rate::Hz8000, Rate::Hz16000, Rate::Hz48000];

fn pairs() -> impl Iterator<Item = (Rate, Rate)> {
    let all = RATES
        .into_iter()
        .flat_map(|from| RATES.map(|to| (from, to)));
    all.filter(|(from, to)| from != to)
}

fn sine(rate: Rate, hz: f64, frames: usize) -> Vec<i16> {
    let step = 2.0 * PI * hz / f64::from(rate.hz());
    (0..frames * rate.frame_samples())
        .map(|n| (20_000.0 * (step * n as f64).sin()).round() as i16)
        .collect()
}

fn resampled(from: Rate, to: Rate, samples: &[i16]) -> Vec<i16> {
    let mut resampler = Resampler::new(from, to);
    let mut out = Vec::new();
    let mut frame = vec![0; to.frame_samples()];
    for input in samples.chunks(from.frame_samples()) {
        assert_eq!(resampler.run(input, &mut frame), to.frame_samples());
        out.extend_from_slice(&frame);
    }
    out
}

/// Returns the level of one frequency, in dB relative to the input sine.
fn level_db(rate: Rate, samples: &[i16], hz: f64) -> f64 {
    // Hann window: the tone's own skirts are far below the stop band.
    let n = samples.len() as f64;
    let step = 2.0 * PI * hz / f64::from(rate.hz());
    let (mut re, mut im, mut gain) = (0.0, 0.0, 0.0);
    for (i, &sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (2.0 * PI * i as f64 / n).cos();
        re += window * f64::from(sample) * (step * i as f64).cos();
        im += window * f64::from(sample) * (step * i as f64).sin();
        gain += window;
    }
    20.0 * (2.0 * re.hypot(im) / gain / 20_000.0 + 1e-9).log10()
}

fn power_db(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|&s| f64::from(s) * f64::from(s)).sum();
    let tone = 20_000.0 * 20_000.0 / 2.0;
    10.0 * (sum / samples.len() as f64 / tone + 1e-12).log10()
}

#[test]
fn voice_band_passes_flat() {
    for (from, to) in pairs() {
        let edge = f64::from(from.hz().min(to.hz())) / 2.0 * 0.85;
        for n in 1..=17 {
            let hz = edge * f64::from(n) / 17.0;
            let out = resampled(from, to, &sine(from, hz, 25));
            let settled = &out[5 * to.frame_samples()..];
            let level = level_db(to, settled, hz);
            assert!(
                level.abs() < 0.01,
                "{from:?} to {to:?}, {hz} Hz: {level} dB"
            );
        }
    }
}

#[test]
fn upsampling_adds_no_image() {
    for (from, to) in pairs().filter(|(from, to)| from < to) {
        let (low, high) = (f64::from(from.hz()), f64::from(to.hz()));
        for n in 1..=17 {
            let hz = low / 2.0 * 0.85 * f64::from(n) / 17.0;
            let out = resampled(from, to, &sine(from, hz, 25));
            let settled = &out[5 * to.frame_samples()..];
            let images = (1..).map(|k| f64::from(k) * low);
            for centre in images.take_while(|centre| *centre <= high / 2.0 + low) {
                for image in [centre - hz, centre + hz]
                    .into_iter()
                    .filter(|i| *i < high / 2.0)
                {
                    let level = level_db(to, settled, image);
                    assert!(
                        level < -80.0,
                        "{from:?} to {to:?}: {hz} at {image}: {level} dB"
                    );
                }
            }
        }
    }
}

#[test]
fn downsampling_does_not_alias() {
    for (from, to) in pairs().filter(|(from, to)| from > to) {
        let (from_half, to_half) = (f64::from(from.hz()) / 2.0, f64::from(to.hz()) / 2.0);
        for n in 0..40 {
            let hz = to_half + (from_half - to_half) * f64::from(n) / 40.0;
            let out = resampled(from, to, &sine(from, hz, 25));
            let level = power_db(&out[5 * to.frame_samples()..]);
            // The rest is rounding: half a bit is 98 dB below this tone.
            assert!(level < -80.0, "{from:?} to {to:?}, {hz} Hz: {level} dB");
        }
    }
}

#[test]
fn result_does_not_depend_on_block_length() {
    for (from, to) in pairs() {
        let input = sine(from, 1_000.0, 10);
        let whole = resampled(from, to, &input);
        let grain = (from.hz() / to.hz()).max(1) as usize;
        let mut pieces = Vec::new();
        let mut resampler = Resampler::new(from, to);
        let mut out = vec![0; to.frame_samples()];
        let mut rest = input.as_slice();
        for n in (1..).map(|n| (n % 7 + 1) * grain) {
            let (piece, more) = rest.split_at(n.min(rest.len()));
            let written = resampler.run(piece, &mut out);
            pieces.extend_from_slice(&out[..written]);
            rest = more;
            if rest.is_empty() {
                break;
            }
        }
        assert_eq!(whole, pieces, "{from:?} to {to:?}");
    }
}

/// Returns a square wave of 24 samples per period with `quarters` quarters of full scale.
fn square(rate: Rate, quarters: i16) -> Vec<i16> {
    let peak = 8_191 * quarters;
    let high = |n: usize| (n / 12).is_multiple_of(2);
    (0..rate.frame_samples() * 10)
        .map(|n| if high(n) { peak } else { -peak })
        .collect()
}

#[test]
fn full_scale_is_clipped_and_never_wraps() {
    for (from, to) in pairs() {
        let quiet = resampled(from, to, &square(from, 1));
        let loud = resampled(from, to, &square(from, 4));
        let mut clipped = 0;
        for (at, (quiet, loud)) in quiet.iter().zip(&loud).enumerate() {
            let wanted = 4 * i32::from(*quiet);
            // The quarter signal was rounded once, the full signal once.
            let off = (wanted.clamp(-32_768, 32_767) - i32::from(*loud)).abs();
            assert!(
                off <= 4,
                "{from:?} to {to:?}, sample {at}: {loud}, {wanted}"
            );
            clipped += usize::from(wanted.abs() > 32_767 + 4);
        }
        // Gibbs phenomenon: the filter overshoots at each edge.
        assert!(
            clipped > 20,
            "{from:?} to {to:?}: {clipped} samples clipped"
        );
    }
}

#[test]
fn delay_matches_delay_samples() {
    for (from, to) in pairs() {
        let mut input = vec![0; from.frame_samples() * 4];
        input[0] = 30_000;
        // The middle of the filtered impulse is at the reported delay.
        let out = resampled(from, to, &input);
        let told = Resampler::new(from, to).delay_samples() as f64;
        let told = told * f64::from(to.hz()) / f64::from(from.hz().max(to.hz()));
        let peak = out.iter().enumerate().max_by_key(|(_, s)| s.unsigned_abs());
        let at = peak.expect("a sample").0 as f64;
        assert!(
            (at - told).abs() <= 1.0,
            "{from:?} to {to:?}: {at}, told {told}"
        );
    }
}

#[test]
fn equal_rates_copy_the_samples() {
    let input = sine(Rate::Hz16000, 1_234.0, 3);
    assert_eq!(resampled(Rate::Hz16000, Rate::Hz16000, &input), input);
}
