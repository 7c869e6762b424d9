//! All live calls, indexed by sid, dialog and leg.

use std::collections::{BTreeMap, BTreeSet};

use confab_sip::DialogId;
use confab_terms::{CallSid, LegId};
use serde::{Deserialize, Serialize};

use super::Call;
use crate::CallRow;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Calls {
    by_sid: BTreeMap<CallSid, Call>,
    by_dialog: BTreeMap<DialogId, CallSid>,
    by_leg: BTreeMap<LegId, CallSid>,
    /// Calls whose row may differ from the stored one.
    changed: BTreeSet<CallSid>,
}

impl Calls {
    pub(crate) fn insert(&mut self, call: Call) {
        self.by_dialog.insert(call.dialog, call.sid);
        self.by_leg.insert(call.leg, call.sid);
        self.changed.insert(call.sid);
        self.by_sid.insert(call.sid, call);
    }

    /// Stores the dialog of an outbound call after the INVITE was sent.
    pub(crate) fn dialled(&mut self, sid: CallSid, dialog: DialogId) {
        if let Some(call) = self.by_sid.get_mut(&sid) {
            self.by_dialog.remove(&call.dialog);
            call.dialog = dialog;
            self.by_dialog.insert(dialog, sid);
        }
    }

    pub(crate) fn remove(&mut self, sid: CallSid) -> Option<Call> {
        let call = self.by_sid.remove(&sid)?;
        self.by_dialog.remove(&call.dialog);
        self.by_leg.remove(&call.leg);
        self.changed.remove(&sid);
        Some(call)
    }

    /// Marks the row of a call as changed, for a change of the participant.
    pub(crate) fn touch(&mut self, sid: CallSid) {
        if self.by_sid.contains_key(&sid) {
            self.changed.insert(sid);
        }
    }

    /// Removes and returns one call whose row may differ from the stored one.
    pub(crate) fn take_changed(&mut self) -> Option<CallSid> {
        self.changed.pop_first()
    }

    /// Replaces the stored row of a call; returns false if the row is the same.
    pub(crate) fn store_row(&mut self, row: &CallRow) -> bool {
        let Some(call) = self.by_sid.get_mut(&row.view.sid) else {
            return false;
        };
        if call.row.as_deref() == Some(row) {
            return false;
        }
        call.row = Some(Box::new(row.clone()));
        true
    }

    pub(crate) fn get(&self, sid: CallSid) -> Option<&Call> {
        self.by_sid.get(&sid)
    }

    pub(crate) fn get_mut(&mut self, sid: CallSid) -> Option<&mut Call> {
        let call = self.by_sid.get_mut(&sid)?;
        self.changed.insert(sid);
        Some(call)
    }

    pub(crate) fn of_dialog(&self, dialog: DialogId) -> Option<CallSid> {
        self.by_dialog.get(&dialog).copied()
    }

    pub(crate) fn of_leg(&self, leg: LegId) -> Option<CallSid> {
        self.by_leg.get(&leg).copied()
    }

    pub(crate) fn sids(&self) -> Vec<CallSid> {
        self.by_sid.keys().copied().collect()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Call> {
        self.by_sid.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_sid.len()
    }
}
