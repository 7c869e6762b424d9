//! Audibility matrix, a pure function of the packets that each caller received. The server's own
//! state is not used, and no frame is ignored.

use confab_phone::Packet;
use confab_phone::heard::{Frame, Presence, frames};

use super::sources::{SOURCES, Source};

/// Level relative to a source's nominal level above which a frame carries the source, in dB. A
/// voice swells, and is attenuated by 12 dB under an announcement.
const CARRIES_DB: f64 = -17.0;
/// Level of all tones above which a frame counts as a leak, in dB; below lies the codec's noise.
const TRACE_DB: f64 = -28.0;

/// Received sources of all listeners.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) rows: Vec<Row>,
}

/// Received sources of a listener.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) listener: &'static str,
    pub(crate) frames: usize,
    /// Presence of every source, the listener's own voice included.
    pub(crate) sources: Vec<(&'static str, Presence)>,
}

/// Expected audibility: each listener, with all sources that the listener hears.
pub(crate) type Hears<'a> = [(&'a str, &'a [&'a str])];

/// Difference between a matrix and the expectation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Difference {
    /// Too few frames to measure.
    Deaf {
        listener: &'static str,
        frames: usize,
    },
    /// Expected source that is absent, or not present in every frame.
    Missing(&'static str, &'static str, Presence),
    /// Unexpected source that is present, in at least a single frame.
    Leaked(&'static str, &'static str, Presence),
}

/// Returns the matrix of received packets.
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
    /// Returns all differences from the expectation. Listeners with fewer than `frames_min` frames
    /// are not measured.
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

    /// Returns the presence of a source in a listener's frames.
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
