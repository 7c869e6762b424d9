//! Rows of live calls and conferences in SQLite. One statement writes several rows of a kind.

use confab_switchboard::OpenRows;
use confab_terms::{Instant, Now, WallTime};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;

use crate::database::{Statement, unreadable};
use crate::insert::Insert;
use crate::outbox::json;
use crate::pending::Batch;
use crate::pending_rows::{RowKey, RowState};
use crate::sqlite::decoded;
use crate::statements::{
    ALIVE, CLOSE_CALLS, CLOSE_CONFERENCES, KEEP_ALIVE, OPEN_CALLS, OPEN_CONFERENCES,
};
use crate::{SqliteStore, StoreError};

const KEEP_CALLS: Insert = Insert {
    into: "open_calls (sid, account, state)",
    row: "(?, ?, ?)",
};
const KEEP_CONFERENCES: Insert = Insert {
    into: "open_conferences (sid, account, state)",
    row: "(?, ?, ?)",
};

/// Returns the statements that write the rows of a batch.
pub(crate) fn statements<'q>(
    account: &'q str,
    batch: &'q Batch,
) -> impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send {
    let sids = |is_of_kind: fn(&RowKey) -> Option<String>| {
        let closed = batch.rows.iter();
        let closed = closed.filter(|row| matches!(row.state, RowState::Closed));
        closed
            .filter_map(|row| is_of_kind(&row.key))
            .collect::<Vec<_>>()
    };
    let closed_calls = sids(|key| match key {
        RowKey::Call(sid) => Some(sid.to_string()),
        RowKey::Conference(_) => None,
    });
    let closed_conferences = sids(|key| match key {
        RowKey::Conference(sid) => Some(sid.to_string()),
        RowKey::Call(_) => None,
    });
    let calls = batch.rows.iter().filter_map(|row| match &row.state {
        RowState::Call(call) => Some((call.view.sid.to_string(), &**call)),
        _ => None,
    });
    let calls = KEEP_CALLS.all(calls.collect(), move |query, (sid, row)| {
        Ok(query.bind(sid).bind(account).bind(json(row)?))
    });
    let conferences = batch.rows.iter().filter_map(|row| match &row.state {
        RowState::Conference(row) => Some((row.view.sid.to_string(), &**row)),
        _ => None,
    });
    let conferences = KEEP_CONFERENCES.all(conferences.collect(), move |query, (sid, row)| {
        Ok(query.bind(sid).bind(account).bind(json(row)?))
    });
    let alive = batch.alive.map(|at| {
        let monotonic = i64::try_from(at.instant.0).unwrap_or(i64::MAX);
        let query = sqlx::query(KEEP_ALIVE).bind(account);
        Ok(query.bind(at.wall.0).bind(monotonic))
    });
    let closed = [
        of_all(CLOSE_CALLS, account, &closed_calls),
        of_all(CLOSE_CONFERENCES, account, &closed_conferences),
    ];
    let closed = closed.into_iter().flatten();
    closed.chain(calls).chain(conferences).chain(alive)
}

/// Binds all items as one JSON array; returns `None` without items.
fn of_all<'q, T: Serialize>(
    statement: &'static str,
    account: &'q str,
    items: &[T],
) -> Option<Result<Statement<'q>, sqlx::Error>> {
    if items.is_empty() {
        return None;
    }
    Some(json(&items).map(|items| sqlx::query(statement).bind(account).bind(items)))
}

impl SqliteStore {
    /// Reads the rows that an earlier process left.
    pub(crate) async fn read_open_rows(&self) -> Result<OpenRows, StoreError> {
        let account = self.account.sid.to_string();
        let alive = self.database.one(sqlx::query(ALIVE).bind(&account)).await?;
        let alive = alive.map(|row| {
            let monotonic: i64 = row.try_get(1).map_err(unreadable)?;
            Ok::<_, StoreError>(Now {
                wall: WallTime(row.try_get(0).map_err(unreadable)?),
                instant: Instant(u64::try_from(monotonic).unwrap_or_default()),
            })
        });
        let rows = OpenRows {
            alive: alive.transpose()?,
            calls: self.read_rows(OPEN_CALLS, &account).await?,
            conferences: self.read_rows(OPEN_CONFERENCES, &account).await?,
        };
        let calls = rows.calls.iter().map(|row| RowKey::Call(row.view.sid));
        let conferences = rows.conferences.iter();
        let conferences = conferences.map(|row| RowKey::Conference(row.view.sid));
        self.pending.found_rows(calls.chain(conferences));
        Ok(rows)
    }

    /// Reads all rows of a kind; logs and skips a row that cannot be decoded.
    async fn read_rows<T: DeserializeOwned>(
        &self,
        statement: &'static str,
        account: &str,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self
            .database
            .all(sqlx::query(statement).bind(account))
            .await?;
        let read = rows.iter().filter_map(|row| match decoded(row, 0) {
            Ok(state) => Some(state),
            Err(error) => {
                tracing::error!(%error, "a call or conference cannot be closed");
                None
            }
        });
        Ok(read.collect())
    }
}
