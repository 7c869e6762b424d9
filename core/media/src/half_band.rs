//! Conversion of buffered samples from 8 to 16 kHz or back, without delay, used when a leg's codec
//! changes during a sound. A half-band filter: every second tap except the middle is 0.

use core::f64::consts::PI;

/// Number of following samples at 8 kHz that influence a sample.
pub(crate) const REACH: usize = 32;

/// Returns the samples at the doubled rate: the input, and a sample between each two.
pub(crate) fn doubled(samples: &[i16]) -> Vec<i16> {
    let taps = taps();
    let at = |n: Option<usize>| {
        n.and_then(|n| samples.get(n))
            .map_or(0.0, |&x| f64::from(x))
    };
    let between = |n: usize| {
        let pairs = taps.iter().enumerate();
        let sum = pairs.map(|(k, tap)| tap * (at(n.checked_sub(k)) + at(Some(n + 1 + k))));
        sum.sum::<f64>()
    };
    let both = samples.iter().enumerate();
    both.flat_map(|(n, &sample)| [sample, rounded(between(n))])
        .collect()
}

/// Returns the samples at half the rate: every second sample of the band below 4 kHz.
pub(crate) fn halved(samples: &[i16]) -> Vec<i16> {
    let taps = taps();
    let at = |n: Option<usize>| {
        n.and_then(|n| samples.get(n))
            .map_or(0.0, |&x| f64::from(x))
    };
    let below = |n: usize| {
        let pairs = taps.iter().zip((1..).step_by(2));
        let sum = pairs.map(|(tap, k)| tap * (at(n.checked_sub(k)) + at(Some(n + k))));
        f64::midpoint(at(Some(n)), sum.sum())
    };
    let even = (0..samples.len()).step_by(2);
    even.map(|n| rounded(below(n))).collect()
}

/// Returns a side of the taps from the middle on: a sinc with Blackman's window, normalized to a
/// sum of one half.
fn taps() -> [f64; REACH] {
    let tap = |k: usize| {
        let x = (k as f64 + 0.5) * PI;
        let window = x / REACH as f64;
        x.sin() / x * (0.42 + 0.5 * window.cos() + 0.08 * (2.0 * window).cos())
    };
    let taps: [f64; REACH] = core::array::from_fn(tap);
    let sum: f64 = taps.iter().sum();
    taps.map(|tap| tap / sum / 2.0)
}

#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
fn rounded(value: f64) -> i16 {
    value.round() as i16
}

#[cfg(test)]
mod tests {
    use confab_codec::tone::Sine;

    use super::{REACH, doubled, halved};

    fn sine(rate: u32, hz: f32) -> Vec<i16> {
        let mut samples = vec![0; rate as usize / 2];
        Sine::new(rate, hz, -6.0).fill(&mut samples);
        samples
    }

    fn apart(one: &[i16], other: &[i16]) -> i32 {
        assert_eq!(one.len(), other.len());
        let inner = 2 * REACH..one.len() - 2 * REACH;
        let pairs = one[inner.clone()].iter().zip(&other[inner]);
        let apart = pairs.map(|(&a, &b)| (i32::from(a) - i32::from(b)).abs());
        apart.max().unwrap_or_default()
    }

    #[test]
    fn the_voice_band_is_the_same_at_either_rate_and_at_the_same_moment() {
        for hz in [100.0, 1_000.0, 2_500.0, 3_400.0] {
            let (narrow, wide) = (sine(8_000, hz), sine(16_000, hz));
            // Deviation from a sine with a peak of 16,384.
            assert!(apart(&doubled(&narrow), &wide) < 16, "{hz} Hz up");
            assert!(apart(&halved(&wide), &narrow) < 16, "{hz} Hz down");
        }
    }

    #[test]
    fn what_is_too_high_does_not_fold_back() {
        for hz in [4_500.0, 5_000.0, 7_000.0] {
            let silence = vec![0; 4_000];
            let left = apart(&halved(&sine(16_000, hz)), &silence);
            assert!(left < 16, "{hz} Hz: {left}");
        }
    }
}
