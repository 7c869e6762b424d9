//! Packets of a sine of 1,000 Hz, 20 ms each, and the level of the sine in decoded output.

use confab_codec::{Encoder, OpusSettings, tone::Sine};
use confab_rtp::Header;
use confab_terms::Codec;

pub(crate) const HZ: f64 = 1_000.0;

/// Creates packets; `first` is the sequence number and the timestamp of the first one.
pub(crate) fn packets(codec: Codec, count: usize, first: (u16, u32)) -> Vec<(Header, Vec<u8>)> {
    let rate = codec.rate();
    let mut encoder = Encoder::new(codec, OpusSettings::default());
    let mut sine = Sine::new(rate.hz(), HZ as f32, -12.25);
    let packet = |n: usize| {
        let mut samples = vec![0; rate.frame_samples()];
        sine.fill(&mut samples);
        let mut payload = [0; 400];
        let length = encoder.encode(&samples, &mut payload);
        let header = Header {
            payload_type: codec.payload_type(),
            marker: n == 0,
            sequence: first.0.wrapping_add(n as u16),
            timestamp: first.1.wrapping_add(n as u32 * codec.frame_units()),
            ssrc: 7,
        };
        (header, payload[..length].to_vec())
    };
    (0..count).map(packet).collect()
}

pub(crate) fn level(codec: Codec, samples: &[i16]) -> f64 {
    let turn = HZ / f64::from(codec.rate().hz()) * std::f64::consts::TAU;
    let (mut real, mut imaginary) = (0.0, 0.0);
    for (n, &sample) in samples.iter().enumerate() {
        real += f64::from(sample) * (n as f64 * turn).cos();
        imaginary += f64::from(sample) * (n as f64 * turn).sin();
    }
    2.0 * f64::hypot(real, imaginary) / samples.len() as f64
}
