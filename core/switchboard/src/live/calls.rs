//! All live calls, found by sid, dialog or leg.

use std::collections::BTreeMap;

use confab_sip::DialogId;
use confab_terms::{CallSid, LegId};
use serde::{Deserialize, Serialize};

use super::Call;

/// All live calls.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Calls {
    by_sid: BTreeMap<CallSid, Call>,
    by_dialog: BTreeMap<DialogId, CallSid>,
    by_leg: BTreeMap<LegId, CallSid>,
}

impl Calls {
    pub(crate) fn insert(&mut self, call: Call) {
        self.by_dialog.insert(call.dialog, call.sid);
        self.by_leg.insert(call.leg, call.sid);
        self.by_sid.insert(call.sid, call);
    }

    /// The INVITE of a call of ours has left.
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
        Some(call)
    }

    pub(crate) fn get(&self, sid: CallSid) -> Option<&Call> {
        self.by_sid.get(&sid)
    }

    pub(crate) fn get_mut(&mut self, sid: CallSid) -> Option<&mut Call> {
        self.by_sid.get_mut(&sid)
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
