//! The outbox on the disk: events that no application has accepted yet.

use std::sync::Arc;

use confab_switchboard::{About, TimeOuts};
use confab_terms::{Method, WallTime};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::database::{Statement, unreadable};
use crate::dead_letters::DeadLetter;
use crate::insert::Insert;
use crate::outbox_queue::OutboxQueue;
use crate::sqlite::decoded;
use crate::{SqliteStore, StoreError, Stored};

const EVENTS: Insert = Insert {
    into: "outbox (id, account, about, url, created, bytes, event)",
    row: "(?, ?, ?, ?, ?, ?, ?)",
};
/// Deletes events; `?1` is a JSON array of ids.
const DELETE: &str = "DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?1))";
const LAST_ID: &str = "SELECT max(id) FROM outbox";
const PAGE: &str = "SELECT id, about, url, created, bytes FROM outbox
    WHERE account = ? AND id > ? ORDER BY id LIMIT ?";
const EVENT: &str = "SELECT event FROM outbox WHERE account = ? AND id = ?";

/// Event as sent to an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEvent {
    /// UUID of the event: its idempotency token, and its sid as a dead letter.
    pub token: String,
    /// Conference or call of the event.
    pub about: About,
    /// URL of the receiver.
    pub url: String,
    /// HTTP method.
    pub method: Method,
    /// Fields of the form.
    pub fields: Vec<(String, String)>,
    /// Limits of one attempt.
    pub time_outs: TimeOuts,
    /// Time of the event.
    pub created: WallTime,
    /// Size that counts towards the limits, in bytes.
    pub bytes: usize,
}

/// Row of an event on the disk, without the event's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Ascending number of the event.
    pub id: u64,
    /// Conference or call of the event.
    pub about: About,
    /// URL of the receiver.
    pub url: String,
    /// Time of the event.
    pub created: WallTime,
    /// Size that counts towards the limits, in bytes.
    pub bytes: usize,
}

/// Event that left the outbox.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ended {
    pub(crate) id: u64,
    /// Dead letter, if the event was not delivered.
    pub(crate) dead: Option<Arc<DeadLetter>>,
}

/// Storage of events until they are delivered or become dead letters.
pub trait Outbox: Send + Sync + 'static {
    /// Keeps an event until `outbox_ended`. Never blocks.
    fn keep_event(&self, id: u64, event: Arc<OutboxEvent>);
    /// Removes an event that was delivered, or makes a dead letter of it. Never blocks.
    fn outbox_ended(&self, id: u64, dead: Option<DeadLetter>);
    /// Returns number and bytes of the events that are not on the disk yet.
    fn unwritten_events(&self) -> (usize, usize);
    /// Returns the highest id in use; 0 if there is none.
    fn last_event_id(&self) -> Stored<'_, u64>;
    /// Returns at most `count` events with ids above `after`, in ascending order.
    fn outbox_rows(&self, after: u64, count: u32) -> Stored<'_, Vec<OutboxRow>>;
    /// Returns an event by id.
    fn outbox_event(&self, id: u64) -> Stored<'_, Option<Arc<OutboxEvent>>>;
    /// Waits until all changes of the outbox are on the disk.
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

/// Returns the statements that write events.
pub(crate) fn insert<'q>(
    account: &'q str,
    events: &'q [(u64, Arc<OutboxEvent>)],
) -> impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send {
    EVENTS.all(events.iter().collect(), move |query, (id, event)| {
        Ok(query
            .bind(id.cast_signed())
            .bind(account)
            .bind(json(&event.about)?)
            .bind(&event.url)
            .bind(event.created.0)
            .bind(i64::try_from(event.bytes).unwrap_or(i64::MAX))
            .bind(json(&**event)?))
    })
}

/// Returns the statement that removes events.
pub(crate) fn delete(ended: &[Ended]) -> Option<Result<Statement<'static>, sqlx::Error>> {
    if ended.is_empty() {
        return None;
    }
    let ids: Vec<i64> = ended.iter().map(|ended| ended.id.cast_signed()).collect();
    Some(json(&ids).map(|ids| sqlx::query(DELETE).bind(ids)))
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|e| sqlx::Error::Encode(e.into()))
}
