//! The update of a participant: each field is sent only if it was named.

use core::fmt;
use core::ops::Deref;
use std::sync::Arc;

use crate::wire::{Field, Wire, read};
use crate::{Error, Participant};

/// The method of a request to your application.
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

/// When a tone sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beep {
    /// Once now, for this update.
    Now,
    /// Not for this update.
    Silent,
    /// Whenever somebody joins.
    OnEnter,
    /// Whenever somebody leaves.
    OnExit,
}

impl From<bool> for Beep {
    fn from(sounds: bool) -> Self {
        if sounds { Self::Now } else { Self::Silent }
    }
}

/// An update in the making; nothing happens before [`Update::send`].
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

    /// Whether the others stop hearing it.
    pub fn muted(self, muted: bool) -> Self {
        self.with("Muted", muted.to_string())
    }

    /// Whether it hears music instead of the conference, and nobody hears it.
    pub fn hold(self, hold: bool) -> Self {
        self.with("Hold", hold.to_string())
    }

    /// What a held one hears; empty: silence.
    pub fn hold_url(self, url: impl Into<String>) -> Self {
        self.with("HoldUrl", url)
    }

    /// How the hold URL is asked; GET if nothing is said.
    pub fn hold_method(self, method: Method) -> Self {
        self.with("HoldMethod", method.to_string())
    }

    /// Whether it coaches another, who alone hears it then.
    pub fn coaching(self, coaching: bool) -> Self {
        self.with("Coaching", coaching.to_string())
    }

    /// Whom it coaches; empty: nobody.
    pub fn call_sid_to_coach(self, call_sid: impl Into<String>) -> Self {
        self.with("CallSidToCoach", call_sid)
    }

    /// An announcement that it alone hears.
    pub fn announce_url(self, url: impl Into<String>) -> Self {
        self.with("AnnounceUrl", url)
    }

    /// How the announcement's URL is asked; POST if nothing is said.
    pub fn announce_method(self, method: Method) -> Self {
        self.with("AnnounceMethod", method.to_string())
    }

    /// What it hears until the conference starts; empty: silence.
    pub fn wait_url(self, url: impl Into<String>) -> Self {
        self.with("WaitUrl", url)
    }

    /// How the wait URL is asked; POST if nothing is said.
    pub fn wait_method(self, method: Method) -> Self {
        self.with("WaitMethod", method.to_string())
    }

    /// A tone: `true` and `false` will do. Only confab knows this field.
    pub fn beep(self, beep: impl Into<Beep>) -> Self {
        let word = match beep.into() {
            Beep::Now => "true",
            Beep::Silent => "false",
            Beep::OnEnter => "onEnter",
            Beep::OnExit => "onExit",
        };
        self.with("Beep", word)
    }

    /// Whether a tone sounds when it leaves.
    pub fn beep_on_exit(self, beeps: bool) -> Self {
        self.with("BeepOnExit", beeps.to_string())
    }

    /// Whether the conference ends when it leaves.
    pub fn end_conference_on_exit(self, ends: bool) -> Self {
        self.with("EndConferenceOnExit", ends.to_string())
    }

    /// The form as it will be sent: names and values in the order in which they were named.
    #[must_use]
    pub fn fields(&self) -> &[(&'static str, String)] {
        &self.fields
    }

    /// Sends it: all of it takes effect on one tick, or none.
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

/// A participant after an update.
#[derive(Clone, Debug, PartialEq)]
pub struct Updated {
    /// As it is now.
    pub participant: Participant,
    /// The tick from which the change is heard, where the server tells (confab does).
    pub applied_tick: Option<u64>,
}

impl Deref for Updated {
    type Target = Participant;

    fn deref(&self) -> &Participant {
        &self.participant
    }
}
