//! Starts with a full disk that have to write: a first start, and a start with a migration. A file
//! whose schema a newer confab has changed.

use std::path::Path;
use std::time::Duration;

use confab_store::{
    CallFilter, Entry, Given, NoticeFilter, OpenError, Order, Part, SqliteStore, Store, TokenHash,
    open,
};
use confab_switchboard::{CallDirection, CallStatus, CallView};
use confab_terms::{AccountSid, CallSid, WallTime};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use crate::dir::{Dir, opened};
use crate::faults::{Ballast, is_inside, mount_tmpfs};

fn call(n: u64) -> CallView {
    CallView {
        sid: CallSid::from_random(u128::from(n)),
        account: AccountSid::from_random(1),
        from: "sip:a@b".to_owned(),
        to: "sip:c@d".to_owned(),
        caller_name: None,
        forwarded_from: None,
        audio: None,
        status: CallStatus::Completed,
        direction: CallDirection::Inbound,
        date_created: WallTime(n as i64),
        date_updated: WallTime(n as i64 + 2),
        start_time: Some(WallTime(n as i64 + 1)),
        end_time: Some(WallTime(n as i64 + 2)),
        seconds: None,
        sip_result_code: Some(200),
    }
}

fn all() -> Part {
    Part {
        order: Order::OldestFirst,
        after: None,
        count: 1_000,
    }
}

async fn calls(store: &SqliteStore) -> Vec<CallSid> {
    let calls = store.calls(CallFilter::default(), all()).await.unwrap();
    calls.into_iter().map(|view| view.sid).collect()
}

async fn flushed(store: &SqliteStore) {
    let flushed = tokio::time::timeout(Duration::from_secs(20), store.flush()).await;
    flushed.expect("it is written").unwrap();
}

async fn by_hand(dir: &Path) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(dir.join("confab.db"));
    file.connect().await.unwrap()
}

#[tokio::test]
async fn first_start_on_a_full_file_system_is_written_later() {
    if !is_inside("full_start::first_start_on_a_full_file_system_is_written_later") {
        return;
    }
    let dir = Dir::new("full-first");
    mount_tmpfs(&dir.0, "16m");
    let full = Ballast::fill(&dir.0);
    let (store, fresh) = open(&dir.0, &Given::default()).await.unwrap();
    let fresh = fresh.expect("a new account");
    assert!(store.is_degraded());
    assert_eq!(calls(&store).await, []);
    store.keep(Entry::Call(call(1)));
    let refused = store.create_key("without room".to_owned()).await;
    assert!(refused.is_err(), "its key file is nowhere");
    drop(full);
    flushed(&store).await;
    assert!(!store.is_degraded());
    let created = store.create_key("with room".to_owned()).await.unwrap();
    let (key, secret) = created.expect("one of few");
    assert_eq!(calls(&store).await, [call(1).sid]);
    drop(store);
    let (again, shown) = open(&dir.0, &Given::default()).await.unwrap();
    assert_eq!(shown, None, "the account is known");
    assert_eq!(again.account().sid, fresh.sid);
    assert_eq!(again.account().token_hash, TokenHash::of(&fresh.token));
    assert_eq!(calls(&again).await, [call(1).sid]);
    assert!(again.key_secret(key.sid).unwrap() == Some(secret));
}

#[tokio::test]
async fn migration_without_room_leaves_the_history_readable() {
    if !is_inside("full_start::migration_without_room_leaves_the_history_readable") {
        return;
    }
    let dir = Dir::new("full-migration");
    mount_tmpfs(&dir.0, "16m");
    let store = opened(&dir.0).await;
    let account = store.account().sid;
    for n in 0..200 {
        store.keep(Entry::Call(call(n)));
    }
    flushed(&store).await;
    drop(store);
    // Removes everything newer than the second version of the schema.
    let mut file = by_hand(&dir.0).await;
    for statement in [
        "DROP TABLE api_keys",
        "DROP TABLE recordings",
        "DROP TABLE outbox",
        "DROP TABLE dead_letters",
        "DROP TABLE open_calls",
        "DROP TABLE open_conferences",
        "DROP TABLE alive",
        "DROP TABLE registrations",
        "DELETE FROM _sqlx_migrations WHERE version > 2",
        "PRAGMA user_version = 0",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    ] {
        sqlx::query(statement).execute(&mut file).await.unwrap();
    }
    file.close().await.unwrap();
    let full = Ballast::fill(&dir.0);
    let (store, fresh) = open(&dir.0, &Given::default()).await.unwrap();
    assert_eq!((fresh, store.account().sid), (None, account));
    assert!(store.is_degraded());
    assert_eq!(calls(&store).await.len(), 200);
    assert_eq!(store.unfinished_recordings().await.unwrap(), []);
    store.keep(Entry::Call(call(200)));
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(store.is_degraded());
    assert!(calls(&store).await.len() >= 200);
    drop(full);
    flushed(&store).await;
    assert!(!store.is_degraded());
    assert_eq!(calls(&store).await.len(), 201);
    store
        .create_key("a table of today".to_owned())
        .await
        .unwrap();
    let notices = store.notices(NoticeFilter::default(), all()).await.unwrap();
    let degraded = notices.iter().filter(|kept| kept.notice.code == 20_500);
    assert_eq!(degraded.count(), 1);
    drop(store);
    assert_eq!(calls(&opened(&dir.0).await).await.len(), 201);
}

#[tokio::test]
async fn newer_schema_is_refused_by_naming_a_version_that_reads_it() {
    let dir = Dir::new("newer");
    drop(opened(&dir.0).await);
    let mut file = by_hand(&dir.0).await;
    let migration = "INSERT INTO _sqlx_migrations
        (version, description, success, checksum, execution_time)
        VALUES (9999, 'of the future', 1, x'00', 0)";
    sqlx::query(migration).execute(&mut file).await.unwrap();
    for (written_by, named) in [(0, "a later version"), (2_013_004, "2.13.4")] {
        let by = format!("PRAGMA user_version = {written_by}");
        let by = sqlx::AssertSqlSafe(by);
        sqlx::raw_sql(by).execute(&mut file).await.unwrap();
        let refused = open(&dir.0, &Given::default()).await.map(|_| ());
        let refused = refused.expect_err("a schema of the future");
        assert!(matches!(refused, OpenError::Newer { .. }), "{refused}");
        let text = refused.to_string();
        assert!(text.contains(named), "{text}");
        for bad in ["move", "another folder", "backup"] {
            assert!(!text.contains(bad), "{text}");
        }
    }
}

#[tokio::test]
async fn version_that_can_read_the_file_is_remembered() {
    let dir = Dir::new("reader");
    drop(opened(&dir.0).await);
    let mut file = by_hand(&dir.0).await;
    let written: i64 = sqlx::query_scalar("PRAGMA user_version")
        .fetch_one(&mut file)
        .await
        .unwrap();
    let parts = env!("CARGO_PKG_VERSION").split('.');
    let parts = parts.map(|part| part.parse::<i64>().unwrap());
    assert_eq!(written, parts.fold(0, |sum, part| sum * 1_000 + part));
}
