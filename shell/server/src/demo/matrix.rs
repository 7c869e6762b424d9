//! Who hears whom: a pure function of the packets that each caller received. It knows nothing of
//! what the server believes, and forgives no frame.

use confab_phone::Packet;
use confab_phone::heard::{Frame, Presence, frames};

use super::sources::{SOURCES, Source};

/// A frame carries a source whose tones are at most so much quieter than they were made: a voice
/// swells, and goes 12 dB down under an announcement.
const CARRIES_DB: f64 = -17.0;
/// A frame with all tones this far down is still a leak; below lies the codec's noise.
const TRACE_DB: f64 = -28.0;

/// What each listener heard.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) rows: Vec<Row>,
}

/// What one listener heard.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) listener: &'static str,
    pub(crate) frames: usize,
    /// Of every source, the listener's own voice among them.
    pub(crate) sources: Vec<(&'static str, Presence)>,
}

/// Who is to hear whom: a listener, and all that it hears.
pub(crate) type Hears<'a> = [(&'a str, &'a [&'a str])];

/// Where a matrix is not as it should be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Difference {
    /// Too little arrived to be judged.
    Deaf {
        listener: &'static str,
        frames: usize,
    },
    /// It was to be heard, and is not: not at all, or not in every frame.
    Missing(&'static str, &'static str, Presence),
    /// It was not to be heard, and is, be it in one frame.
    Leaked(&'static str, &'static str, Presence),
}

/// The matrix of what arrived.
pub(crate) fn matrix(received: &[(&'static str, Vec<Packet>)]) -> Matrix {
    let rows = received.iter().map(|(listener, packets)| {
        let frames = frames(packets);
        let of = |source: &Source| (source.name, presence(&frames, source));
        Row {
            listener,
            frames: frames.len(),
            sources: SOURCES.iter().map(of).collect(),
        }
    });
    Matrix {
        rows: rows.collect(),
    }
}

fn presence(frames: &[Frame], source: &Source) -> Presence {
    let all = |frame: &Frame, down: f64| {
        let tones = &source.tones;
        let sounds = |hz, dbfs: f64| frame.level(hz) >= dbfs + down;
        tones.iter().all(|tone| sounds(tone.hz, tone.dbfs))
    };
    let of = frames.len();
    let traces = frames.iter().filter(|frame| all(frame, TRACE_DB)).count();
    let carried = frames.iter().filter(|frame| all(frame, CARRIES_DB)).count();
    match (traces, carried) {
        (0, _) => Presence::Silent,
        (_, carried) if carried == of => Presence::Heard,
        _ => Presence::Partly {
            traces,
            carried,
            of,
        },
    }
}

impl Matrix {
    /// All that is not as it should be. Fewer frames than these are too few to judge by.
    pub(crate) fn differences(&self, hears: &Hears<'_>, frames_min: usize) -> Vec<Difference> {
        let mut found = Vec::new();
        for row in &self.rows {
            let listener = row.listener;
            if row.frames < frames_min {
                let frames = row.frames;
                found.push(Difference::Deaf { listener, frames });
                continue;
            }
            let wanted = hears.iter().find(|(name, _)| *name == listener);
            let wanted = wanted.map_or(&[][..], |(_, sources)| sources);
            for (source, presence) in &row.sources {
                match (wanted.contains(source), presence) {
                    (true, Presence::Heard) | (false, Presence::Silent) => {}
                    (true, _) => found.push(Difference::Missing(listener, source, *presence)),
                    (false, _) => found.push(Difference::Leaked(listener, source, *presence)),
                }
            }
        }
        found
    }

    /// Whether one hears the other; partly is neither.
    pub(crate) fn presence(&self, listener: &str, source: &str) -> Option<Presence> {
        let row = self.rows.iter().find(|row| row.listener == listener)?;
        let (_, presence) = row.sources.iter().find(|(name, _)| *name == source)?;
        Some(*presence)
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Deaf { listener, frames } => {
                write!(f, "{listener} received next to nothing: {frames} frames")
            }
            Self::Missing(listener, source, Presence::Partly { carried, of, .. }) => write!(
                f,
                "{listener} was to hear {source}, and did in {carried} of {of} frames only"
            ),
            Self::Missing(listener, source, _) => {
                write!(f, "{listener} was to hear {source}, and did not")
            }
            Self::Leaked(listener, source, Presence::Partly { traces, of, .. }) => write!(
                f,
                "{listener} was not to hear {source}, and did in {traces} of {of} frames"
            ),
            Self::Leaked(listener, source, _) => {
                write!(f, "{listener} was not to hear {source}, and did")
            }
        }
    }
}

#[cfg(test)]
mod tests;
