//! Ended calls that wait for the final figures of their leg.

use std::collections::BTreeMap;

use confab_conference::Url;
use confab_terms::{LegId, limits};
use serde::{Deserialize, Serialize};

use crate::CallView;
use crate::notifications::fields::Fields;

/// Ended call with its pending callback, if requested.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EndedCall {
    /// Final state of the call, with the last measurement of the audio.
    pub(crate) view: CallView,
    /// Receiver and fields of the callback.
    pub(crate) callback: Option<(Url, Fields)>,
}

/// Ended calls, indexed by the leg whose figures are pending.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EndedCalls {
    by_leg: BTreeMap<LegId, Box<EndedCall>>,
}

impl EndedCalls {
    /// Inserts an ended call. Returns the call as an error if too many are pending.
    pub(crate) fn insert(
        &mut self,
        leg: LegId,
        parting: Box<EndedCall>,
    ) -> Result<(), Box<EndedCall>> {
        if self.by_leg.len() >= limits::CALLS_MAX {
            return Err(parting);
        }
        self.by_leg.insert(leg, parting);
        Ok(())
    }

    pub(crate) fn take(&mut self, leg: LegId) -> Option<Box<EndedCall>> {
        self.by_leg.remove(&leg)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_leg.len()
    }
}
