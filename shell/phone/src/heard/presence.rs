//! Audible voices: a verdict for each expected voice.

use super::frame::Frame;

/// Voice to search for: a tone as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Sought {
    /// Name of the speaker.
    pub name: String,
    /// Frequency in Hz. Voices should be 300 Hz apart.
    pub hz: f64,
    /// Level at which the tone was sent, in dBFS.
    pub dbfs: f64,
}

/// Verdict on a voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Voice in every frame, with one exception in fifty, at the level at which it was sent.
    Heard,
    /// Voice in every frame, but louder or quieter than it was sent.
    OffLevel {
        /// Difference to the sent level, in dB; negative if quieter.
        by: i32,
    },
    /// Voice without a trace in any frame.
    Silent,
    /// Voice in some frames only: a leak or a gap.
    Partly {
        /// Number of frames with a trace of the voice.
        traces: usize,
        /// Number of frames that carry the voice.
        carried: usize,
        /// Number of all frames.
        of: usize,
    },
}

/// Minimum level of a voice in a frame that carries it, relative to the sent level.
const CARRIES_DB: f64 = -16.0;
/// Maximum difference of the median level of a heard voice from the sent level. Codecs, filters and
/// the limiter of a room of six change the level by less; ducking or halving changes it by more.
pub const OFF_LEVEL_DB: f64 = 4.0;
/// Minimum level of a leak, relative to the sent level; the noise of the codec is lower.
const TRACE_DB: f64 = -28.0;

/// Returns the verdict on a voice in these frames.
#[must_use]
pub fn presence(frames: &[Frame], sought: &Sought) -> Presence {
    let (mut traces, mut carried) = (0, 0);
    let levels: Vec<f64> = frames.iter().map(|frame| frame.level(sought.hz)).collect();
    for level in &levels {
        let relative = level - sought.dbfs;
        traces += usize::from(relative >= TRACE_DB);
        carried += usize::from(relative >= CARRIES_DB);
    }
    let of = frames.len();
    match (traces, carried) {
        (0, _) => Presence::Silent,
        (_, carried) if carried + of / 50 >= of => match off_level(&levels, sought.dbfs) {
            off if off.abs() > OFF_LEVEL_DB => Presence::OffLevel {
                by: off.round() as i32,
            },
            _ => Presence::Heard,
        },
        _ => Presence::Partly {
            traces,
            carried,
            of,
        },
    }
}

/// Returns the median of these levels, in dB above the sent level.
#[must_use]
pub fn off_level(levels: &[f64], spoken_dbfs: f64) -> f64 {
    let mut levels = levels.to_vec();
    levels.sort_by(f64::total_cmp);
    let median = levels.get(levels.len() / 2);
    median.map_or(f64::NEG_INFINITY, |median| median - spoken_dbfs)
}

/// Returns the verdict on each voice, in order. The listener's own voice may be included, and
/// should be silent.
#[must_use]
pub fn who_is_heard(frames: &[Frame], voices: &[Sought]) -> Vec<(String, Presence)> {
    voices
        .iter()
        .map(|sought| (sought.name.clone(), presence(frames, sought)))
        .collect()
}

/// Returns the level of each voice in each frame, in dBFS.
#[must_use]
pub fn levels(frames: &[Frame], voices: &[Sought]) -> Vec<Vec<f64>> {
    let of = |frame: &Frame| {
        let in_frame = |sought: &Sought| frame.level(sought.hz);
        voices.iter().map(in_frame).collect()
    };
    frames.iter().map(of).collect()
}
