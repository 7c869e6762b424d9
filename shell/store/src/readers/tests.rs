//! Endless reads: SQLite interrupts each at the deadline, and none delays a read of another kind.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;

use confab_switchboard::CallStatus;
use confab_terms::{CallSid, WallTime};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::*;
use crate::{
    CallFilter, ConferenceFilter, Given, Order, Part, SqliteStore, Store as _, TimeRange, open,
};

type Read = JoinHandle<Result<Vec<SqliteRow>, StoreError>>;

struct Opened {
    dir: PathBuf,
    store: Arc<SqliteStore>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_dir_all(&self.dir);
    }
}

impl Opened {
    async fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("confab-reads-{name}-{}", std::process::id()));
        let _left_over = std::fs::remove_dir_all(&dir);
        let store = Arc::new(open(&dir, &Given::default()).await.unwrap().0);
        Self { dir, store }
    }

    fn endless(&self, cost: Cost) -> Read {
        let database = Arc::clone(&self.store.database);
        let sql = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n)
            SELECT n FROM n WHERE n < 0";
        tokio::spawn(async move { database.list(QueryBuilder::new(sql), cost).await })
    }

    async fn page(&self) -> Duration {
        let began = Instant::now();
        let part = Part {
            order: Order::NewestFirst,
            after: None,
            count: 51,
        };
        let page = self.store.calls(CallFilter::default(), part).await;
        assert_eq!(page.unwrap(), []);
        began.elapsed()
    }

    async fn point(&self) -> Duration {
        let began = Instant::now();
        let call = self.store.call(CallSid::from_random(1)).await.unwrap();
        assert_eq!(call, None);
        began.elapsed()
    }
}

/// Waits for reads; returns the number that met the deadline, and the number without a connection.
async fn ends(reads: Vec<Read>) -> (usize, usize) {
    let (mut slow, mut busy) = (0, 0);
    for read in reads {
        match read.await.unwrap().map(|_| ()).unwrap_err() {
            StoreError::TooSlow(_) => slow += 1,
            StoreError::Busy => busy += 1,
            other => panic!("{other}"),
        }
    }
    (slow, busy)
}

const SOON: Duration = Duration::from_millis(700);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twelve_endless_searches_delay_no_other_list_and_end_at_their_deadline() {
    let opened = Opened::new("searches").await;
    let began = Instant::now();
    let searches: Vec<_> = (0..12).map(|_| opened.endless(Cost::Search)).collect();
    while began.elapsed() < Duration::from_secs(3) {
        let (page, point) = (opened.page().await, opened.point().await);
        assert!(page < SOON && point < SOON, "{page:?} {point:?}");
        sleep(Duration::from_millis(100)).await;
    }
    let (slow, busy) = ends(searches).await;
    assert!(slow >= 2, "{slow} too slow, {busy} without a connection");
    let took = began.elapsed();
    assert!(took < 2 * LIST_TIME + LIST_WAIT, "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn endless_lists_delay_no_entry_that_is_read_by_its_sid() {
    let opened = Opened::new("lists").await;
    let lists: Vec<_> = (0..12).map(|_| opened.endless(Cost::Page)).collect();
    for _ in 0..10 {
        let point = opened.point().await;
        assert!(point < SOON, "{point:?}");
        sleep(Duration::from_millis(100)).await;
    }
    let (slow, busy) = ends(lists).await;
    assert!(slow >= 4, "{slow} too slow, {busy} without a connection");
    assert!(opened.page().await < SOON);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connection_of_a_client_that_went_away_is_lent_again_once_sqlite_has_stopped() {
    let opened = Opened::new("away").await;
    let began = Instant::now();
    for _ in 0..SEARCH_READERS {
        let search = opened.endless(Cost::Search);
        sleep(Duration::from_millis(100)).await;
        search.abort();
    }
    let sql = QueryBuilder::new("SELECT 1");
    let found = opened.store.database.list(sql, Cost::Search).await;
    let took = began.elapsed();
    assert_eq!(found.unwrap().len(), 1, "{took:?}");
    assert!(took >= LIST_TIME - SOON, "SQLite worked on: {took:?}");
}

#[test]
fn filters_that_no_index_has_together_are_searches() {
    let range = TimeRange {
        from: Some(WallTime(1)),
        before: None,
    };
    let none = TimeRange::default();
    let text = || Some("a".to_owned());
    let busy = Some(CallStatus::Busy);
    for (from, to, status, start_time, end_time, has_index) in [
        (None, None, None, none, none, true),
        (text(), None, None, range, none, true),
        (None, text(), None, none, range, true),
        (None, None, busy, range, none, true),
        (text(), text(), None, none, none, false),
        (text(), None, busy, none, none, false),
        (None, None, None, range, range, false),
    ] {
        let filter = CallFilter {
            from,
            to,
            status,
            start_time,
            end_time,
        };
        assert_eq!(filter.has_index(), has_index, "{filter:?}");
    }
    for (created, updated, has_index) in [
        (none, none, true),
        (range, none, true),
        (none, range, true),
        (range, range, false),
    ] {
        let filter = ConferenceFilter {
            friendly_name: text(),
            created,
            updated,
        };
        assert_eq!(filter.has_index(), has_index, "{filter:?}");
    }
}
