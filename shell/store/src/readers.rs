//! Connections for reading, in three pools: a list never delays a read by sid, and a search never
//! delays another list. SQLite interrupts a list at the deadline.

use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{QueryBuilder, SqlitePool};

use crate::StoreError;
use crate::database::{READ_WAIT, Statement, unreadable};
use crate::limits::{
    LIST_READERS, LIST_STEPS, LIST_TIME, LIST_WAIT, POINT_READERS, SEARCH_READERS,
};

/// Primary result code of a statement that was interrupted: SQLITE_INTERRUPT.
const INTERRUPTED: &str = "9";

/// Cost of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Index that covers all filters: the cost is proportional to the page.
    Page,
    /// Filters that are checked row by row: only the deadline bounds the cost.
    Search,
}

/// Pools of connections.
pub(crate) struct Readers {
    points: SqlitePool,
    lists: SqlitePool,
    searches: SqlitePool,
}

impl Readers {
    /// Opens the pools with one connection; further connections are opened on demand.
    pub(crate) async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let options = options.clone().pragma("query_only", "ON");
        let pool = |readers: u32, wait: Duration| {
            SqlitePoolOptions::new()
                .max_connections(readers)
                .idle_timeout(None)
                .max_lifetime(None)
                .acquire_timeout(wait)
        };
        // A reader stays open. When the last connection closes, SQLite deletes the index of the
        // log, and a full disk has no room for a new one.
        let points = pool(POINT_READERS, READ_WAIT).min_connections(1);
        let lists = pool(LIST_READERS, LIST_WAIT);
        let searches = pool(SEARCH_READERS, LIST_WAIT);
        Ok(Self {
            points: points.connect_with(options.clone()).await?,
            lists: lists.connect_lazy_with(options.clone()),
            searches: searches.connect_lazy_with(options),
        })
    }

    /// Executes a statement that reads single entries.
    pub(crate) async fn point(
        &self,
        statement: Statement<'_>,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let mut reader = self.points.acquire().await?;
        let rows = statement.fetch_all(&mut *reader).await;
        rows.inspect_err(|_| reader.close_on_drop())
    }

    /// Reads a part of a list.
    pub(crate) async fn list(
        &self,
        sql: QueryBuilder<Sqlite>,
        cost: Cost,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let pool = match cost {
            Cost::Page => &self.lists,
            Cost::Search => &self.searches,
        };
        let reader = match pool.acquire().await {
            Err(sqlx::Error::PoolTimedOut) => return Err(StoreError::Busy),
            reader => reader.map_err(unreadable)?,
        };
        // The task keeps the connection until SQLite returns, even if the client disconnects.
        let rows = tokio::spawn(until_deadline(reader, sql)).await;
        let rows = rows.map_err(|error| StoreError::Unreadable(error.to_string()))?;
        rows.map_err(|error| match error.as_database_error() {
            Some(error) if error.code().is_some_and(|code| code == INTERRUPTED) => {
                StoreError::TooSlow(LIST_TIME)
            }
            _ => unreadable(error),
        })
    }
}

async fn until_deadline(
    mut reader: PoolConnection<Sqlite>,
    mut sql: QueryBuilder<Sqlite>,
) -> Result<Vec<SqliteRow>, sqlx::Error> {
    let deadline = Instant::now() + LIST_TIME;
    let is_in_time = move || Instant::now() < deadline;
    reader
        .lock_handle()
        .await?
        .set_progress_handler(LIST_STEPS, is_in_time);
    let rows = sql.build().fetch_all(&mut *reader).await;
    match &rows {
        Ok(_) => reader.lock_handle().await?.remove_progress_handler(),
        Err(_) => reader.close_on_drop(),
    }
    rows
}

#[cfg(test)]
mod tests;
