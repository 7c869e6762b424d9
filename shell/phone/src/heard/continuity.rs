//! Whether what was heard is of one piece: packets in sequence, a tone without a jump of phase.

use std::f64::consts::{PI, TAU};

use super::frame::{Frame, project};

/// The stream's packets against their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Continuity {
    /// Packets.
    pub received: usize,
    /// Numbers that never came.
    pub missing: usize,
    /// Packets that came after a later one.
    pub late: usize,
    /// Packets that came twice.
    pub doubled: usize,
    /// Places where the timestamp does not fit the sequence number.
    pub timestamp_jumps: usize,
}

/// Counts what is missing, late and doubled.
#[must_use]
pub fn continuity(frames: &[Frame]) -> Continuity {
    let mut found = Continuity {
        received: frames.len(),
        ..Continuity::default()
    };
    let Some(first) = frames.first() else {
        return found;
    };
    // Numbers as offsets from the first packet, in i16 steps from the highest so far: they wrap.
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

/// Frames in which a tone goes on from the frame before, but not where it should: samples were
/// dropped, repeated or made up. Frames without the tone count as nothing.
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
            // One sample of a 400 Hz tone turns 0.31; the codec's noise a few hundredths.
            off.abs() > 0.2
        })
        .count()
}

fn phase(frame: &Frame, hz: f64) -> f64 {
    let (re, im) = project(frame.codec.rate(), &frame.samples, hz);
    im.atan2(re)
}
