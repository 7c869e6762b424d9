//! Calls that are over, and told of as soon as the media thread has said how their voice fared.

use std::collections::BTreeMap;

use confab_conference::Url;
use confab_terms::{CallSid, LegId, limits};
use serde::{Deserialize, Serialize};

use crate::tell::fields::Fields;

/// What is to be told of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Parting {
    pub(crate) call: CallSid,
    pub(crate) to: Url,
    pub(crate) fields: Fields,
}

/// By the leg whose figures are awaited.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Partings {
    by_leg: BTreeMap<LegId, Parting>,
}

impl Partings {
    /// Gives it back if too many wait.
    pub(crate) fn insert(&mut self, leg: LegId, parting: Parting) -> Result<(), Parting> {
        if self.by_leg.len() >= limits::CALLS_MAX {
            return Err(parting);
        }
        self.by_leg.insert(leg, parting);
        Ok(())
    }

    pub(crate) fn take(&mut self, leg: LegId) -> Option<Parting> {
        self.by_leg.remove(&leg)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_leg.len()
    }
}
