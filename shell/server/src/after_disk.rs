//! Actions that wait until the history kept so far is on the disk: callbacks of ended recordings.

use std::sync::Arc;

use confab_store::Store;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// Actions that wait at once; beyond it an action does not wait.
const WAITING_MAX: u32 = 1_000;

/// Runs actions after the disk.
#[derive(Clone)]
pub(crate) struct AfterDisk {
    store: Arc<dyn Store>,
    runtime: Handle,
    /// One permit for each action that does not wait.
    permits: Arc<Semaphore>,
}

impl AfterDisk {
    /// Called within a tokio runtime.
    pub(crate) fn new(store: &Arc<dyn Store>) -> Self {
        Self {
            store: Arc::clone(store),
            runtime: Handle::current(),
            permits: Arc::new(Semaphore::new(WAITING_MAX as usize)),
        }
    }

    /// Runs an action once everything that the store keeps by now is on the disk, or lost.
    pub(crate) fn run(&self, action: impl FnOnce() + Send + 'static) {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            tracing::warn!(
                limit = WAITING_MAX,
                "a recording is reported before its row is on the disk"
            );
            action();
            return;
        };
        let store = Arc::clone(&self.store);
        self.runtime.spawn(async move {
            // Not an error of this action: an entry that was lost has its own notice.
            let _written = store.flush().await;
            action();
            drop(permit);
        });
    }

    /// Waits until no action waits.
    pub(crate) async fn settled(&self) {
        // The semaphore is never closed.
        let _all = self.permits.acquire_many(WAITING_MAX).await;
    }
}
