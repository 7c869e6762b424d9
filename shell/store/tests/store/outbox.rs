//! The outbox on the disk: over restarts and outages, in order; dead letters.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use confab_store::{
    DeadLetter, DeadLetters, DeathReason, Order, Outbox, OutboxEvent, Part, SqliteStore,
};
use confab_switchboard::{About, TimeOuts};
use confab_terms::{ConferenceSid, Method, WallTime};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

use crate::dir::{Dir, opened};

/// 1 January 2026, in milliseconds since 1970.
const NOW: i64 = 1_767_225_600_000;

fn event(n: u64) -> Arc<OutboxEvent> {
    Arc::new(OutboxEvent {
        token: ConferenceSid::from_random(u128::from(n)).to_string(),
        about: About::Conference(ConferenceSid::from_random(u128::from(n % 3))),
        url: "http://app.example.com/events".to_owned(),
        method: Method::Post,
        fields: vec![("SequenceNumber".to_owned(), n.to_string())],
        time_outs: TimeOuts::default(),
        created: WallTime(NOW + n as i64),
        bytes: 300,
    })
}

fn dead(n: u64, at: WallTime) -> DeadLetter {
    DeadLetter {
        event: event(n),
        date_updated: at,
        reason: DeathReason {
            code: 11_217,
            message: "answered with status 404".to_owned(),
            has_expired: false,
            status: Some(404),
        },
    }
}

fn days_ago(days: i64) -> WallTime {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    WallTime(since.as_millis() as i64 - days * 86_400_000)
}

async fn ids(store: &SqliteStore) -> Vec<u64> {
    let mut ids: Vec<u64> = Vec::new();
    loop {
        let after = ids.last().copied().unwrap_or(0);
        let rows = store.outbox_rows(after, 100).await.unwrap();
        if rows.is_empty() {
            return ids;
        }
        ids.extend(rows.iter().map(|row| row.id));
    }
}

async fn dead_letters(store: &SqliteStore) -> Vec<DeadLetter> {
    let part = Part {
        order: Order::NewestFirst,
        after: None,
        count: 1_000,
    };
    store.dead_letters(part).await.unwrap()
}

async fn beside(dir: &Path) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(dir.join("confab.db"));
    file.connect().await.unwrap()
}

async fn run(disk: &mut SqliteConnection, statement: &'static str) {
    sqlx::query(statement).execute(disk).await.unwrap();
}

#[tokio::test]
async fn events_survive_a_restart_in_order() {
    let dir = Dir::new("outbox-restart");
    let store = opened(&dir.0).await;
    assert_eq!(store.last_event_id().await.unwrap(), 0);
    // Kept in another order than that of the numbers, as by several threads.
    for n in (1..=700).rev() {
        store.keep_event(n, event(n));
    }
    store.flush_outbox().await.unwrap();
    drop(store);
    let store = opened(&dir.0).await;
    assert_eq!(ids(&store).await, (1..=700).collect::<Vec<_>>());
    assert_eq!(store.last_event_id().await.unwrap(), 700);
    assert_eq!(store.outbox_event(7).await.unwrap(), Some(event(7)));
    let row = store.outbox_rows(6, 1).await.unwrap().remove(0);
    let kept = event(7);
    assert_eq!((row.about, row.url), (kept.about, kept.url.clone()));
    assert_eq!((row.created, row.bytes), (kept.created, kept.bytes));
    for n in (1..=700).filter(|n: &u64| n.is_multiple_of(2)) {
        store.outbox_ended(n, None);
    }
    store.flush_outbox().await.unwrap();
    drop(store);
    let store = opened(&dir.0).await;
    let odd: Vec<u64> = (1..=700).filter(|n| n % 2 == 1).collect();
    assert_eq!(ids(&store).await, odd);
}

#[tokio::test]
async fn an_event_that_ends_before_it_is_written_leaves_no_row() {
    let dir = Dir::new("outbox-ended");
    let store = opened(&dir.0).await;
    // The writer takes a batch before the end of an event, or after it.
    for n in 1..=2_000 {
        store.keep_event(n, event(n));
        if u64::is_multiple_of(n, 7) {
            tokio::task::yield_now().await;
        }
        store.outbox_ended(n, None);
    }
    store.flush_outbox().await.unwrap();
    assert_eq!(store.unwritten_events(), (0, 0));
    assert_eq!(ids(&store).await, Vec::<u64>::new());
}

