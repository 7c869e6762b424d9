//! Registrations that wait to be written, and those that an earlier process stored. A new state of
//! a user's contacts replaces the waiting one.

use std::collections::BTreeMap;
use std::sync::Arc;

use confab_switchboard::Registration;
use confab_terms::WallTime;
use confab_terms::limits::SIP_REGISTERED_MAX;
use serde::{Deserialize, Serialize};

use crate::database::Statement;
use crate::open::now;
use crate::sqlite::decoded;
use crate::statements::{FORGET_REGISTRATIONS, KEEP_REGISTRATIONS, REGISTRATIONS};
use crate::{SqliteStore, StoreError};

/// Contacts of a user at a point in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRegistration {
    /// Time of the last change.
    pub at: WallTime,
    /// The contacts.
    pub registration: Registration,
}

impl StoredRegistration {
    /// Returns the time at which the last contact expires, in milliseconds since 1970.
    fn until(&self) -> i64 {
        let left = i64::try_from(self.registration.left().as_millis()).unwrap_or(i64::MAX);
        self.at.0.saturating_add(left)
    }
}

/// Queue of registrations, by user.
#[derive(Debug, Default)]
pub(crate) struct PendingRegistrations {
    /// Number of the change, and registration.
    waiting: BTreeMap<String, (u64, Arc<StoredRegistration>)>,
    changes: u64,
}

impl PendingRegistrations {
    /// Replaces the contacts of a user; returns false if there is no room.
    pub(crate) fn change(&mut self, stored: StoredRegistration) -> bool {
        let user = stored.registration.user.clone();
        let has_room = self.waiting.len() < SIP_REGISTERED_MAX;
        if !has_room && !self.waiting.contains_key(&user) {
            return false;
        }
        self.changes += 1;
        let change = (self.changes, Arc::new(stored));
        self.waiting.insert(user, change);
        true
    }

    /// Returns the number of the last change.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Returns true if no change up to this number is queued.
    pub(crate) fn is_written(&self, number: u64) -> bool {
        self.waiting.values().all(|(waiting, _)| *waiting > number)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns all queued registrations.
    pub(crate) fn batch(&self) -> Vec<Arc<StoredRegistration>> {
        let waiting = self.waiting.values();
        waiting.map(|(_, stored)| Arc::clone(stored)).collect()
    }

    /// Removes registrations that are on the disk.
    pub(crate) fn written(&mut self, batch: &[Arc<StoredRegistration>]) {
        for stored in batch {
            let user = &stored.registration.user;
            let is_last = self.waiting.get(user);
            if is_last.is_some_and(|(_, last)| Arc::ptr_eq(last, stored)) {
                self.waiting.remove(user);
            }
        }
    }
}

/// Returns the statements that write registrations, and delete those that have expired.
pub(crate) fn statements<'q>(
    account: &'q str,
    batch: &[Arc<StoredRegistration>],
) -> impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send + use<'q> {
    let rows: Vec<_> = batch
        .iter()
        .map(|stored| (&stored.registration.user, stored.until(), &**stored))
        .collect();
    let write = (!rows.is_empty()).then(|| {
        let rows = serde_json::to_string(&rows).map_err(|e| sqlx::Error::Encode(e.into()));
        rows.map(|rows| sqlx::query(KEEP_REGISTRATIONS).bind(account).bind(rows))
    });
    // A user without contacts expires at the time of the change.
    let latest = batch.iter().map(|stored| stored.at.0).max();
    let forget = latest.map(|at| Ok(sqlx::query(FORGET_REGISTRATIONS).bind(account).bind(at)));
    [write, forget].into_iter().flatten()
}

impl SqliteStore {
    pub(crate) async fn read_registrations(&self) -> Result<Vec<StoredRegistration>, StoreError> {
        let query = sqlx::query(REGISTRATIONS).bind(self.account.sid.to_string());
        let limit = i64::try_from(SIP_REGISTERED_MAX).unwrap_or(i64::MAX);
        let rows = self.database.all(query.bind(now().0).bind(limit)).await?;
        let read = rows.iter().filter_map(|row| match decoded(row, 0) {
            Ok(stored) => Some(stored),
            Err(error) => {
                tracing::error!(%error, "a registration cannot be restored");
                None
            }
        });
        Ok(read.collect())
    }
}
