//! State of a conference at an instant, and the formula of audibility.

use confab_terms::LegId;

use crate::application::Brings;

/// Seated or expected participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) leg: LegId,
    pub(crate) muted: bool,
    pub(crate) held: bool,
    /// `Some(None)`: a coach whose target has left.
    pub(crate) coaches: Option<Option<LegId>>,
    pub(crate) starts: bool,
    pub(crate) ends: bool,
    /// Label of the document with which the call joined; empty without a document.
    pub(crate) label: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) started: bool,
    /// Seated participants, oldest first.
    pub(crate) seated: Vec<Person>,
}

impl Person {
    pub(crate) fn new(leg: LegId, brings: Option<&Brings>) -> Self {
        Self {
            leg,
            muted: brings.is_some_and(|brings| brings.muted),
            held: false,
            coaches: None,
            starts: brings.is_none_or(|brings| brings.starts),
            ends: brings.is_some_and(|brings| brings.ends),
            label: brings.map_or_else(String::new, |brings| brings.label.clone()),
        }
    }
}

impl Picture {
    pub(crate) fn person(&self, leg: LegId) -> Option<&Person> {
        self.seated.iter().find(|person| person.leg == leg)
    }

    pub(crate) fn person_mut(&mut self, leg: LegId) -> Option<&mut Person> {
        self.seated.iter_mut().find(|person| person.leg == leg)
    }

    /// Returns whether the listener hears the speaker, by the formula of the specification.
    pub(crate) fn hears(&self, listener: LegId, speaker: LegId) -> bool {
        let (Some(l), Some(s)) = (self.person(listener), self.person(speaker)) else {
            return false;
        };
        let free = !l.held && !s.held && !s.muted;
        let reaches = match s.coaches {
            None => true,
            Some(target) => target == Some(listener),
        };
        self.started && listener != speaker && free && reaches
    }

    /// Returns all ordered pairs of listener and speaker that are audible.
    pub(crate) fn pairs(&self) -> Vec<(LegId, LegId)> {
        let mut pairs = Vec::new();
        for l in &self.seated {
            for s in &self.seated {
                if self.hears(l.leg, s.leg) {
                    pairs.push((l.leg, s.leg));
                }
            }
        }
        pairs
    }

    pub(crate) fn sounds_like(&self, other: &Self) -> bool {
        let legs =
            |picture: &Self| -> Vec<LegId> { picture.seated.iter().map(|p| p.leg).collect() };
        self == other || (legs(self) == legs(other) && self.pairs() == other.pairs())
    }
}
