//! Database rows of live calls and conferences, and a simulated kill at 1 % of the inputs: the
//! applications then receive each missing final event, numbered without a gap.

use std::collections::BTreeMap;

use confab_switchboard::{About, CallRow, ConferenceRow, OpenRows, Output, RowChange};
use confab_terms::{CallSid, ConferenceSid, Now, WallTime};

use crate::outcome::Checked;
use crate::world::World;

#[derive(Default)]
pub(crate) struct Rows {
    alive: Option<Now>,
    calls: BTreeMap<CallSid, CallRow>,
    conferences: BTreeMap<ConferenceSid, ConferenceRow>,
}

impl Rows {
    pub(crate) fn change(&mut self, at: Now, change: RowChange) -> Checked {
        if self.alive.is_some_and(|alive| alive.instant > at.instant) {
            return Err(format!("a row of {at:?} follows one of {:?}", self.alive));
        }
        self.alive = Some(at);
        match change {
            RowChange::Call(row) => drop(self.calls.insert(row.view.sid, *row)),
            RowChange::CallClosed(sid) => drop(self.calls.remove(&sid)),
            RowChange::Conference(row) => drop(self.conferences.insert(row.view.sid, *row)),
            RowChange::ConferenceClosed(sid) => drop(self.conferences.remove(&sid)),
            RowChange::Alive => {}
        }
        Ok(())
    }

    fn left(&self) -> OpenRows {
        OpenRows {
            alive: self.alive,
            calls: self.calls.values().cloned().collect(),
            conferences: self.conferences.values().cloned().collect(),
        }
    }

    /// Checks that no row is left after the last call.
    pub(crate) fn close(&self) -> Checked {
        match (self.calls.len(), self.conferences.len()) {
            (0, 0) => Ok(()),
            (calls, conferences) => Err(format!(
                "rows left: {calls} of calls, {conferences} of conferences"
            )),
        }
    }
}

impl World {
    /// Checks a start after a kill at this instant: closes copies of the ledgers with the outputs
    /// for the open rows.
    pub(crate) fn check_a_kill(&self) -> Checked {
        let (mut webhooks, mut call_events) =
            (self.books.webhooks.clone(), self.books.call_events.clone());
        let mut ended = self.books.ended_calls.clone();
        let outputs = self.books.rows.left().close(WallTime(1), "http://api", &[]);
        let failed = |why| format!("killed now: {why}");
        for output in outputs {
            match output {
                Output::Callback {
                    about: About::Conference(conference),
                    url,
                    fields,
                    ..
                } => webhooks.told(conference, &url, &fields).map_err(failed)?,
                Output::Callback {
                    about: About::Call(call),
                    fields,
                    ..
                } => call_events.told(call, &fields).map_err(failed)?,
                Output::CallEnded(view) => {
                    ended.insert(view.sid);
                }
                _ => {}
            }
        }
        webhooks.close().map_err(failed)?;
        call_events.close(&ended).map_err(failed)
    }
}
