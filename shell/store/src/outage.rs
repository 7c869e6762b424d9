//! Outages of the disk: from the first write that fails or takes too long, to the next write of the
//! history that succeeds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use confab_switchboard::{Notice, Severity};
use confab_terms::limits::HISTORY_PENDING_MAX;

use crate::Entry;
use crate::open;
use crate::pending::{Kept, Pending};

/// Vendor's code of an internal error.
const CODE: u32 = 20_500;

/// State of the disk, as observed by writes.
pub(crate) struct Outage {
    pending: Arc<Pending>,
    began: Mutex<Option<Instant>>,
}

impl Outage {
    pub(crate) fn new(pending: Arc<Pending>) -> Self {
        Self {
            pending,
            began: Mutex::default(),
        }
    }

    // Changes are complete before anything can panic: a poisoned lock guards consistent data.
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.began.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the queue that holds the history during an outage.
    pub(crate) fn pending(&self) -> &Arc<Pending> {
        &self.pending
    }

    /// Returns true during an outage.
    pub(crate) fn is_on(&self) -> bool {
        self.lock().is_some()
    }

    /// Reports the first failure of an outage in the log and by a notice. The notice is queued with
    /// the history: the writer retries until it succeeds, and so detects the end of the outage.
    pub(crate) fn begin(&self, reason: &str) {
        {
            let mut began = self.lock();
            if began.is_some() {
                return;
            }
            *began = Some(Instant::now());
        }
        tracing::error!(reason, "the history cannot be written: trying again");
        let message = format!(
            "the history cannot be written ({reason}): calls go on, and up to \
             {HISTORY_PENDING_MAX} entries wait in memory"
        );
        self.pending.keep_own(Kept::new(Entry::Notice(own_notice(
            Severity::Warning,
            message,
        ))));
    }

    /// Reports the end of an outage in the log.
    pub(crate) fn end(&self) {
        if let Some(began) = self.lock().take() {
            let seconds = began.elapsed().as_secs();
            tracing::warn!(seconds, "the history is written again");
        }
    }
}

/// Creates a notice about the store itself.
pub(crate) fn own_notice(severity: Severity, message: String) -> Notice {
    Notice {
        code: CODE,
        severity,
        message,
        at: open::now(),
        call: None,
        conference: None,
        url: None,
        method: None,
        exchange: None,
    }
}
