//! `SqliteStore`: the store over SQLite. One task writes; reads use pools of connections.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use confab_switchboard::{CallView, ConferenceView, OpenRows, RecordingView, RowChange};
use confab_terms::{CallSid, ConferenceSid, KeySid, Now, RecordingSid};
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use tokio::time::timeout;

use crate::api_keys::ApiKeys;
use crate::database::{Database, unreadable};
use crate::pending::{Kept, Pending};
use crate::statements::{CALL, CONFERENCE, NOTICE};
use crate::write::write_all;
use crate::{
    Account, ApiKey, CallFilter, ConferenceFilter, Entry, KeptNotice, KeySecret, NoticeFilter,
    Part, Place, RecordingFilter, Store, StoreError, Stored, StoredRegistration,
};

/// Time after which an unfinished change is an error.
const CHANGE_WAIT: Duration = Duration::from_secs(5);

/// Store over SQLite.
pub struct SqliteStore {
    pub(crate) database: Arc<Database>,
    pub(crate) account: Account,
    pub(crate) pending: Arc<Pending>,
    keys: Arc<ApiKeys>,
    /// Lock of the folder while the store exists: one confab for each folder.
    _lock: File,
}

impl SqliteStore {
    /// Starts the writer; called within a tokio runtime.
    pub(crate) fn start(
        database: Arc<Database>,
        account: Account,
        keys: ApiKeys,
        lock: File,
    ) -> Self {
        let pending = Arc::clone(database.outage.pending());
        tokio::spawn(write_all(
            Arc::clone(&database),
            account.sid,
            Arc::clone(&pending),
        ));
        Self {
            database,
            account,
            pending,
            keys: Arc::new(keys),
            _lock: lock,
        }
    }

    /// Runs a change to the end, even if the client disconnects. Returns an error during an outage.
    /// Returns an error after `CHANGE_WAIT`, too; the change may then take effect later.
    pub(crate) fn change<T: Send + 'static>(
        &self,
        change: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Stored<'static, T> {
        let is_outage = self.database.outage.is_on();
        Box::pin(async move {
            let refused = |reason: String| Err(StoreError::Unwritable(reason));
            if is_outage {
                return refused("the disk refuses changes now".to_owned());
            }
            match timeout(CHANGE_WAIT, tokio::spawn(change)).await {
                Ok(Ok(done)) => done,
                Ok(Err(error)) => refused(error.to_string()),
                Err(_) => refused(format!(
                    "no answer from the disk for {} s; the change may take effect later",
                    CHANGE_WAIT.as_secs()
                )),
            }
        })
    }

    /// Writes all entries that `keep` adds to this store in one transaction: after a kill, all of
    /// them are on the disk, or none.
    pub fn together(&self, keep: impl FnOnce()) {
        self.pending.together(keep);
    }

    pub(crate) async fn one<T: DeserializeOwned>(
        &self,
        statement: &'static str,
        sid: String,
    ) -> Result<Option<T>, StoreError> {
        let query = sqlx::query(statement).bind(self.account.sid.to_string());
        let row = self.database.one(query.bind(sid)).await?;
        row.map(|row| decoded(&row, 0)).transpose()
    }

    async fn one_notice(&self, sid: &str) -> Result<Option<KeptNotice>, StoreError> {
        let query = sqlx::query(NOTICE).bind(self.account.sid.to_string());
        let row = self.database.one(query.bind(sid)).await?;
        row.as_ref().map(kept_notice).transpose()
    }
}

impl Store for SqliteStore {
    fn account(&self) -> &Account {
        &self.account
    }

    fn keep(&self, entry: Entry) {
        self.pending.keep(Kept::new(entry));
    }

    fn keep_row(&self, at: Now, change: RowChange) {
        self.pending.change_row(at, change);
    }

