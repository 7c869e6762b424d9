//! Connection limits: a total, and a limit for each client network, so that a client with many
//! connections cannot lock out others. A permit is released when it is dropped.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use confab_terms::ClientNetwork;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permits of all connections.
#[derive(Clone, Debug)]
pub(crate) struct Seats {
    all: usize,
    of_one: usize,
    free: Arc<Semaphore>,
    taken: Arc<Mutex<HashMap<ClientNetwork, usize>>>,
}

/// Permit of a connection.
#[derive(Debug)]
pub(crate) struct Seat {
    from: ClientNetwork,
    taken: Arc<Mutex<HashMap<ClientNetwork, usize>>>,
    _free: OwnedSemaphorePermit,
}

impl Seats {
    /// Creates permits: `all` in total, `of_one` for each client network.
    pub(crate) fn new(all: usize, of_one: usize) -> Self {
        Self {
            all,
            of_one,
            free: Arc::new(Semaphore::new(all)),
            taken: Arc::default(),
        }
    }

    /// Acquires a permit for a client; `None` if a limit is reached.
    pub(crate) fn take(&self, from: IpAddr) -> Option<Seat> {
        let free = Arc::clone(&self.free).try_acquire_owned().ok()?;
        let from = ClientNetwork::of(from);
        let mut taken = lock(&self.taken);
        let count = taken.entry(from).or_default();
        if *count >= self.of_one {
            return None;
        }
        *count += 1;
        Some(Seat {
            from,
            taken: Arc::clone(&self.taken),
            _free: free,
        })
    }

    /// Returns when all permits are free.
    pub(crate) async fn all_free(&self) {
        let all = u32::try_from(self.all).unwrap_or(u32::MAX);
        // The semaphore is never closed.
        let _ = self.free.acquire_many(all).await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(count) = taken.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.from);
            }
        }
    }
}

fn lock(
    taken: &Mutex<HashMap<ClientNetwork, usize>>,
) -> MutexGuard<'_, HashMap<ClientNetwork, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
