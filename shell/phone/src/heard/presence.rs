//! Who is heard: a verdict for each voice that was sought.

use super::frame::Frame;

/// A voice to listen for: a tone, as it was spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Sought {
    /// Whose.
    pub name: String,
    /// Its frequency. Voices should be 300 Hz apart.
    pub hz: f64,
    /// How loud it was spoken.
    pub dbfs: f64,
}

/// The verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// In every frame, give or take one in fifty, as loud as it was spoken.
    Heard,
    /// In every frame, but louder or fainter than it was spoken.
    OffLevel {
        /// Decibels above the spoken level; negative: below.
        by: i32,
    },
    /// Not a trace in any frame.
    Silent,
    /// Neither: a leak or a gap.
    Partly {
        /// Frames with a trace of it.
        traces: usize,
        /// Frames that carry it.
        carried: usize,
        /// Frames in all.
        of: usize,
    },
}

/// A frame carries a voice that is at most so much quieter than it was spoken.
const CARRIES_DB: f64 = -16.0;
/// Greatest difference of the median level of a heard voice from the spoken level: codecs, filters
/// and the limiter of a room of six change it by less, a voice that is ducked or halved by more.
pub const OFF_LEVEL_DB: f64 = 4.0;
/// A frame with the voice this far down is still a leak; below lies the codec's noise.
const TRACE_DB: f64 = -28.0;

/// Whether one voice is heard in these frames.
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

/// The median of these levels, in decibels above the level that was spoken.
#[must_use]
pub fn off_level(levels: &[f64], spoken_dbfs: f64) -> f64 {
    let mut levels = levels.to_vec();
    levels.sort_by(f64::total_cmp);
    let median = levels.get(levels.len() / 2);
    median.map_or(f64::NEG_INFINITY, |median| median - spoken_dbfs)
}

/// The verdict for each voice, in their order. A listener's own voice may be among them: it is
/// to be silent.
#[must_use]
pub fn who_is_heard(frames: &[Frame], voices: &[Sought]) -> Vec<(String, Presence)> {
    voices
        .iter()
        .map(|sought| (sought.name.clone(), presence(frames, sought)))
        .collect()
}

/// The level of each voice in each frame, in dBFS.
#[must_use]
pub fn levels(frames: &[Frame], voices: &[Sought]) -> Vec<Vec<f64>> {
    let of = |frame: &Frame| {
        let in_frame = |sought: &Sought| frame.level(sought.hz);
        voices.iter().map(in_frame).collect()
    };
    frames.iter().map(of).collect()
}
