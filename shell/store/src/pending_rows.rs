//! Rows of live calls and conferences that wait to be written. A new state of a row replaces the
//! waiting one, so the number of calls bounds the number of waiting rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use confab_switchboard::{CallRow, ConferenceRow, RowChange};
use confab_terms::{CallSid, ConferenceSid, Now};

/// Key of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RowKey {
    Call(CallSid),
    Conference(ConferenceSid),
}

/// New content of a row.
#[derive(Clone, Debug)]
pub(crate) enum RowState {
    Call(Arc<CallRow>),
    Conference(Arc<ConferenceRow>),
    /// Deletion of the row.
    Closed,
}

/// A row to write.
#[derive(Clone, Debug)]
pub(crate) struct WaitingRow {
    pub(crate) key: RowKey,
    pub(crate) state: RowState,
    /// Number of this change among all changes of rows.
    number: u64,
}

#[derive(Debug)]
struct Slot {
    state: RowState,
    number: u64,
    /// Number of history entries that were kept before this change.
    after: u64,
}

/// Queue of rows.
#[derive(Debug, Default)]
pub(crate) struct PendingRows {
    waiting: BTreeMap<RowKey, Slot>,
    /// Keys of rows that are on the disk or in a batch.
    on_disk: BTreeSet<RowKey>,
    alive: Option<Now>,
    /// Number of the change that set `alive`.
    alive_number: u64,
    changes: u64,
}

impl PendingRows {
    /// Queues a change; `after` is the number of history entries that were kept before.
    pub(crate) fn change(&mut self, at: Now, change: RowChange, after: u64) {
        self.changes += 1;
        let (key, state) = match change {
            RowChange::Call(row) => (RowKey::Call(row.view.sid), RowState::Call(Arc::from(row))),
            RowChange::Conference(row) => (
                RowKey::Conference(row.view.sid),
                RowState::Conference(Arc::from(row)),
            ),
            RowChange::CallClosed(sid) => (RowKey::Call(sid), RowState::Closed),
            RowChange::ConferenceClosed(sid) => (RowKey::Conference(sid), RowState::Closed),
            RowChange::Alive => return self.is_alive(at),
        };
        if matches!(state, RowState::Closed) {
            if !self.on_disk.contains(&key) {
                self.waiting.remove(&key);
                return;
            }
        } else {
            self.is_alive(at);
        }
        let slot = Slot {
            state,
            number: self.changes,
            after,
        };
        self.waiting.insert(key, slot);
    }

    fn is_alive(&mut self, at: Now) {
        (self.alive, self.alive_number) = (Some(at), self.changes);
    }

    /// Registers rows of an earlier process that are on the disk.
    pub(crate) fn found(&mut self, keys: impl Iterator<Item = RowKey>) {
        self.on_disk.extend(keys);
    }

    /// Returns the number of the last change.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Returns true if no change up to this number is queued.
    pub(crate) fn is_written(&self, number: u64) -> bool {
        let is_known = self.alive.is_none() || self.alive_number > number;
        is_known && self.waiting.values().all(|slot| slot.number > number)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.alive.is_none()
    }

    /// Returns the rows to write with the first `before` entries of the history, and the time at
    /// which the process was last alive.
    pub(crate) fn batch(&mut self, before: u64) -> (Vec<WaitingRow>, Option<Now>) {
        let waiting = self.waiting.iter().filter(|(_, slot)| slot.after <= before);
        let rows: Vec<_> = waiting
            .map(|(key, slot)| WaitingRow {
                key: *key,
                state: slot.state.clone(),
                number: slot.number,
            })
            .collect();
        self.on_disk.extend(rows.iter().map(|row| row.key));
        (rows, self.alive)
    }

    /// Removes the rows and the time that are on the disk.
    pub(crate) fn written(&mut self, rows: &[WaitingRow], alive: Option<Now>) {
        for row in rows {
            if matches!(row.state, RowState::Closed) {
                self.on_disk.remove(&row.key);
            }
            let is_last = self.waiting.get(&row.key);
            if is_last.is_some_and(|slot| slot.number == row.number) {
                self.waiting.remove(&row.key);
            }
        }
        if self.alive == alive {
            self.alive = None;
        }
    }
}