#[tokio::test]
async fn events_of_an_outage_wait_in_memory_and_an_end_meanwhile_is_not_undone() {
    let dir = Dir::new("outbox-outage");
    let store = opened(&dir.0).await;
    let mut disk = beside(&dir.0).await;
    let refuse = "CREATE TRIGGER refuses BEFORE INSERT ON outbox
        BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    run(&mut disk, refuse).await;
    for n in 300..=1_000 {
        store.keep_event(n, event(n));
    }
    // The first batch has failed by then.
    tokio::time::sleep(Duration::from_millis(300)).await;
    for n in 300..=1_000 {
        if u64::is_multiple_of(n, 2) {
            store.outbox_ended(n, None);
        }
    }
    // Lower numbers move the failed events out of the next batch.
    for n in 1..300 {
        store.keep_event(n, event(n));
    }
    assert_eq!(store.outbox_event(7).await.unwrap(), Some(event(7)));
    assert!(store.unwritten_events().0 >= 299 + 350);
    run(&mut disk, "DROP TRIGGER refuses").await;
    store.flush_outbox().await.unwrap();
    let wanted: Vec<u64> = (1..=1_000).filter(|n| *n < 300 || n % 2 == 1).collect();
    assert_eq!(ids(&store).await, wanted);
    assert_eq!(store.unwritten_events(), (0, 0));
}

#[tokio::test]
async fn a_dead_letter_takes_the_place_of_its_event() {
    let dir = Dir::new("dead-letters");
    let store = opened(&dir.0).await;
    for n in 1..=3 {
        store.keep_event(n, event(n));
    }
    store.flush_outbox().await.unwrap();
    store.outbox_ended(1, Some(dead(1, days_ago(0))));
    // Listed before and after it is written.
    assert_eq!(dead_letters(&store).await.len(), 1);
    store.outbox_ended(2, Some(dead(2, days_ago(1))));
    store.outbox_ended(3, Some(dead(3, days_ago(8))));
    store.flush_outbox().await.unwrap();
    let sids = |all: &[DeadLetter]| -> Vec<String> {
        all.iter().map(|dead| dead.sid().to_owned()).collect()
    };
    let kept = dead_letters(&store).await;
    assert_eq!(
        sids(&kept),
        [&event(1).token, &event(2).token].map(String::clone)
    );
    assert_eq!(store.count_dead_letters().await.unwrap(), 2);
    drop(store);
    let store = opened(&dir.0).await;
    assert_eq!(dead_letters(&store).await, kept);
    assert_eq!(ids(&store).await, Vec::<u64>::new());
    let one = store.dead_letter(&event(2).token).await.unwrap();
    assert_eq!(one, Some(kept[1].clone()));
    assert_eq!(store.dead_letter(&event(3).token).await.unwrap(), None);
}

#[tokio::test]
async fn a_revived_dead_letter_is_an_event_once() {
    let dir = Dir::new("revived");
    let store = opened(&dir.0).await;
    store.outbox_ended(1, Some(dead(1, days_ago(0))));
    let (sid, now) = (event(1).token.clone(), days_ago(0));
    assert!(store.revive(&sid, 9, now).await.unwrap());
    assert!(!store.revive(&sid, 10, now).await.unwrap());
    assert_eq!(dead_letters(&store).await, []);
    let rows = store.outbox_rows(0, 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].id, rows[0].created), (1, 9, now));
    let kept = store.outbox_event(9).await.unwrap().unwrap();
    assert_eq!(kept.token, sid);
}

#[tokio::test]
async fn old_dead_letters_are_deleted() {
    let dir = Dir::new("pruned");
    let store = opened(&dir.0).await;
    store.outbox_ended(1, Some(dead(1, days_ago(30))));
    store.flush_outbox().await.unwrap();
    drop(store);
    let store = opened(&dir.0).await;
    store.outbox_ended(2, Some(dead(2, days_ago(0))));
    store.flush_outbox().await.unwrap();
    let mut disk = beside(&dir.0).await;
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM dead_letters")
        .fetch_one(&mut disk)
        .await
        .unwrap();
    assert_eq!(count, 1);
}
