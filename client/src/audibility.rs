//! Who hears whom: an extension of confab.

use serde::Deserialize;

/// Who hears whom at one tick.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Audibility {
    /// Where.
    pub conference_sid: String,
    /// When.
    pub tick: u64,
    /// Each participant.
    pub listeners: Vec<Listener>,
}

impl Audibility {
    /// Whether one hears another; `None` if one of them is not in the conference.
    #[must_use]
    pub fn hears(&self, listener: &str, speaker: &str) -> Option<bool> {
        let listener = self.listeners.iter().find(|one| one.call_sid == listener)?;
        let heard = listener.hears.iter().find(|one| one.call_sid == speaker)?;
        Some(heard.audible)
    }
}

/// What one participant hears.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Listener {
    /// Who.
    pub call_sid: String,
    /// Of each of the others.
    pub hears: Vec<Heard>,
}

/// Whether a voice is heard.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Heard {
    /// Whose voice.
    pub call_sid: String,
    /// Whether it is heard.
    pub audible: bool,
    /// `heard`, or the first reason why not: `not-started listener-held speaker-held
    /// speaker-muted coaching-another`.
    pub because: String,
}
