//! G.722, measured and pinned. The digests were taken when encoder and decoder agreed bit for bit
//! with the speech vectors of ITU-T's software tool library (G.191, six seconds, mode 1).

use std::f64::consts::PI;

use confab_codec::{G722Decoder, G722Encoder};

/// Returns reproducible pseudo-random numbers from 0 to 65,535.
fn noise(count: usize) -> impl Iterator<Item = u16> {
    (0..count).scan(1_u64, |state, _| {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        Some((*state >> 40) as u16)
    })
}

fn sine(hz: f64, amplitude: f64, samples: usize) -> Vec<i16> {
    let step = 2.0 * PI * hz / 16_000.0;
    (0..samples)
        .map(|n| (amplitude * (step * n as f64).sin()).round() as i16)
        .collect()
}

/// Returns silence, a glide through the whole band, noise at every level, and full-scale squares.
fn everything() -> Vec<i16> {
    let mut samples = vec![0; 320];
    let mut phase = 0_i64;
    for n in 0..32_000_i64 {
        // A triangle does not depend on a library's sine.
        phase = (phase + n * 2) % 65_536;
        let triangle = (phase - 32_768).abs() - 16_384;
        samples.push(triangle as i16);
    }
    let loud = noise(16_000).enumerate();
    samples.extend(loud.map(|(n, value)| (value as i16) >> (n / 1_000)));
    samples.extend((0..8_000).map(|n| if n / 40 % 2 == 0 { i16::MAX } else { i16::MIN }));
    samples
}

fn encoded(samples: &[i16]) -> Vec<u8> {
    let mut code = vec![0; samples.len() / 2];
    assert_eq!(
        G722Encoder::default().encode(samples, &mut code),
        code.len()
    );
    code
}

fn decoded(code: &[u8]) -> Vec<i16> {
    let mut samples = vec![0; code.len() * 2];
    assert_eq!(
        G722Decoder::default().decode(code, &mut samples),
        samples.len()
    );
    samples
}

/// Returns the FNV-1a hash.
fn digest(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[test]
fn code_matches_reference_digests() {
    let code = encoded(&everything());
    assert_eq!(digest(code.iter().copied()), 13_459_117_221_161_281_877);
    let heard = decoded(&code);
    assert_eq!(
        digest(heard.iter().flat_map(|s| s.to_le_bytes())),
        5_810_195_251_073_997_517
    );
}

#[test]
fn arbitrary_bytes_decode_to_the_reference_digest() {
    let junk: Vec<u8> = noise(64_000).map(|value| value as u8).collect();
    let heard = decoded(&junk);
    assert_eq!(
        digest(heard.iter().flat_map(|s| s.to_le_bytes())),
        1_147_454_815_623_913_437
    );
}

#[test]
fn tone_keeps_its_signal_to_noise_ratio() {
    for (hz, least_db) in [
        (200.0, 30.0),
        (1_000.0, 30.0),
        (3_000.0, 25.0),
        (6_000.0, 10.0),
    ] {
        let sent = sine(hz, 8_000.0, 16_000);
        let heard = decoded(&encoded(&sent));
        // Delay of both mirror filters: 22 samples.
        let pairs = || sent[8_000..15_000].iter().zip(&heard[8_022..]);
        let signal: f64 = pairs().map(|(s, _)| f64::from(*s).powi(2)).sum();
        let noise: f64 = pairs()
            .map(|(s, h)| (f64::from(*s) - f64::from(*h)).powi(2))
            .sum();
        let ratio = 10.0 * (signal / noise).log10();
        assert!(ratio > least_db, "{hz} Hz: {ratio:.1} dB");
    }
}

#[test]
fn copied_state_continues_the_stream() {
    let samples = everything();
    let (first, rest) = samples.split_at(20_000);
    let mut code = vec![0; samples.len() / 2];
    let (one, two) = code.split_at_mut(10_000);
    let mut encoder = G722Encoder::default();
    encoder.encode(first, one);
    encoder.clone().encode(rest, two);
    assert_eq!(code, encoded(&samples));
}

#[test]
fn odd_sample_and_short_buffer_are_left_unchanged() {
    let mut code = [0xaa; 4];
    assert_eq!(G722Encoder::default().encode(&[1, 2, 3], &mut code), 1);
    assert_eq!(code[1..], [0xaa; 3]);
    let mut samples = [77; 5];
    assert_eq!(G722Decoder::default().decode(&[0xfa; 9], &mut samples), 4);
    assert_eq!(samples[4], 77);
}
