//! Writes WAV files of tones in all supported codings. Not a test itself.

use std::f64::consts::PI;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Coding {
    U8,
    S16,
    S24,
    Float,
    MuLaw,
    ALaw,
}

pub(crate) fn sine(rate: u32, hertz: f64, seconds: f64, amplitude: f64) -> Vec<f64> {
    let count = (f64::from(rate) * seconds) as usize;
    let step = 2.0 * PI * hertz / f64::from(rate);
    (0..count)
        .map(|at| amplitude * (step * at as f64).sin())
        .collect()
}

pub(crate) fn wav(rate: u32, channels: u16, coding: Coding, mono: &[f64]) -> Vec<u8> {
    let mut data = Vec::new();
    for sample in mono {
        for _ in 0..channels {
            write(&mut data, coding, *sample);
        }
    }
    header(rate, channels, coding, data.len() as u32, data)
}

pub(crate) fn header(
    rate: u32,
    channels: u16,
    coding: Coding,
    declared: u32,
    data: Vec<u8>,
) -> Vec<u8> {
    let (format, bits): (u16, u16) = match coding {
        Coding::U8 => (1, 8),
        Coding::S16 => (1, 16),
        Coding::S24 => (1, 24),
        Coding::Float => (3, 32),
        Coding::ALaw => (6, 8),
        Coding::MuLaw => (7, 8),
    };
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend(declared.saturating_add(36).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    let extended = format != 1;
    wav.extend((if extended { 18_u32 } else { 16 }).to_le_bytes());
    wav.extend(format.to_le_bytes());
    wav.extend(channels.to_le_bytes());
    wav.extend(rate.to_le_bytes());
    let block = channels * bits / 8;
    wav.extend((rate * u32::from(block)).to_le_bytes());
    wav.extend(block.to_le_bytes());
    wav.extend(bits.to_le_bytes());
    if extended {
        wav.extend([0, 0]);
    }
    wav.extend(b"data");
    wav.extend(declared.to_le_bytes());
    wav.extend(data);
    wav
}

fn write(data: &mut Vec<u8>, coding: Coding, sample: f64) {
    let s16 = (sample * 32_767.0).round() as i16;
    match coding {
        Coding::U8 => data.push((sample * 127.0 + 128.0).round() as u8),
        Coding::S16 => data.extend(s16.to_le_bytes()),
        Coding::S24 => {
            let s24 = (sample * 8_388_607.0).round() as i32;
            data.extend(&s24.to_le_bytes()[..3]);
        }
        Coding::Float => data.extend((sample as f32).to_le_bytes()),
        Coding::MuLaw => data.push(mu_law(s16)),
        Coding::ALaw => data.push(a_law(s16)),
    }
}

/// Encodes a sample as µ-law, as described in ITU-T G.711.
pub(crate) fn mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(32_635) + 132;
    let exponent = 7 - (magnitude as u32).leading_zeros().saturating_sub(17) as i32;
    let mantissa = magnitude >> (exponent + 3) & 15;
    !(sign | (exponent << 4) as u8 | mantissa as u8)
}

fn a_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    let magnitude = (i32::from(sample).abs() >> 3).min(4_095);
    let code = if magnitude < 32 {
        magnitude >> 1
    } else {
        let exponent = 27 - (magnitude as u32).leading_zeros() as i32;
        exponent << 4 | (magnitude >> exponent & 15)
    };
    (sign | code as u8) ^ 0x55
}
