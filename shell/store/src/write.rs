//! The writer: the only task that writes the history, from the queue to the disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use confab_switchboard::{Notice, RecordingOf, Severity};
use confab_terms::AccountSid;
use confab_terms::limits::NOTICES_MAX;

use crate::Entry;
use crate::database::{Database, Statement};
use crate::outage::own_notice;
use crate::outbox_queue::OutboxBatch;
use crate::pending::{Batch, Kept, Pending};
use crate::statements::FORGET_NOTICES;
use crate::{dead_letters, outbox, registrations, rows};

/// Pause of the writer after a failed write.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// Time between two deletions of old dead letters.
const PRUNE_PAUSE: Duration = Duration::from_secs(3_600);
/// Time between two deletions of old dead letters while new ones are written.
const PRUNE_PAUSE_BUSY: Duration = Duration::from_secs(10);

/// Writes queued changes in order, one batch in each transaction, and retries failed batches.
pub(crate) async fn write_all(database: Arc<Database>, account: AccountSid, pending: Arc<Pending>) {
    let account = account.to_string();
    let mut pruned: Option<Instant> = None;
    while let Some(batch) = pending.batch().await {
        let prunes = pruned.is_none_or(|at| at.elapsed() > prune_pause(&batch));
        match database.write(statements(&account, &batch, prunes)).await {
            Ok(_) => {
                if prunes {
                    pruned = Some(Instant::now());
                }
                pending.written(&batch);
                database.outage.end();
                if let Some(lost) = pending.lost_untold() {
                    pending.keep_own(Kept::new(Entry::Notice(loss(lost))));
                }
            }
            Err(_) => tokio::time::sleep(RETRY_WAIT).await,
        }
    }
}

/// Returns the notice that reports lost entries.
fn loss(entries: u64) -> Notice {
    let message = format!(
        "{entries} entries of the history (calls, conferences, notifications) were lost: they \
         came faster than the disk took them"
    );
    own_notice(Severity::Error, message)
}

/// Returns the statements that write a batch.
fn statements<'q>(
    account: &'q str,
    batch: &'q Batch,
    prunes: bool,
) -> impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send {
    let Batch {
        history, outbox, ..
    } = batch;
    let has_notice = history
        .iter()
        .any(|kept| matches!(kept.entry, Entry::Notice(_)));
    let forget =
        has_notice.then(|| Ok(sqlx::query(FORGET_NOTICES).bind(account).bind(NOTICES_MAX)));
    let entries = history.iter().map(move |kept| statement(account, kept));
    let prune = prunes.then(|| dead_letters::prune(account).map(Ok));
    let outbox = outbox_statements(account, outbox);
    let prune = prune.into_iter().flatten();
    let registrations = registrations::statements(account, &batch.registrations);
    let rows = rows::statements(account, batch);
    let live = rows.chain(registrations);
    entries.chain(forget).chain(outbox).chain(live).chain(prune)
}

/// Returns the time between two deletions of old dead letters.
fn prune_pause(batch: &Batch) -> Duration {
    let has_dead = batch.outbox.ended.iter().any(|ended| ended.dead.is_some());
    match has_dead {
        true => PRUNE_PAUSE_BUSY,
        false => PRUNE_PAUSE,
    }
}

/// Returns the statements that write the changes of the outbox.
fn outbox_statements<'q>(
    account: &'q str,
    batch: &'q OutboxBatch,
) -> impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send {
    let events = batch.events.iter();
    let events = events.map(move |(id, event)| outbox::insert(account, *id, event));
    let dead = batch.ended.iter().filter_map(|ended| ended.dead.as_ref());
    let dead = dead.map(move |dead| dead_letters::insert(account, dead));
    let ended = batch.ended.iter();
    let ended = ended.map(|ended| Ok(outbox::delete(ended.id)));
    events.chain(dead).chain(ended)
}

/// Returns the statement that writes an entry.
fn statement<'q>(account: &'q str, kept: &'q Kept) -> Result<Statement<'q>, sqlx::Error> {
    Ok(match &kept.entry {
        Entry::Conference(view) => sqlx::query(
            "INSERT OR REPLACE INTO conferences
             (sid, account, friendly_name, date_created, date_updated, view)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(&kept.sid)
        .bind(account)
        .bind(&view.friendly_name)
        .bind(view.date_created.0)
        .bind(view.date_updated.0)
        .bind(json(view)?),
        Entry::Call(view) => sqlx::query(
            "INSERT OR REPLACE INTO calls (sid, account, date_created, view)
             VALUES (?, ?, ?, ?)",
        )
        .bind(&kept.sid)
        .bind(account)
        .bind(view.date_created.0)
        .bind(json(view)?),
        Entry::Recording(view) => {
            let (call, conference) = match view.of {
                RecordingOf::Call(call) => (Some(call.to_string()), None),
                RecordingOf::Conference(sid) => (None, Some(sid.to_string())),
            };
            sqlx::query(
                "INSERT OR REPLACE INTO recordings
                 (sid, account, call, conference, is_live, date_created, view)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(&kept.sid)
            .bind(account)
            .bind(call)
            .bind(conference)
            .bind(view.status.is_live())
            .bind(view.date_created.0)
            .bind(json(view)?)
        }
        Entry::Notice(notice) => sqlx::query(
            "INSERT OR REPLACE INTO notices (sid, account, call, at, notice)
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&kept.sid)
        .bind(account)
        .bind(notice.call.map(|call| call.to_string()))
        .bind(notice.at.0)
        .bind(json(notice)?),
    })
}

fn json<T: serde::Serialize>(view: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(view).map_err(|e| sqlx::Error::Encode(e.into()))
}
