//! Sources of audio in the demo, each identified by three tones that sound without a pause. This
//! module has frequencies and levels only.

/// Steady tone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tone {
    pub(crate) hz: f64,
    /// Level relative to a full-scale sine.
    pub(crate) dbfs: f64,
}

/// Source of audio. A frame that carries the source contains all of its tones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) tones: [Tone; 3],
}

/// Voices of the callers. All tones are multiples of 100 Hz: distinguishable in any 20 ms, with
/// whole periods where a jitter buffer adds or drops a frame. The highest tones are above all
/// music, the built-in music included.
pub(crate) const AGENT: Source = source("agent", [300.0, 600.0, 2_700.0]);
pub(crate) const CUSTOMER: Source = source("customer", [400.0, 800.0, 3_200.0]);
pub(crate) const SUPERVISOR: Source = source("supervisor", [500.0, 1_000.0, 3_500.0]);
/// Hold music: C, E and G, over which its chords change. The two higher tones, like those of the
/// announcement, are not used by any voice.
pub(crate) const MUSIC: Source = source("music", [520.0, 1_300.0, 1_560.0]);
/// Announcement: a gong.
pub(crate) const ANNOUNCEMENT: Source = source("announcement", [750.0, 1_875.0, 2_250.0]);

/// Callers, in the order in which they call.
pub(crate) const CALLERS: [Source; 3] = [AGENT, CUSTOMER, SUPERVISOR];
/// All sources.
pub(crate) const SOURCES: [Source; 5] = [AGENT, CUSTOMER, SUPERVISOR, MUSIC, ANNOUNCEMENT];

const fn source(name: &'static str, hz: [f64; 3]) -> Source {
    let [low, middle, high] = hz;
    let tones = [tone(low, -18.0), tone(middle, -23.0), tone(high, -27.0)];
    Source { name, tones }
}

const fn tone(hz: f64, dbfs: f64) -> Tone {
    Tone { hz, dbfs }
}
