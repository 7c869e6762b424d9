//! Everything that can be heard in the demo, and what it is known by: three tones that sound
//! without a pause. Nothing is made or measured here.

/// One steady tone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tone {
    pub(crate) hz: f64,
    /// 0 is the loudest sine there is.
    pub(crate) dbfs: f64,
}

/// Something that can be heard. In a frame that carries it all of its tones are there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) tones: [Tone; 3],
}

/// The callers' voices. All tones are multiples of 100 Hz: apart from each other in any 20 ms,
/// and whole turns of them fit where a jitter buffer makes up or drops a frame. The highest lie
/// above all that music is made of, the built-in one too.
pub(crate) const AGENT: Source = source("agent", [300.0, 600.0, 2_700.0]);
pub(crate) const CUSTOMER: Source = source("customer", [400.0, 800.0, 3_200.0]);
pub(crate) const SUPERVISOR: Source = source("supervisor", [500.0, 1_000.0, 3_500.0]);
/// What is played to one who is on hold: C, E and G, over which its chords change. Like those of
/// the announcement, its two higher tones lie where no voice has any.
pub(crate) const MUSIC: Source = source("music", [520.0, 1_300.0, 1_560.0]);
/// What is announced: a gong.
pub(crate) const ANNOUNCEMENT: Source = source("announcement", [750.0, 1_875.0, 2_250.0]);

/// The callers, in the order in which they call.
pub(crate) const CALLERS: [Source; 3] = [AGENT, CUSTOMER, SUPERVISOR];
/// All of them.
pub(crate) const SOURCES: [Source; 5] = [AGENT, CUSTOMER, SUPERVISOR, MUSIC, ANNOUNCEMENT];

const fn source(name: &'static str, hz: [f64; 3]) -> Source {
    let [low, middle, high] = hz;
    let tones = [tone(low, -18.0), tone(middle, -23.0), tone(high, -27.0)];
    Source { name, tones }
}

const fn tone(hz: f64, dbfs: f64) -> Tone {
    Tone { hz, dbfs }
}
