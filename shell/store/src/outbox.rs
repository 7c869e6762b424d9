//! The outbox on the disk: events that no application has taken yet.

use std::sync::Arc;

use confab_switchboard::{About, TimeOuts};
use confab_terms::{Method, WallTime};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::database::{Statement, unreadable};
use crate::dead_letters::DeadLetter;
use crate::outbox_queue::OutboxQueue;
use crate::sqlite::decoded;
use crate::{SqliteStore, StoreError, Stored};

const INSERT: &str = "INSERT OR REPLACE INTO outbox
    (id, account, about, url, created, bytes, event) VALUES (?, ?, ?, ?, ?, ?, ?)";
const DELETE: &str = "DELETE FROM outbox WHERE id = ?";
const LAST_ID: &str = "SELECT max(id) FROM outbox";
const PAGE: &str = "SELECT id, about, url, created, bytes FROM outbox
    WHERE account = ? AND id > ? ORDER BY id LIMIT ?";
const EVENT: &str = "SELECT event FROM outbox WHERE account = ? AND id = ?";

/// An event as it is sent to an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEvent {
    /// UUID of the event: its idempotency token, and its sid as a dead letter.
    pub token: String,
    /// The conference or call.
    pub about: About,
    /// The receiver's URL.
    pub url: String,
    /// The method.
    pub method: Method,
    /// Fields of the form.
    pub fields: Vec<(String, String)>,
    /// Limits of one attempt.
    pub time_outs: TimeOuts,
    /// Time of the event.
    pub created: WallTime,
    /// Size that counts towards the limits.
    pub bytes: usize,
}

/// An event on the disk without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Number of the event; counts up.
    pub id: u64,
    /// The conference or call.
    pub about: About,
    /// The receiver's URL.
    pub url: String,
    /// Time of the event.
    pub created: WallTime,
    /// Size that counts towards the limits.
    pub bytes: usize,
}

/// An event that left the outbox.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ended {
    pub(crate) id: u64,
    /// Set if the event was not delivered.
    pub(crate) dead: Option<Arc<DeadLetter>>,
}

/// Events that wait on the disk, and those that were not delivered.
pub trait Outbox: Send + Sync + 'static {
    /// Keeps an event until `outbox_ended`. Never waits.
    fn keep_event(&self, id: u64, event: Arc<OutboxEvent>);
    /// Removes an event that was delivered, or makes a dead letter of it. Never waits.
    fn outbox_ended(&self, id: u64, dead: Option<DeadLetter>);
    /// Returns number and bytes of the events that the disk has not taken yet.
    fn unwritten_events(&self) -> (usize, usize);
    /// Returns the highest id in use, 0 if there is none.
    fn last_event_id(&self) -> Stored<'_, u64>;
    /// Returns events behind an id, in the order of ids.
    fn outbox_rows(&self, after: u64, count: u32) -> Stored<'_, Vec<OutboxRow>>;
    /// Returns an event.
    fn outbox_event(&self, id: u64) -> Stored<'_, Option<Arc<OutboxEvent>>>;
    /// Waits until the disk has taken all changes of the outbox.
    fn flush_outbox(&self) -> Stored<'_, ()>;
}

impl Outbox for SqliteStore {
    fn keep_event(&self, id: u64, event: Arc<OutboxEvent>) {
        self.pending.keep_event(id, event);
    }

    fn outbox_ended(&self, id: u64, dead: Option<DeadLetter>) {
        let dead = dead.map(Arc::new);
        self.pending.outbox_ended(Ended { id, dead });
    }

    fn unwritten_events(&self) -> (usize, usize) {
        self.pending.outbox(OutboxQueue::unwritten)
    }

    fn last_event_id(&self) -> Stored<'_, u64> {
        Box::pin(async {
            let row = self.database.one(sqlx::query(LAST_ID)).await?;
            let last: Option<i64> = match row {
                Some(row) => row.try_get(0).map_err(unreadable)?,
                None => None,
            };
            Ok(last.and_then(|id| u64::try_from(id).ok()).unwrap_or(0))
        })
    }

    fn outbox_rows(&self, after: u64, count: u32) -> Stored<'_, Vec<OutboxRow>> {
        Box::pin(async move {
            let query = sqlx::query(PAGE)
                .bind(self.account.sid.to_string())
                .bind(after.cast_signed())
                .bind(count);
            let rows = self.database.all(query).await?;
            rows.iter().map(outbox_row).collect()
        })
    }

    fn outbox_event(&self, id: u64) -> Stored<'_, Option<Arc<OutboxEvent>>> {
        let unwritten = self.pending.outbox(|queue| queue.event(id));
        Box::pin(async move {
            if unwritten.is_some() {
                return Ok(unwritten);
            }
            let query = sqlx::query(EVENT)
                .bind(self.account.sid.to_string())
                .bind(id.cast_signed());
            let row = self.database.one(query).await?;
            row.map(|row| decoded(&row, 0).map(Arc::new)).transpose()
        })
    }

    fn flush_outbox(&self) -> Stored<'_, ()> {
        Box::pin(async {
            self.pending.outbox_drained().await;
            Ok(())
        })
    }
}

fn outbox_row(row: &SqliteRow) -> Result<OutboxRow, StoreError> {
    let number = |column| row.try_get::<i64, _>(column).map_err(unreadable);
    Ok(OutboxRow {
        id: number(0)?.cast_unsigned(),
        about: decoded(row, 1)?,
        url: row.try_get(2).map_err(unreadable)?,
        created: WallTime(number(3)?),
        bytes: usize::try_from(number(4)?).unwrap_or(0),
    })
}

/// Returns the statement that writes an event.
pub(crate) fn insert<'q>(
    account: &'q str,
    id: u64,
    event: &'q OutboxEvent,
) -> Result<Statement<'q>, sqlx::Error> {
    Ok(sqlx::query(INSERT)
        .bind(id.cast_signed())
        .bind(account)
        .bind(json(&event.about)?)
        .bind(&event.url)
        .bind(event.created.0)
        .bind(i64::try_from(event.bytes).unwrap_or(i64::MAX))
        .bind(json(event)?))
}

/// Returns the statement that removes an event.
pub(crate) fn delete(id: u64) -> Statement<'static> {
    sqlx::query(DELETE).bind(id.cast_signed())
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(e.into()))
}
