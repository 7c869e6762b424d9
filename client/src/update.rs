//! Update of a participant: only fields that were set are sent.

use core::fmt;
use core::ops::Deref;
use std::sync::Arc;

use crate::wire::{Field, Wire, read};
use crate::{Error, Participant};

/// HTTP method of a request to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Fields in the query.
    Get,
    /// Fields in a form.
    Post,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
        })
    }
}

/// Occasion of a tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beep {
    /// Tone for this update.
    Now,
    /// No tone for this update.
    Silent,
    /// Tone when a participant joins.
    OnEnter,
    /// Tone when a participant leaves.
    OnExit,
}

impl From<bool> for Beep {
    fn from(sounds: bool) -> Self {
        if sounds { Self::Now } else { Self::Silent }
    }
}

/// Update of a participant, which takes effect after [`Update::send`].
#[derive(Clone, Debug)]
#[must_use = "an update does nothing before it is sent"]
pub struct Update {
    wire: Arc<Wire>,
    conference: String,
    key: String,
    fields: Vec<Field>,
}

impl Update {
    pub(crate) fn new(wire: Arc<Wire>, conference: String, key: String) -> Self {
        Self {
            wire,
            conference,
            key,
            fields: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.retain(|(known, _)| *known != name);
        self.fields.push((name, value.into()));
        self
    }

    /// Sets mute: a muted participant is heard by nobody.
    pub fn muted(self, muted: bool) -> Self {
        self.with("Muted", muted.to_string())
    }

    /// Sets hold: a held participant hears music only, and is heard by nobody.
    pub fn hold(self, hold: bool) -> Self {
        self.with("Hold", hold.to_string())
    }

    /// Sets the URL of the hold music; empty for silence.
    pub fn hold_url(self, url: impl Into<String>) -> Self {
        self.with("HoldUrl", url)
    }

    /// Sets the HTTP method of the hold music's URL; GET by default.
    pub fn hold_method(self, method: Method) -> Self {
        self.with("HoldMethod", method.to_string())
    }

    /// Sets coaching: a coach is heard by its target only.
    pub fn coaching(self, coaching: bool) -> Self {
        self.with("Coaching", coaching.to_string())
    }

    /// Sets the target of a coach, by call sid; empty for none.
    pub fn call_sid_to_coach(self, call_sid: impl Into<String>) -> Self {
        self.with("CallSidToCoach", call_sid)
    }

    /// Plays an announcement to the participant only.
    pub fn announce_url(self, url: impl Into<String>) -> Self {
        self.with("AnnounceUrl", url)
    }

    /// Sets the HTTP method of the announcement's URL; POST by default.
    pub fn announce_method(self, method: Method) -> Self {
        self.with("AnnounceMethod", method.to_string())
    }

    /// Sets the URL of the sound before the conference starts; empty for silence.
    pub fn wait_url(self, url: impl Into<String>) -> Self {
        self.with("WaitUrl", url)
    }

    /// Sets the HTTP method of that URL; POST by default.
    pub fn wait_method(self, method: Method) -> Self {
        self.with("WaitMethod", method.to_string())
    }

    /// Sets a tone; accepts `true` and `false`, too. Supported by confab only.
    pub fn beep(self, beep: impl Into<Beep>) -> Self {
        let word = match beep.into() {
            Beep::Now => "true",
            Beep::Silent => "false",
            Beep::OnEnter => "onEnter",
            Beep::OnExit => "onExit",
        };
        self.with("Beep", word)
    }

    /// Sets whether a tone sounds when the participant leaves.
    pub fn beep_on_exit(self, beeps: bool) -> Self {
        self.with("BeepOnExit", beeps.to_string())
    }

    /// Sets whether the conference ends when the participant leaves.
    pub fn end_conference_on_exit(self, ends: bool) -> Self {
        self.with("EndConferenceOnExit", ends.to_string())
    }

    /// Returns the form to be sent: names and values, in the order in which they were set.
    #[must_use]
    pub fn fields(&self) -> &[(&'static str, String)] {
        &self.fields
    }

    /// Sends the update: all fields take effect on one tick, or none.
    pub async fn send(self) -> Result<Updated, Error> {
        let path = ["Conferences", &self.conference, "Participants", &self.key];
        let response = self.wire.post(&path, &self.fields).await?;
        let tick = response.headers().get("x-applied-tick");
        let applied_tick = tick.and_then(|tick| tick.to_str().ok()?.parse().ok());
        Ok(Updated {
            participant: read(response).await?,
            applied_tick,
        })
    }
}

/// Participant after an update.
#[derive(Clone, Debug, PartialEq)]
pub struct Updated {
    /// Current state of the participant.
    pub participant: Participant,
    /// Tick from which the change is audible, if the server returns it, as confab does.
    pub applied_tick: Option<u64>,
}

impl Deref for Updated {
    type Target = Participant;

    fn deref(&self) -> &Participant {
        &self.participant
    }
}
