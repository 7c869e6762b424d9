//! Received samples as a WAV file, 16 bits, mono.

use confab_terms::Rate;

use super::frame::Frame;

/// Maximum length of silence that fills a gap of timestamps, in seconds.
const GAP_SECONDS_MAX: u32 = 10;

/// Returns the samples at their positions by timestamp, at the rate of the first frame. Missing
/// samples are silence; late and duplicate ones are at their position once.
#[must_use]
pub fn samples_in_time(frames: &[Frame]) -> Vec<i16> {
    let mut samples: Vec<i16> = Vec::new();
    let Some(first) = frames.first() else {
        return samples;
    };
    let (rate, clock) = (first.codec.rate().hz(), first.codec.clock_rate());
    let gap_max = GAP_SECONDS_MAX * rate;
    let in_samples = |units: u32| (u64::from(units) * u64::from(rate) / u64::from(clock)) as u32;
    let in_units = |samples: u32| (u64::from(samples) * u64::from(clock) / u64::from(rate)) as u32;
    // A jump of the stream's clock moves the position of the first sample.
    let mut origin = first.timestamp;
    for frame in frames {
        let end = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        let mut place = in_samples(frame.timestamp.wrapping_sub(origin));
        let behind = end.wrapping_sub(place);
        if place.wrapping_sub(end) > gap_max && behind > gap_max {
            origin = frame.timestamp.wrapping_sub(in_units(end));
            place = end;
        }
        let Ok(place) = usize::try_from(place) else {
            continue;
        };
        // Earlier than the very first packet: there is no position before the beginning.
        if place > samples.len() + gap_max as usize {
            continue;
        }
        if samples.len() < place + frame.samples.len() {
            samples.resize(place + frame.samples.len(), 0);
        }
        samples[place..place + frame.samples.len()].copy_from_slice(&frame.samples);
    }
    samples
}

/// Returns a WAV file of samples at 8 kHz.
#[must_use]
pub fn wav(samples: &[i16]) -> Vec<u8> {
    wav_at(Rate::Hz8000, samples)
}

/// Returns a WAV file of samples at this rate.
#[must_use]
pub fn wav_at(rate: Rate, samples: &[i16]) -> Vec<u8> {
    let rate = rate.hz();
    let bytes = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut file = Vec::with_capacity(44 + samples.len() * 2);
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    // PCM, one channel.
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&1u16.to_le_bytes());
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&(2 * rate).to_le_bytes());
    file.extend_from_slice(&2u16.to_le_bytes());
    file.extend_from_slice(&16u16.to_le_bytes());
    file.extend_from_slice(b"data");
    file.extend_from_slice(&bytes.to_le_bytes());
    for sample in samples {
        file.extend_from_slice(&sample.to_le_bytes());
    }
    file
}
