//! The writer: the only one who writes history, from the queue to the disk.

use std::sync::Arc;
use std::time::Duration;

use confab_switchboard::{Notice, RecordingOf, Severity};
use confab_terms::AccountSid;
use confab_terms::limits::NOTICES_MAX;

use crate::Entry;
use crate::database::{Database, Statement};
use crate::outage::own_notice;
use crate::pending::{Kept, Pending};
use crate::statements::FORGET_NOTICES;

/// How long the writer rests after the disk refused.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// The writer: in order, a batch a transaction; what the disk refuses is tried again.
pub(crate) async fn write_all(database: Arc<Database>, account: AccountSid, pending: Arc<Pending>) {
    let account = account.to_string();
    while let Some(batch) = pending.batch().await {
        match database.write(statements(&account, &batch)).await {
            Ok(_) => {
                pending.written(batch.len());
                database.outage.end();
                if let Some(lost) = pending.lost_untold() {
                    pending.keep_own(Kept::new(Entry::Notice(loss(lost))));
                }
            }
            Err(_) => tokio::time::sleep(RETRY_WAIT).await,
        }
    }
}

/// What the owner of the account is told of entries that are nowhere.
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
    batch: &'q [Arc<Kept>],
) -> impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send {
    let has_notice = batch
        .iter()
        .any(|kept| matches!(kept.entry, Entry::Notice(_)));
    let forget =
        has_notice.then(|| Ok(sqlx::query(FORGET_NOTICES).bind(account).bind(NOTICES_MAX)));
    let entries = batch.iter().map(move |kept| statement(account, kept));
    entries.chain(forget)
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
