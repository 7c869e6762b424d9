//! Queue of the writer, bounded. Reads search the queue before the disk, so an entry is found as
//! soon as it is kept. No SQL here.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use confab_switchboard::RowChange;
use confab_terms::limits::{
    HISTORY_BATCH_MAX, HISTORY_PENDING_MAX, NOTICES_PENDING_MAX, RECORDINGS_PENDING_MAX,
};
use confab_terms::{CallSid, Now};
use tokio::sync::Notify;

use crate::outbox::{Ended, OutboxEvent};
use crate::outbox_queue::{OutboxBatch, OutboxQueue};
use crate::pending_rows::{PendingRows, RowKey, WaitingRow};
use crate::registrations::{PendingRegistrations, StoredRegistration};
use crate::{Entry, open};

/// Entry with the sid under which it is stored.
pub(crate) struct Kept {
    pub(crate) sid: String,
    pub(crate) entry: Entry,
}

impl Kept {
    pub(crate) fn new(entry: Entry) -> Self {
        let (sid, entry) = match entry {
            Entry::Call(call) => (call.sid.to_string(), Entry::Call(call)),
            Entry::Conference(view) => (view.sid.to_string(), Entry::Conference(view)),
            Entry::Recording(view) => (view.sid.to_string(), Entry::Recording(view)),
            Entry::Notice(notice) => (notice_sid(), Entry::Notice(notice.tidied())),
        };
        Self { sid, entry }
    }
}

/// Changes to write in one transaction.
pub(crate) struct Batch {
    pub(crate) history: Vec<Arc<Kept>>,
    pub(crate) outbox: OutboxBatch,
    pub(crate) rows: Vec<WaitingRow>,
    pub(crate) alive: Option<Now>,
    pub(crate) registrations: Vec<Arc<StoredRegistration>>,
    /// True if the batch contains the whole queue.
    is_whole: bool,
}

/// Random bits of a notice's sid, below the bits of the counter.
const RANDOM_BITS: u32 = 80;

/// Returns a sid for the next notice. Lists are sorted by time and sid, newest first. Sids descend:
/// the notices of one millisecond, such as the warnings of one document, are listed in the order in
/// which they were kept.
fn notice_sid() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let descending = !COUNT.fetch_add(1, Ordering::Relaxed);
    // Without random numbers, the count alone distinguishes the notices of one run.
    let random = open::random().map_or(0, u128::from_be_bytes);
    let random = random & ((1 << RANDOM_BITS) - 1);
    CallSid::from_random(u128::from(descending) << RANDOM_BITS | random).to_string()
}

#[derive(Default)]
struct Queue {
    entries: VecDeque<Arc<Kept>>,
    taken: u64,
    written: u64,
    closed: bool,
    rows: PendingRows,
    registrations: PendingRegistrations,
    /// True while the writer takes no batch.
    is_held: bool,
    /// True if the next transaction writes the whole queue.
    is_whole: bool,
    /// Number of lost entries that a notice has reported.
    lost_told: u64,
    outbox: OutboxQueue,
}

impl Queue {
    fn is_empty(&self) -> bool {
        let has_rows = !self.rows.is_empty() || !self.registrations.is_empty();
        self.entries.is_empty() && self.outbox.is_empty() && !has_rows
    }

    /// Returns the next changes to write.
    fn batch(&mut self) -> Batch {
        let most = match self.is_whole {
            true => usize::MAX,
            false => HISTORY_BATCH_MAX,
        };
        let history: Vec<_> = self.entries.iter().take(most).cloned().collect();
        // The disk never has a row that is newer than the history.
        let before = self.written + history.len() as u64;
        let (rows, alive) = self.rows.batch(before);
        Batch {
            history,
            outbox: self.outbox.batch(most),
            rows,
            alive,
            registrations: self.registrations.batch(),
            is_whole: self.is_whole,
        }
    }
}

/// Queue of the writer.
#[derive(Default)]
pub(crate) struct Pending {
    queue: Mutex<Queue>,
    /// Signal to the writer: the queue has changes, or was closed.
    filled: Notify,
    /// Signal to waiting tasks: a batch was written, or the outbox is empty.
    drained: Notify,
    lost: AtomicU64,
}

