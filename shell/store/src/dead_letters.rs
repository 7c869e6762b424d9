//! Dead letters: events that expired or met a final error, kept for some days.

use std::sync::Arc;

use confab_terms::WallTime;
use confab_terms::limits::{DEAD_LETTER_LIFE, DEAD_LETTERS_MAX};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::database::{Statement, unreadable, unwritable};
use crate::outbox::{OutboxEvent, json};
use crate::sqlite::decoded;
use crate::{Part, Place, SqliteStore, StoreError, Stored, open};

const INSERT: &str = "INSERT OR REPLACE INTO dead_letters
    (sid, account, date_updated, about, url, bytes, event, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const ONE: &str = "SELECT date_updated, event, reason FROM dead_letters
    WHERE account = ?1 AND sid = ?2 AND date_updated > ?3";
const COUNT: &str = "SELECT count(*) FROM dead_letters
    WHERE account = ?1 AND date_updated > ?2";
const REVIVE: &str = "INSERT INTO outbox (id, account, about, url, created, bytes, event)
    SELECT ?1, account, about, url, ?2, bytes, event FROM dead_letters
    WHERE account = ?3 AND sid = ?4";
const DELETE: &str = "DELETE FROM dead_letters WHERE account = ?1 AND sid = ?2";
const PRUNE_BY_AGE: &str = "DELETE FROM dead_letters WHERE account = ?1 AND date_updated <= ?2";
const PRUNE_BY_COUNT: &str = "DELETE FROM dead_letters WHERE account = ?1
    AND (date_updated, sid) <= (SELECT date_updated, sid FROM dead_letters WHERE account = ?1
        ORDER BY date_updated DESC, sid DESC LIMIT 1 OFFSET ?2)";

/// An event that was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Undelivered event.
    pub event: Arc<OutboxEvent>,
    /// Time at which the attempts ended.
    pub date_updated: WallTime,
    /// Last error, and the kind of end.
    pub reason: DeathReason,
}

/// Reason for the end of the attempts to deliver an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeathReason {
    /// Vendor's code of the last error.
    pub code: u32,
    /// Text of the last error.
    pub message: String,
    /// True if the lifetime of the event ended, false if the error is final.
    pub has_expired: bool,
    /// HTTP status of the last response.
    pub status: Option<u16>,
}

impl DeadLetter {
    /// Returns the sid under which the API shows the dead letter: a UUID.
    #[must_use]
    pub fn sid(&self) -> &str {
        &self.event.token
    }

    /// Returns the place of the dead letter in a list.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            at: self.date_updated,
            sid: self.sid().to_owned(),
        }
    }
}

/// Storage of dead letters of one account.
pub trait DeadLetters: Send + Sync + 'static {
    /// Returns a dead letter by sid.
    fn dead_letter(&self, sid: &str) -> Stored<'_, Option<DeadLetter>>;
    /// Returns a part of the list of dead letters.
    fn dead_letters(&self, part: Part) -> Stored<'_, Vec<DeadLetter>>;
    /// Moves a dead letter to the outbox under a new id and time; returns false if there is none.
    fn revive(&self, sid: &str, id: u64, created: WallTime) -> Stored<'_, bool>;
    /// Returns the number of dead letters on the disk.
    fn count_dead_letters(&self) -> Stored<'_, u64>;
}

impl DeadLetters for SqliteStore {
    fn dead_letter(&self, sid: &str) -> Stored<'_, Option<DeadLetter>> {
        let sid = sid.to_owned();
        let pending = self.pending.outbox(|queue| {
            let found = queue.dead().find(|dead| dead.sid() == sid);
            found.map(|dead| (**dead).clone())
        });
        Box::pin(async move {
            if pending.is_some() {
                return Ok(pending);
            }
            let query = sqlx::query(ONE)
                .bind(self.account.sid.to_string())
                .bind(sid)
                .bind(oldest().0);
            let row = self.database.one(query).await?;
            row.as_ref().map(dead_letter).transpose()
        })
    }

    fn dead_letters(&self, part: Part) -> Stored<'_, Vec<DeadLetter>> {
        let pending: Vec<DeadLetter> = self
            .pending
            .outbox(|queue| queue.dead().map(|dead| (**dead).clone()).collect());
        Box::pin(async move {
            let rows = self.kept_dead_letters(oldest(), &part).await?;
            let kept: Result<Vec<_>, _> = rows.iter().map(dead_letter).collect();
            Ok(part.cut(pending.into_iter().chain(kept?), DeadLetter::place))
        })
    }

    fn revive(&self, sid: &str, id: u64, created: WallTime) -> Stored<'_, bool> {
        let (database, pending) = (Arc::clone(&self.database), Arc::clone(&self.pending));
        let (account, sid) = (self.account.sid.to_string(), sid.to_owned());
        self.change(async move {
            // The dead letter may wait to be written.
            pending.outbox_drained().await;
            let insert = sqlx::query(REVIVE)
                .bind(id.cast_signed())
                .bind(created.0)
                .bind(account.clone())
                .bind(sid.clone());
            let delete = sqlx::query(DELETE).bind(account).bind(sid);
            let rows = database.write([Ok(insert), Ok(delete)].into_iter()).await;
            Ok(rows.map_err(unwritable)? > 0)
        })
    }

    fn count_dead_letters(&self) -> Stored<'_, u64> {
        Box::pin(async {
            let query = sqlx::query(COUNT)
                .bind(self.account.sid.to_string())
                .bind(oldest().0);
            let row = self.database.one(query).await?;
            let count = row.map(|row| row.try_get::<i64, _>(0).map_err(unreadable));
            Ok(count.transpose()?.unwrap_or(0).cast_unsigned())
        })
    }
}

/// Returns the statement that writes a dead letter.
pub(crate) fn insert<'q>(
    account: &'q str,
    dead: &'q DeadLetter,
) -> Result<Statement<'q>, sqlx::Error> {
    let event = &dead.event;
    Ok(sqlx::query(INSERT)
        .bind(dead.sid())
        .bind(account)
        .bind(dead.date_updated.0)
        .bind(json(&event.about)?)
        .bind(&event.url)
        .bind(i64::try_from(event.bytes).unwrap_or(i64::MAX))
        .bind(json(&**event)?)
        .bind(json(&dead.reason)?))
}

/// Returns the statements that delete dead letters that are too old or too many.
pub(crate) fn prune(account: &str) -> [Statement<'_>; 2] {
    [
        sqlx::query(PRUNE_BY_AGE).bind(account).bind(oldest().0),
        sqlx::query(PRUNE_BY_COUNT)
            .bind(account)
            .bind(DEAD_LETTERS_MAX),
    ]
}

/// Returns the time up to which dead letters are deleted.
fn oldest() -> WallTime {
    let life = i64::try_from(DEAD_LETTER_LIFE.as_millis()).unwrap_or(i64::MAX);
    WallTime(open::now().0.saturating_sub(life))
}

fn dead_letter(row: &SqliteRow) -> Result<DeadLetter, StoreError> {
    let event: OutboxEvent = decoded(row, 1)?;
    Ok(DeadLetter {
        event: Arc::new(event),
        date_updated: WallTime(row.try_get(0).map_err(unreadable)?),
        reason: decoded(row, 2)?,
    })
}
