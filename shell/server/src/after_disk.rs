//! Actions that run once the rows written so far are on the disk: callbacks of ended recordings.

use std::sync::Arc;

use confab_store::Store;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// Maximum number of delayed actions; beyond this limit an action runs immediately.
const WAITING_MAX: u32 = 1_000;

/// Queue of actions that run after the store has written its rows to the disk.
#[derive(Clone)]
pub(crate) struct AfterDisk {
    store: Arc<dyn Store>,
    runtime: Handle,
    /// Semaphore with a permit for each further delayed action.
    permits: Arc<Semaphore>,
}

impl AfterDisk {
    /// Creates the queue of delayed actions; must be called within a tokio runtime.
    pub(crate) fn new(store: &Arc<dyn Store>) -> Self {
        Self {
            store: Arc::clone(store),
            runtime: Handle::current(),
            permits: Arc::new(Semaphore::new(WAITING_MAX as usize)),
        }
    }

    /// Runs an action once all current entries of the store are on the disk, or lost.
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
            // Not an error of this action: a lost entry has its own notice.
            let _written = store.flush().await;
            action();
            drop(permit);
        });
    }

    /// Waits until no delayed action is left.
    pub(crate) async fn settled(&self) {
        // The semaphore is never closed.
        let _all = self.permits.acquire_many(WAITING_MAX).await;
    }
}