impl Pending {
    // Changes are complete before anything can panic: a poisoned lock guards consistent data.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keep(&self, kept: Kept) {
        let most = match kept.entry {
            // Others can cause any number of notices: calls and conferences still find room.
            Entry::Notice(_) => NOTICES_PENDING_MAX,
            Entry::Call(_) | Entry::Conference(_) => HISTORY_PENDING_MAX,
            // The file of a recording without a row could be neither found nor deleted.
            Entry::Recording(_) => HISTORY_PENDING_MAX + RECORDINGS_PENDING_MAX,
        };
        let queue = self.lock();
        if queue.entries.len() >= most {
            drop(queue);
            let before = self.lost.fetch_add(1, Ordering::Relaxed);
            tracing::error!(before, "the queue of the history is full: an entry is lost");
            return;
        }
        self.push(queue, kept);
    }

    /// Keeps a notice about the store itself; there is at most one for each batch written.
    pub(crate) fn keep_own(&self, kept: Kept) {
        self.push(self.lock(), kept);
    }

    fn push(&self, mut queue: MutexGuard<'_, Queue>, kept: Kept) {
        queue.entries.push_back(Arc::new(kept));
        queue.taken += 1;
        drop(queue);
        self.filled.notify_one();
    }

    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Returns the number of entries that wait to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().entries.len()
    }

    /// Returns true if the next batch is full, or nothing more will be queued.
    pub(crate) fn is_behind(&self) -> bool {
        let queue = self.lock();
        queue.closed || queue.entries.len() >= HISTORY_BATCH_MAX
    }

    /// Returns the number of lost entries to report, if any and if the queue has room for a notice.
    pub(crate) fn lost_untold(&self) -> Option<u64> {
        let lost = self.lost();
        let mut queue = self.lock();
        let untold = lost - queue.lost_told;
        if untold == 0 || queue.entries.len() > NOTICES_PENDING_MAX / 2 {
            return None;
        }
        queue.lost_told = lost;
        Some(untold)
    }

    /// Returns the first result of `pick`, from the newest entry on.
    pub(crate) fn find<T>(&self, pick: impl Fn(&Kept) -> Option<T>) -> Option<T> {
        self.lock().entries.iter().rev().find_map(|kept| pick(kept))
    }

    /// Returns all results of `pick`, in the order in which the entries were kept.
    pub(crate) fn all<T>(&self, pick: impl Fn(&Kept) -> Option<T>) -> Vec<T> {
        self.lock()
            .entries
            .iter()
            .filter_map(|kept| pick(kept))
            .collect()
    }

    /// Keeps an event of the outbox until it ends.
    pub(crate) fn keep_event(&self, id: u64, event: Arc<OutboxEvent>) {
        self.lock().outbox.keep(id, event);
        self.filled.notify_one();
    }

    /// Removes an event of the outbox.
    pub(crate) fn outbox_ended(&self, ended: Ended) {
        let mut queue = self.lock();
        queue.outbox.ended(ended);
        let is_empty = queue.outbox.is_empty();
        drop(queue);
        match is_empty {
            true => self.drained.notify_waiters(),
            false => self.filled.notify_one(),
        }
    }

    /// Reads the waiting changes of the outbox.
    pub(crate) fn outbox<T>(&self, read: impl FnOnce(&OutboxQueue) -> T) -> T {
        read(&self.lock().outbox)
    }

    /// Waits until no change of the outbox is queued.
    pub(crate) async fn outbox_drained(&self) {
        loop {
            let drained = self.drained.notified();
            if self.lock().outbox.is_empty() {
                return;
            }
            drained.await;
        }
    }

    /// Writes all entries that `keep` adds in one transaction.
    pub(crate) fn together(&self, keep: impl FnOnce()) {
        self.lock().is_held = true;
        keep();
        let mut queue = self.lock();
        (queue.is_held, queue.is_whole) = (false, true);
        drop(queue);
        self.filled.notify_one();
    }

    /// Queues a change of the row of a live call or conference.
    pub(crate) fn change_row(&self, at: Now, change: RowChange) {
        let mut queue = self.lock();
        let after = queue.taken;
        queue.rows.change(at, change, after);
        drop(queue);
        self.filled.notify_one();
    }

    /// Queues a change of a user's contacts; a change that finds the queue full is counted as lost.
    pub(crate) fn change_registration(&self, stored: StoredRegistration) {
        let taken = self.lock().registrations.change(stored);
        if !taken {
            let before = self.lost.fetch_add(1, Ordering::Relaxed);
            tracing::error!(before, "a registration is not stored: too many wait");
        }
        self.filled.notify_one();
    }

    /// Registers rows that an earlier process left on the disk.
    pub(crate) fn found_rows(&self, keys: impl Iterator<Item = RowKey>) {
        self.lock().rows.found(keys);
    }

    /// Returns the next changes to write, which stay queued until `written`. Waits for changes;
    /// returns `None` if the queue is closed and empty.
    pub(crate) async fn batch(&self) -> Option<Batch> {
        loop {
            let filled = self.filled.notified();
            {
                let mut queue = self.lock();
                if !queue.is_empty() && !queue.is_held {
                    return Some(queue.batch());
                }
                if queue.closed && queue.is_empty() {
                    return None;
                }
            }
            filled.await;
        }
    }

    /// Removes a batch that is on the disk.
    pub(crate) fn written(&self, batch: &Batch) {
        let mut queue = self.lock();
        let count = batch.history.len().min(queue.entries.len());
        queue.entries.drain(..count);
        queue.outbox.written(&batch.outbox);
        queue.written += count as u64;
        queue.is_whole &= !batch.is_whole;
        queue.rows.written(&batch.rows, batch.alive);
        queue.registrations.written(&batch.registrations);
        drop(queue);
        self.drained.notify_waiters();
    }

    /// Waits until everything kept so far is written.
    pub(crate) async fn drained(&self) {
        let (target, rows, registrations) = {
            let queue = self.lock();
            let registrations = queue.registrations.changes();
            (queue.taken, queue.rows.changes(), registrations)
        };
        loop {
            let drained = self.drained.notified();
            {
                let queue = self.lock();
                let is_written = queue.written >= target
                    && queue.rows.is_written(rows)
                    && queue.registrations.is_written(registrations);
                if is_written {
                    return;
                }
            }
            drained.await;
        }
    }

    /// Closes the queue: the writer ends once the queue is empty.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_one();
    }
}
