//! Fetches in progress, each of which can be cancelled.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use confab_terms::FetchId;
use tokio::sync::oneshot::{Receiver, Sender, channel};

type Senders = BTreeMap<FetchId, Sender<()>>;

/// Fetches in progress: as many as `confab_web` runs and queues.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetches(Arc<Mutex<Senders>>);

/// Cancellation of a fetch.
pub(crate) struct Cancelled {
    fetch: FetchId,
    all: Fetches,
    signal: Receiver<()>,
}

impl Fetches {
    fn lock(&self) -> MutexGuard<'_, Senders> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a fetch.
    pub(crate) fn begin(&self, fetch: FetchId) -> Cancelled {
        let (sender, signal) = channel();
        self.lock().insert(fetch, sender);
        Cancelled {
            fetch,
            all: self.clone(),
            signal,
        }
    }

    /// Cancels a fetch; no effect if the fetch is complete.
    pub(crate) fn cancel(&self, fetch: FetchId) {
        if let Some(sender) = self.lock().remove(&fetch) {
            let _over = sender.send(());
        }
    }
}

impl Cancelled {
    /// Waits for the fetch; returns `None` if it was cancelled. A complete fetch takes precedence.
    pub(crate) async fn or<T>(mut self, fetch: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            result = fetch => Some(result),
            Ok(()) = &mut self.signal => None,
        }
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.all.lock().remove(&self.fetch);
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use confab_terms::FetchId;

    use super::Fetches;

    #[tokio::test]
    async fn a_cancelled_fetch_brings_nothing_and_a_ready_one_its_result() {
        let fetches = Fetches::default();
        let waits = fetches.begin(FetchId(1));
        let other = fetches.begin(FetchId(2));
        fetches.cancel(FetchId(1));
        assert_eq!(waits.or(pending::<u8>()).await, None);
        fetches.cancel(FetchId(2));
        assert_eq!(other.or(ready(7)).await, Some(7));
        assert!(fetches.lock().is_empty());
        fetches.cancel(FetchId(2));
    }
}
