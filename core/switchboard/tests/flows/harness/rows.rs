//! Rows of live calls and conferences, as a store keeps them.

use std::collections::BTreeMap;

use confab_switchboard::{CallRow, ConferenceRow, OpenRows, RowChange};
use confab_terms::{CallSid, ConferenceSid, Now};

#[derive(Clone, Default)]
pub(crate) struct Rows {
    pub(crate) alive: Option<Now>,
    pub(crate) calls: BTreeMap<CallSid, CallRow>,
    pub(crate) conferences: BTreeMap<ConferenceSid, ConferenceRow>,
    pub(crate) changes: usize,
}

impl Rows {
    pub(crate) fn change(&mut self, at: Now, change: RowChange) {
        self.changes += 1;
        self.alive = Some(at);
        match change {
            RowChange::Call(row) => {
                let row = *row;
                let same = self.calls.insert(row.view.sid, row.clone());
                assert_ne!(same, Some(row), "written without a change");
            }
            RowChange::CallClosed(sid) => drop(self.calls.remove(&sid)),
            RowChange::Conference(row) => {
                let row = *row;
                let same = self.conferences.insert(row.view.sid, row.clone());
                assert_ne!(same, Some(row), "written without a change");
            }
            RowChange::ConferenceClosed(sid) => drop(self.conferences.remove(&sid)),
            RowChange::Alive => {}
        }
    }

    /// Returns the rows for the next process.
    pub(crate) fn left(&self) -> OpenRows {
        OpenRows {
            alive: self.alive,
            calls: self.calls.values().cloned().collect(),
            conferences: self.conferences.values().cloned().collect(),
        }
    }
}
