//! Calls that are over, and told of as soon as the media thread has said how their voice fared.

use std::collections::BTreeMap;

use confab_conference::Url;
use confab_terms::{LegId, limits};
use serde::{Deserialize, Serialize};

use crate::CallView;
use crate::tell::fields::Fields;

/// What is to be told of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Parting {
    /// The call at its end, with its audio as it was measured last.
    pub(crate) view: CallView,
    /// The callback of its end.
    pub(crate) told: Option<(Url, Fields)>,
}

/// By the leg whose figures are awaited.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Partings {
    by_leg: BTreeMap<LegId, Box<Parting>>,
}

impl Partings {
    /// Gives it back if too many wait.
    pub(crate) fn insert(&mut self, leg: LegId, parting: Box<Parting>) -> Result<(), Box<Parting>> {
        if self.by_leg.len() >= limits::CALLS_MAX {
            return Err(parting);
        }
        self.by_leg.insert(leg, parting);
        Ok(())
    }

    pub(crate) fn take(&mut self, leg: LegId) -> Option<Box<Parting>> {
        self.by_leg.remove(&leg)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_leg.len()
    }
}
