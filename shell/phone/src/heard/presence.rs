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
    /// In every frame, give or take one in fifty.
    Heard,
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

/// A frame carries a voice that is at most so much quieter than it was spoken: an announcement
/// ducks by 12 dB.
const CARRIES_DB: f64 = -16.0;
/// A frame with the voice this far down is still a leak; below lies the codec's noise.
const TRACE_DB: f64 = -28.0;

/// Whether one voice is heard in these frames.
#[must_use]
pub fn presence(frames: &[Frame], sought: &Sought) -> Presence {
    let (mut traces, mut carried) = (0, 0);
    for frame in frames {
        let relative = frame.level(sought.hz) - sought.dbfs;
        traces += usize::from(relative >= TRACE_DB);
        carried += usize::from(relative >= CARRIES_DB);
    }
    let of = frames.len();
    match (traces, carried) {
        (0, _) => Presence::Silent,
        (_, carried) if carried + of / 50 >= of => Presence::Heard,
        _ => Presence::Partly {
            traces,
            carried,
            of,
        },
    }
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
