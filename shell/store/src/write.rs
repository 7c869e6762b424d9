//! The writer: the only task that writes the history, from the queue to the disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use confab_switchboard::{Notice, Severity};
use confab_terms::AccountSid;
use tokio::time::{Instant as Clock, sleep, sleep_until};

use crate::Entry;
use crate::database::{Database, Statement};
use crate::limits::WRITE_INTERVAL;
use crate::outage::own_notice;
use crate::outbox_queue::OutboxBatch;
use crate::pending::{Batch, Kept, Pending};
use crate::{dead_letters, entries, outbox, registrations, rows};

/// Pause of the writer after a failed write.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// Time between two deletions of old dead letters.
const PRUNE_PAUSE: Duration = Duration::from_secs(3_600);
/// Time between two deletions of old dead letters while new ones are written.
const PRUNE_PAUSE_BUSY: Duration = Duration::from_secs(10);

/// Writes queued changes in order, one batch in each transaction, and retries failed batches. A
/// change that finds the writer idle is written at once. Transactions begin `WRITE_INTERVAL` apart:
/// under load, one transaction contains the changes of many calls.
pub(crate) async fn write_all(database: Arc<Database>, account: AccountSid, pending: Arc<Pending>) {
    let account = account.to_string();
    let mut pruned: Option<Instant> = None;
    while let Some(batch) = pending.batch().await {
        let began = Clock::now();
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
                if !pending.is_behind() {
                    sleep_until(began + WRITE_INTERVAL).await;
                }
            }
            Err(_) => sleep(RETRY_WAIT).await,
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
    let entries = entries::statements(account, &batch.history);
    let prune = prunes.then(|| dead_letters::prune(account).map(Ok));
    let outbox = outbox_statements(account, &batch.outbox);
    let prune = prune.into_iter().flatten();
    let registrations = registrations::statements(account, &batch.registrations);
    let rows = rows::statements(account, batch);
    let live = rows.chain(registrations);
    entries.chain(outbox).chain(live).chain(prune)
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
    let events = outbox::insert(account, &batch.events);
    let dead = batch.ended.iter().filter_map(|ended| ended.dead.as_ref());
    let dead = dead.map(move |dead| dead_letters::insert(account, dead));
    events.chain(dead).chain(outbox::delete(&batch.ended))
}
