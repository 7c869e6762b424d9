//! Audibility of participants: an extension of confab.

use serde::Deserialize;

/// Audibility of all participants at one tick.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Audibility {
    /// Conference sid.
    pub conference_sid: String,
    /// Number of the tick.
    pub tick: u64,
    /// Participants, as listeners.
    pub listeners: Vec<Listener>,
}

impl Audibility {
    /// Returns whether `listener` hears `speaker`; `None` if one of them is not in the conference.
    #[must_use]
    pub fn hears(&self, listener: &str, speaker: &str) -> Option<bool> {
        let listener = self.listeners.iter().find(|one| one.call_sid == listener)?;
        let heard = listener.hears.iter().find(|one| one.call_sid == speaker)?;
        Some(heard.audible)
    }
}

/// Participant as a listener.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Listener {
    /// Call sid of the listener.
    pub call_sid: String,
    /// Audibility of each other participant.
    pub hears: Vec<Heard>,
}

/// Audibility of a voice to a listener.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Heard {
    /// Call sid of the speaker.
    pub call_sid: String,
    /// True if the voice is audible.
    pub audible: bool,
    /// `heard`, or the first reason for the silence: `not-started listener-held speaker-held
    /// speaker-muted coaching-another`.
    pub because: String,
}
