//! Recordings in SQLite: the one thing that is kept while it lives, changes, and can be forgotten.

use confab_switchboard::RecordingView;
use confab_terms::RecordingSid;

use crate::sqlite::{decoded, unreadable};
use crate::statements::{
    FORGET_RECORDING, RECORDING, RECORDINGS_NEWEST_FIRST, RECORDINGS_OLDEST_FIRST,
    RECORDINGS_UNFINISHED,
};
use crate::{Entry, Order, Part, Place, RecordingFilter, SqliteStore, StoreError};

impl SqliteStore {
    pub(crate) async fn one_recording(
        &self,
        sid: RecordingSid,
    ) -> Result<Option<RecordingView>, StoreError> {
        let pending = self.pending.find(|kept| match &kept.entry {
            Entry::Recording(view) if view.sid == sid => Some((**view).clone()),
            _ => None,
        });
        match pending {
            Some(view) => Ok(Some(view)),
            None => self.one(RECORDING, sid.to_string()).await,
        }
    }

    pub(crate) async fn some_recordings(
        &self,
        filter: &RecordingFilter,
        part: &Part,
    ) -> Result<Vec<RecordingView>, StoreError> {
        // The same one may wait in several states: the last counts, and goes before the disk's.
        let mut pending = self.pending.all(|kept| match &kept.entry {
            Entry::Recording(view) if filter.wants(view) => Some((**view).clone()),
            _ => None,
        });
        pending.reverse();
        let statement = match part.order {
            Order::NewestFirst => RECORDINGS_NEWEST_FIRST,
            Order::OldestFirst => RECORDINGS_OLDEST_FIRST,
        };
        let rows = sqlx::query(statement)
            .bind(self.account.sid.to_string())
            .bind(filter.call.map(|call| call.to_string()))
            .bind(filter.conference.map(|sid| sid.to_string()))
            .bind(filter.created.from.map(|at| at.0))
            .bind(filter.created.before.map(|at| at.0))
            .bind(part.after.as_ref().map(|place| place.at.0))
            .bind(part.after.as_ref().map(|place| place.sid.clone()))
            .bind(part.count)
            .fetch_all(&self.pool)
            .await
            .map_err(unreadable)?;
        let kept: Result<Vec<RecordingView>, _> = rows.iter().map(|row| decoded(row, 0)).collect();
        let place = |view: &RecordingView| Place {
            at: view.date_created,
            sid: view.sid.to_string(),
        };
        Ok(part.cut(pending.into_iter().chain(kept?), place))
    }

    pub(crate) async fn cut_off(&self) -> Result<Vec<RecordingView>, StoreError> {
        self.pending.drained().await;
        let rows = sqlx::query(RECORDINGS_UNFINISHED)
            .bind(self.account.sid.to_string())
            .fetch_all(&self.pool)
            .await
            .map_err(unreadable)?;
        rows.iter().map(|row| decoded(row, 0)).collect()
    }

    pub(crate) async fn forget(&self, sid: RecordingSid) -> Result<bool, StoreError> {
        // What waits to be written would bring it back.
        self.pending.drained().await;
        let done = sqlx::query(FORGET_RECORDING)
            .bind(self.account.sid.to_string())
            .bind(sid.to_string())
            .execute(&self.pool)
            .await
            .map_err(unreadable)?;
        Ok(done.rows_affected() > 0)
    }
}
