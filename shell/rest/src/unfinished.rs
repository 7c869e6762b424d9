//! Shared budget for received bytes of all HTTP connections that are not yet a complete request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use confab_terms::limits::{HTTP_HEAD_ORDINARY_BYTES, HTTP_UNFINISHED_BYTES_MAX};

/// Bytes of all connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budget(Arc<AtomicUsize>);

/// Bytes of a connection. Cheap to clone; dropping the last clone releases the bytes.
#[derive(Clone, Debug)]
pub(crate) struct Unfinished(Arc<Own>);

#[derive(Debug)]
struct Own {
    all: Budget,
    bytes: AtomicUsize,
    /// True while a request is answered: received bytes are its body.
    answering: AtomicBool,
}

impl Budget {
    /// Returns the byte count of a new connection.
    pub(crate) fn connection(&self) -> Unfinished {
        Unfinished(Arc::new(Own {
            all: self.clone(),
            bytes: AtomicUsize::new(0),
            answering: AtomicBool::new(false),
        }))
    }
}

impl Unfinished {
    /// Counts received bytes. Returns false if the budget is exceeded and this connection has more
    /// bytes than an ordinary head.
    pub(crate) fn received(&self, count: usize) -> bool {
        let own = &self.0;
        if own.answering.load(Relaxed) {
            return true;
        }
        let bytes = own.bytes.fetch_add(count, Relaxed) + count;
        let all = own.all.0.fetch_add(count, Relaxed) + count;
        bytes <= HTTP_HEAD_ORDINARY_BYTES || all <= HTTP_UNFINISHED_BYTES_MAX
    }

    /// Records that the head of a request was read.
    pub(crate) fn began(&self) {
        self.0.answering.store(true, Relaxed);
        self.0.give_back();
    }

    /// Records that a response was sent: the next bytes are another head.
    pub(crate) fn answered(&self) {
        self.0.answering.store(false, Relaxed);
        self.0.give_back();
    }
}

impl Own {
    fn give_back(&self) {
        let bytes = self.bytes.swap(0, Relaxed);
        self.all.0.fetch_sub(bytes, Relaxed);
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_closes_long_heads_only_and_is_given_back() {
        let budget = Budget::default();
        let long: Vec<_> = (0..HTTP_UNFINISHED_BYTES_MAX / 32_768)
            .map(|_| budget.connection())
            .collect();
        assert!(long.iter().all(|one| one.received(32_768)));
        let (next, short) = (budget.connection(), budget.connection());
        assert!(!next.received(HTTP_HEAD_ORDINARY_BYTES + 1));
        assert!(short.received(HTTP_HEAD_ORDINARY_BYTES));
        // A request in progress may have a body.
        short.began();
        assert!(short.received(1_000_000));
        short.answered();
        drop((long, next));
        assert_eq!(budget.0.load(Relaxed), 0);
        let long = budget.connection();
        assert!(long.received(HTTP_UNFINISHED_BYTES_MAX));
    }
}
