//! `Cursor`: a place in a document. It counts loops; it does not know how long anything takes.

use serde::{Deserialize, Serialize};

use crate::{Document, Loops, Verb};

/// A place in a document, to be kept beside it. A new one stands before the first verb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Index of the verb that `next` looks at.
    verb: usize,
    /// Rounds of it that were already given out.
    rounds: u32,
}

impl Cursor {
    /// The verb to carry out now: a looped one is given once for each of its rounds.
    /// An endless one is given for ever: it is for the caller to see that time passes between.
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

    /// What `next` would give.
    #[must_use]
    pub fn peek<'a>(&self, document: &'a Document) -> Option<&'a Verb> {
        document.verbs.get(self.verb)
    }

    /// Gives up the rounds that are left of the verb that `next` gave last, as when its audio
    /// cannot be had: without this a `loop="0"` would fail for ever.
    pub fn give_up_rounds(&mut self) {
        if self.rounds > 0 {
            self.skip();
        }
    }

    /// Stands before the first verb again.
    pub fn start_over(&mut self) {
        *self = Self::default();
    }

    /// Whether nothing has been given yet.
    #[must_use]
    pub fn is_at_start(&self) -> bool {
        *self == Self::default()
    }

    fn skip(&mut self) {
        self.verb = self.verb.saturating_add(1);
        self.rounds = 0;
    }
}
