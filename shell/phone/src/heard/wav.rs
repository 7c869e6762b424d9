//! What was heard, as a file that anything plays: WAV, 16 bits, mono, 8 kHz.

use super::frame::Frame;

/// The longest silence that a gap of timestamps is filled with: 10 s.
const GAP_SAMPLES_MAX: u32 = 80_000;

/// The samples at their places by timestamp: what is missing is silence, what came late or twice
/// is in its place once.
#[must_use]
pub fn samples_in_time(frames: &[Frame]) -> Vec<i16> {
    let mut samples: Vec<i16> = Vec::new();
    let Some(first) = frames.first() else {
        return samples;
    };
    // A jump of the stream's clock moves the place of the first sample.
    let mut origin = first.timestamp;
    for frame in frames {
        let end = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        let mut place = frame.timestamp.wrapping_sub(origin);
        let behind = end.wrapping_sub(place);
        if place.wrapping_sub(end) > GAP_SAMPLES_MAX && behind > GAP_SAMPLES_MAX {
            origin = frame.timestamp.wrapping_sub(end);
            place = end;
        }
        let Ok(place) = usize::try_from(place) else {
            continue;
        };
        // Late for the very first packet: there is no place before the beginning.
        if place > samples.len() + GAP_SAMPLES_MAX as usize {
            continue;
        }
        if samples.len() < place + frame.samples.len() {
            samples.resize(place + frame.samples.len(), 0);
        }
        samples[place..place + frame.samples.len()].copy_from_slice(&frame.samples);
    }
    samples
}

/// A WAV file of these samples.
#[must_use]
pub fn wav(samples: &[i16]) -> Vec<u8> {
    const RATE: u32 = 8_000;
    let bytes = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut file = Vec::with_capacity(44 + samples.len() * 2);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    // PCM, one channel.
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&RATE.to_le_bytes());
    file.extend_from_slice(&(2 * RATE).to_le_bytes());
    file.extend_from_slice(&2u16.to_le_bytes());
    file.extend_from_slice(&16u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&bytes.to_le_bytes());
    for sample in samples {
        file.extend_from_slice(&sample.to_le_bytes());
    }
    file
}
