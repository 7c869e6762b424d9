//! Retention: deletes history entries older than the configured age, in transactions small enough
//! not to delay other writes.

use std::iter;
use std::sync::{Arc, Weak};
use std::time::Duration;

use confab_terms::WallTime;
use tokio::time::sleep;

use crate::database::{Database, unwritable};
use crate::limits::{PRUNE_BATCH, PRUNE_INTERVAL, PRUNE_PAUSE};
use crate::{SqliteStore, StoreError, open};

// `?1` is the account, `?2` the time of the oldest entry that stays, `?3` the number of rows.
const STATEMENTS: [&str; 3] = [
    "DELETE FROM calls WHERE rowid IN (SELECT rowid FROM calls INDEXED BY calls_created
        WHERE substr(account, 1, 4) = substr(?1, 1, 4) AND +account = ?1 AND date_created < ?2
        ORDER BY date_created LIMIT ?3)",
    "DELETE FROM conferences WHERE rowid IN (SELECT rowid FROM conferences
        INDEXED BY conferences_newest WHERE account = ?1 AND date_created < ?2
        ORDER BY date_created LIMIT ?3)",
    "DELETE FROM notices WHERE rowid IN (SELECT rowid FROM notices INDEXED BY notices_newest
        WHERE account = ?1 AND at < ?2 ORDER BY at LIMIT ?3)",
];

impl SqliteStore {
    /// Deletes ended calls, ended conferences and notices older than `age`, now and every hour
    /// until the store is dropped. Recordings stay.
    pub fn keep_history_for(&self, age: Duration) {
        let database = Arc::downgrade(&self.database);
        tokio::spawn(prune_for_ever(database, self.account.sid.to_string(), age));
    }
}

async fn prune_for_ever(database: Weak<Database>, account: String, age: Duration) {
    while database.strong_count() > 0 {
        match prune(&database, &account, age).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "old entries of the history are deleted"),
            // The next round continues.
            Err(error) => tracing::warn!(%error, "old entries of the history are not deleted"),
        }
        sleep(PRUNE_INTERVAL).await;
    }
}

/// Deletes all entries older than `age`; returns the number of rows.
async fn prune(database: &Weak<Database>, account: &str, age: Duration) -> Result<u64, StoreError> {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    let oldest = WallTime(open::now().0.saturating_sub(age));
    let mut rows = 0;
    for statement in STATEMENTS {
        loop {
            let Some(database) = database.upgrade() else {
                return Ok(rows);
            };
            if database.outage.is_on() || !database.has_indexes() {
                return Ok(rows);
            }
            let delete = sqlx::query(statement)
                .bind(account)
                .bind(oldest.0)
                .bind(PRUNE_BATCH);
            let deleted = database.write(iter::once(Ok(delete))).await;
            let deleted = deleted.map_err(unwritable)?;
            rows += deleted;
            if deleted == 0 {
                break;
            }
            drop(database);
            sleep(PRUNE_PAUSE).await;
        }
    }
    Ok(rows)
}
