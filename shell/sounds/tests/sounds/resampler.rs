//! The sample-rate converter alone: sweeps, unusual rates, pieces of any size.

use confab_sounds::Resampler;
use confab_terms::Rate;
use proptest::prelude::*;

use crate::ears::{purity_db, tone};
use crate::wav::sine;

fn resample(rate: u32, input: &[f64], piece: usize) -> Vec<i16> {
    let input: Vec<f32> = input.iter().map(|sample| *sample as f32).collect();
    let mut resampler = Resampler::new(rate, Rate::Hz8000);
    let mut out = Vec::new();
    input
        .chunks(piece)
        .for_each(|piece| resampler.push(piece, &mut out));
    resampler.finish(&mut out);
    out
}

const RATES: [u32; 12] = [
    4_000, 6_000, 7_999, 8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
];

#[test]
fn the_voice_band_passes_flat_and_clean() {
    for rate in RATES {
        let top = 0.42 * f64::from(rate.min(8_000));
        for hertz in [60.0, 300.0, 1_000.0, 1_600.0, 2_400.0, 3_300.0] {
            if hertz > top {
                continue;
            }
            let out = resample(rate, &sine(rate, hertz, 1.0, 0.5), 1_000);
            let level = 20.0 * (tone(&out, hertz) / 0.5).log10();
            assert!(level.abs() < 0.3, "{rate} Hz, {hertz} Hz: {level:.2} dB");
            let purity = purity_db(&out, hertz);
            assert!(purity > 60.0, "{rate} Hz, {hertz} Hz: {purity:.1} dB");
        }
    }
}

#[test]
fn what_eight_kilohertz_cannot_carry_does_not_fold_back() {
    for rate in [16_000, 22_050, 44_100, 48_000, 192_000] {
        for hertz in [4_100.0, 4_600.0, 5_000.0, 7_000.0, 7_900.0] {
            let out = resample(rate, &sine(rate, hertz, 0.5, 0.5), 4_096);
            let middle = &out[500..out.len() - 500];
            let power: f64 = middle.iter().map(|one| f64::from(*one).powi(2)).sum();
            let rms = (power / middle.len() as f64).sqrt() / 32_768.0;
            let down = 20.0 * (rms / (0.5 / 2_f64.sqrt())).log10();
            assert!(down < -55.0, "{rate} Hz, {hertz} Hz: {down:.1} dB");
        }
    }
}

#[test]
fn nothing_is_delayed() {
    for rate in RATES {
        let mut input = vec![0.0; rate as usize / 2];
        let middle = input.len() / 2;
        input[middle] = 1.0;
        let out = resample(rate, &input, 777);
        let peak = out
            .iter()
            .enumerate()
            .max_by_key(|(_, sample)| sample.unsigned_abs());
        let at = peak.map_or(0, |(at, _)| at) as f64 / 8_000.0;
        let due = middle as f64 / f64::from(rate);
        assert!(
            (at - due).abs() <= 1.0 / 8_000.0,
            "{rate} Hz: {at} s, not {due} s"
        );
    }
}

#[test]
fn a_full_scale_wave_saturates_and_never_wraps() {
    let square: Vec<f64> = (0..44_100)
        .map(|at| if at / 50 % 2 == 0 { 1.0 } else { -1.0 })
        .collect();
    let out = resample(44_100, &square, 512);
    let jumps = out.windows(2).filter(|pair| {
        pair[0] > 30_000 && pair[1] < -30_000 || pair[0] < -30_000 && pair[1] > 30_000
    });
    assert_eq!(jumps.count(), 0);
    let odd = resample(44_100, &[f64::NAN, f64::INFINITY, -1e300], 1);
    assert_eq!(odd.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_rate_gives_the_right_count(rate in 1_000_u32..96_000, count in 0_usize..20_000) {
        let out = resample(rate, &vec![0.1; count], 977);
        prop_assert_eq!(out.len(), (count as u64 * 8_000).div_ceil(u64::from(rate)) as usize);
    }

    #[test]
    fn pieces_of_any_size_make_the_same(piece in 1_usize..5_000) {
        let input = sine(44_100, 523.0, 0.2, 0.7);
        prop_assert_eq!(resample(44_100, &input, piece), resample(44_100, &input, input.len()));
    }
}
