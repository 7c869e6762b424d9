//! Recordings in SQLite: the only entries that are kept while live, change, and can be deleted.

use core::iter;
use std::collections::BTreeMap;
use std::sync::Arc;

use confab_switchboard::RecordingView;
use confab_terms::RecordingSid;

use crate::database::unwritable;
use crate::sqlite::decoded;
use crate::statements::{FORGET_RECORDING, RECORDING, RECORDINGS_UNFINISHED};
use crate::{Entry, Part, Place, RecordingFilter, SqliteStore, StoreError, Stored};

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
        // Several states of a recording may be queued: the last one precedes the others and the
        // disk.
        let mut pending = self.pending.all(|kept| match &kept.entry {
            Entry::Recording(view) if filter.wants(view) => Some((**view).clone()),
            _ => None,
        });
        pending.reverse();
        let kept = self.kept_recordings(filter, part).await?;
        let place = |view: &RecordingView| Place {
            at: view.date_created,
            sid: view.sid.to_string(),
        };
        Ok(part.cut(pending.into_iter().chain(kept), place))
    }

    pub(crate) async fn cut_off(&self) -> Result<Vec<RecordingView>, StoreError> {
        // Writes may fail at the start: the last state of each recording counts, written or not.
        let pending = self.pending.all(|kept| match &kept.entry {
            Entry::Recording(view) => Some((**view).clone()),
            _ => None,
        });
        let query = sqlx::query(RECORDINGS_UNFINISHED).bind(self.account.sid.to_string());
        let rows = self.database.all(query).await?;
        let mut last = BTreeMap::new();
        for row in &rows {
            let view: RecordingView = decoded(row, 0)?;
            last.insert((view.date_created, view.sid), view);
        }
        for view in pending {
            last.insert((view.date_created, view.sid), view);
        }
        let live = last.into_values().filter(|view| view.status.is_live());
        Ok(live.collect())
    }

    pub(crate) fn forget(&self, sid: RecordingSid) -> Stored<'static, bool> {
        let (database, pending) = (Arc::clone(&self.database), Arc::clone(&self.pending));
        let account = self.account.sid.to_string();
        self.change(async move {
            // A queued entry would restore the recording.
            pending.drained().await;
            let forget = sqlx::query(FORGET_RECORDING)
                .bind(account)
                .bind(sid.to_string());
            let rows = database.write(iter::once(Ok(forget))).await;
            Ok(rows.map_err(unwritable)? > 0)
        })
    }
}
