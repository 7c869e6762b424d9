//! `Cursor`: a position in a document, with a count of loop rounds. Durations are the caller's
//! concern.

use serde::{Deserialize, Serialize};

use crate::{Document, Loops, Verb};

/// Position in a document, stored beside the document. A new cursor is before the first verb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Index of the verb that `next` returns.
    verb: usize,
    /// Number of rounds of this verb already returned.
    rounds: u32,
}

impl Cursor {
    /// Returns the verb to execute and advances; a looped verb is returned once per round. An
    /// endless verb is returned forever: the caller ensures that time passes between rounds.
    #[must_use]
    pub fn next<'a>(&mut self, document: &'a Document) -> Option<&'a Verb> {
        let verb = self.peek(document)?;
        self.rounds = self.rounds.saturating_add(1);
        if let Loops::Times(times) = verb.loops()
            && self.rounds >= times
        {
            self.skip();
        }
        Some(verb)
    }

    /// Returns the verb that `next` would return, without advancing.
    #[must_use]
    pub fn peek<'a>(&self, document: &'a Document) -> Option<&'a Verb> {
        document.verbs.get(self.verb)
    }

    /// Skips the remaining rounds of the last returned verb, for example if its audio is
    /// unavailable. Without the skip a `loop="0"` would fail forever.
    pub fn give_up_rounds(&mut self) {
        if self.rounds > 0 {
            self.skip();
        }
    }

    /// Moves the cursor before the first verb.
    pub fn start_over(&mut self) {
        *self = Self::default();
    }

    /// Returns whether no verb was returned yet.
    #[must_use]
    pub fn is_at_start(&self) -> bool {
        *self == Self::default()
    }

    fn skip(&mut self) {
        self.verb = self.verb.saturating_add(1);
        self.rounds = 0;
    }
}
