//! Continuity of a received stream: packets in sequence, and a tone without phase jumps.

use std::f64::consts::{PI, TAU};

use super::frame::{Frame, project};

/// Packets of a stream, compared with their sequence numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Continuity {
    /// Number of received packets.
    pub received: usize,
    /// Number of missing sequence numbers.
    pub missing: usize,
    /// Number of packets that arrived after a later one.
    pub late: usize,
    /// Number of duplicate packets.
    pub doubled: usize,
    /// Number of packets whose timestamp does not match the sequence number.
    pub timestamp_jumps: usize,
}

/// Counts missing, late and duplicate packets.
#[must_use]
pub fn continuity(frames: &[Frame]) -> Continuity {
    let mut found = Continuity {
        received: frames.len(),
        ..Continuity::default()
    };
    let Some(first) = frames.first() else {
        return found;
    };
    // Sequence numbers wrap: they become offsets from the first packet, in i16 steps from the
    // highest.
    let (mut highest, mut highest_frame) = (0i64, first);
    let mut seen = vec![0i64];
    for frame in &frames[1..] {
        let step = frame
            .sequence
            .wrapping_sub(highest_frame.sequence)
            .cast_signed();
        let number = highest + i64::from(step);
        match seen.binary_search(&number) {
            Ok(_) => found.doubled += 1,
            Err(place) => {
                seen.insert(place, number);
                found.late += usize::from(step < 0);
            }
        }
        let time = frame.timestamp.wrapping_sub(highest_frame.timestamp);
        if step > 0 {
            let expected = u32::from(step.cast_unsigned()).wrapping_mul(highest_frame.units());
            found.timestamp_jumps += usize::from(time != expected);
            (highest, highest_frame) = (number, frame);
        }
    }
    let span = highest - seen.first().copied().unwrap_or(0) + 1;
    found.missing = usize::try_from(span)
        .unwrap_or(0)
        .saturating_sub(seen.len());
    found
}

/// Counts frames in which a tone continues from the previous frame with a wrong phase: samples were
/// dropped, repeated or made up. Frames without the tone do not count.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts of samples are small")]
pub fn phase_jumps(frames: &[Frame], hz: f64, dbfs: f64) -> usize {
    let carries = |frame: &Frame| frame.level(hz) > dbfs - 6.0;
    frames
        .windows(2)
        .filter(|pair| carries(&pair[0]) && carries(&pair[1]))
        .filter(|pair| {
            let clock_rate = f64::from(pair[1].codec.clock_rate());
            let elapsed = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
            let expected = TAU * (hz * f64::from(elapsed) / clock_rate).fract();
            let turned = phase(&pair[1], hz) - phase(&pair[0], hz);
            let off = (turned - expected + PI).rem_euclid(TAU) - PI;
            // One sample of a 400 Hz tone turns the phase by 0.31, the noise of the codec by some
            // hundredths.
            off.abs() > 0.2
        })
        .count()
}

fn phase(frame: &Frame, hz: f64) -> f64 {
    let (re, im) = project(frame.codec.rate(), &frame.samples, hz);
    im.atan2(re)
}