    fn open_rows(&self) -> Stored<'_, OpenRows> {
        Box::pin(self.read_open_rows())
    }

    fn keep_registration(&self, stored: StoredRegistration) {
        self.pending.change_registration(stored);
    }

    fn registrations(&self) -> Stored<'_, Vec<StoredRegistration>> {
        Box::pin(self.read_registrations())
    }

    fn waiting(&self) -> usize {
        self.pending.waiting()
    }

    fn lost(&self) -> u64 {
        self.pending.lost()
    }

    fn is_degraded(&self) -> bool {
        self.database.outage.is_on()
    }

    fn conference(&self, sid: ConferenceSid) -> Stored<'_, Option<ConferenceView>> {
        let pending = self.pending.find(|kept| match &kept.entry {
            Entry::Conference(view) if view.sid == sid => Some(view.clone()),
            _ => None,
        });
        Box::pin(async move {
            match pending {
                Some(view) => Ok(Some(view)),
                None => self.one(CONFERENCE, sid.to_string()).await,
            }
        })
    }

    fn call(&self, sid: CallSid) -> Stored<'_, Option<CallView>> {
        let pending = self.pending.find(|kept| match &kept.entry {
            Entry::Call(view) if view.sid == sid => Some(view.clone()),
            _ => None,
        });
        Box::pin(async move {
            match pending {
                Some(view) => Ok(Some(view)),
                None => self.one(CALL, sid.to_string()).await,
            }
        })
    }

    fn calls(&self, filter: CallFilter, part: Part) -> Stored<'_, Vec<CallView>> {
        let pending = self.pending.all(|kept| match &kept.entry {
            Entry::Call(view) if filter.wants(view) => Some(view.clone()),
            _ => None,
        });
        Box::pin(async move {
            let kept = self.kept_calls(&filter, &part).await?;
            let place = |view: &CallView| filter.place(view);
            Ok(part.cut(pending.into_iter().chain(kept), place))
        })
    }

    fn conferences(&self, filter: ConferenceFilter, part: Part) -> Stored<'_, Vec<ConferenceView>> {
        // Read before the disk: an entry that is written in between is found twice, never missed.
        let pending = self.pending.all(|kept| match &kept.entry {
            Entry::Conference(view) if filter.wants(view) => Some(view.clone()),
            _ => None,
        });
        Box::pin(async move {
            let kept = self.kept_conferences(&filter, &part).await?;
            let place = |view: &ConferenceView| filter.place(view);
            Ok(part.cut(pending.into_iter().chain(kept), place))
        })
    }

    fn recording(&self, sid: RecordingSid) -> Stored<'_, Option<RecordingView>> {
        Box::pin(self.one_recording(sid))
    }

    fn recordings(&self, filter: RecordingFilter, part: Part) -> Stored<'_, Vec<RecordingView>> {
        Box::pin(async move { self.some_recordings(&filter, &part).await })
    }

    fn unfinished_recordings(&self) -> Stored<'_, Vec<RecordingView>> {
        Box::pin(self.cut_off())
    }

    fn forget_recording(&self, sid: RecordingSid) -> Stored<'_, bool> {
        self.forget(sid)
    }

    fn notice(&self, sid: &str) -> Stored<'_, Option<KeptNotice>> {
        let pending = self.pending.find(|kept| match &kept.entry {
            Entry::Notice(notice) if kept.sid == sid => Some(KeptNotice {
                sid: kept.sid.clone(),
                notice: notice.clone(),
            }),
            _ => None,
        });
        let sid = sid.to_owned();
        Box::pin(async move {
            match pending {
                Some(kept) => Ok(Some(kept)),
                None => self.one_notice(&sid).await,
            }
        })
    }

    fn notices(&self, filter: NoticeFilter, part: Part) -> Stored<'_, Vec<KeptNotice>> {
        let place = |kept: &KeptNotice| Place {
            at: kept.notice.at,
            sid: kept.sid.clone(),
        };
        let pending = self.pending.all(|kept| match &kept.entry {
            Entry::Notice(notice) if filter.wants(notice) => Some(KeptNotice {
                sid: kept.sid.clone(),
                notice: notice.clone(),
            }),
            _ => None,
        });
        Box::pin(async move {
            let kept = self.kept_notices(&filter, &part).await?;
            Ok(part.cut(pending.into_iter().chain(kept), place))
        })
    }

    fn api_keys(&self, part: Part) -> Vec<ApiKey> {
        self.keys.all(&part)
    }

    fn api_key(&self, sid: KeySid) -> Option<ApiKey> {
        self.keys.one(sid)
    }

    fn key_secret(&self, sid: KeySid) -> Result<Option<KeySecret>, StoreError> {
        self.keys.secret(sid)
    }

    fn create_key(&self, friendly_name: String) -> Stored<'_, Option<(ApiKey, KeySecret)>> {
        let keys = Arc::clone(&self.keys);
        self.change(async move { keys.create(friendly_name).await })
    }

    fn rename_key(&self, sid: KeySid, friendly_name: String) -> Stored<'_, Option<ApiKey>> {
        let keys = Arc::clone(&self.keys);
        self.change(async move { keys.rename(sid, friendly_name).await })
    }

    fn delete_key(&self, sid: KeySid) -> Stored<'_, bool> {
        let keys = Arc::clone(&self.keys);
        self.change(async move { keys.delete(sid).await })
    }

    fn flush(&self) -> Stored<'_, ()> {
        Box::pin(async move {
            self.pending.drained().await;
            Ok(())
        })
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.pending.close();
    }
}

pub(crate) fn kept_notice(row: &SqliteRow) -> Result<KeptNotice, StoreError> {
    Ok(KeptNotice {
        sid: row.try_get(0).map_err(unreadable)?,
        notice: decoded(row, 1)?,
    })
}

pub(crate) fn decoded<T: DeserializeOwned>(
    row: &SqliteRow,
    column: usize,
) -> Result<T, StoreError> {
    let text: String = row.try_get(column).map_err(unreadable)?;
    serde_json::from_str(&text).map_err(|e| StoreError::Damaged(e.to_string()))
}
