//! Synthetic speech: pulses of a gliding pitch through two moving formants, in syllables, with a
//! little noise, so that no two sections are equal.

use std::f64::consts::{PI, TAU};

use confab_codec::{Encoder, OpusSettings, PAYLOAD_BYTES_MAX};
use confab_terms::Codec;

use crate::buffers::decoder;
use crate::weather::Dice;

/// Sent audio: its packets, and their decoding without loss or jitter.
pub(crate) struct Voice {
    pub(crate) codec: Codec,
    pub(crate) packets: Vec<Vec<u8>>,
    pub(crate) heard: Vec<f32>,
}

impl Voice {
    pub(crate) fn new(codec: Codec, packets: usize) -> Self {
        let frame = codec.rate().frame_samples();
        let samples = speech(f64::from(codec.rate().hz()), packets * frame);
        let mut encoder = Encoder::new(codec, OpusSettings::default());
        let mut payload = [0; PAYLOAD_BYTES_MAX];
        let packets: Vec<Vec<u8>> = samples
            .chunks_exact(frame)
            .map(|samples| {
                let n = encoder.encode(samples, &mut payload);
                payload[..n].to_vec()
            })
            .collect();
        let mut decoder = decoder(codec);
        let heard = packets.iter().flat_map(|packet| decoder(packet));
        let heard = heard.collect();
        Self {
            codec,
            packets,
            heard,
        }
    }
}

fn speech(rate: f64, count: usize) -> Vec<i16> {
    let mut dice = Dice(1);
    let mut turn = 0.0;
    let mut formants = [[0.0; 2]; 2];
    let sample = |n: usize| {
        let s = n as f64 / rate;
        let pitch = 120.0 + 25.0 * (s * 1.3 * TAU).sin() + 15.0 * (s * 0.37 * TAU).sin();
        turn += pitch / rate;
        let pulse = f64::from(u8::from(turn >= 1.0));
        turn -= pulse;
        let loudness = 0.65 + 0.35 * (s * 4.0 * TAU).sin();
        let centres = [
            500.0 + 200.0 * (s * 2.1 * TAU).sin(),
            1_500.0 + 400.0 * (s * 1.7 * TAU).sin(),
        ];
        let mut sum = 0.0;
        for (state, centre) in formants.iter_mut().zip(centres) {
            let pole: f64 = (-PI * 90.0 / rate).exp();
            let next = pulse + 2.0 * pole * (centre / rate * TAU).cos() * state[0]
                - pole * pole * state[1];
            *state = [next, state[0]];
            sum += next * (centre / rate * TAU).sin();
        }
        (sum * loudness * 7_000.0 + (dice.unit() - 0.5) * 800.0) as i16
    };
    (0..count).map(sample).collect()
}
