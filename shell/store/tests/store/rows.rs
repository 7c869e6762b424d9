//! Rows of live calls and conferences that a killed process leaves to the next process.

use std::path::Path;

use confab_store::{Entry, SqliteStore, Store};
use confab_switchboard::conference::Status;
use confab_switchboard::{
    CallCallback, CallDirection, CallEvent, CallRow, CallStatus, CallView, ConferenceRow,
    ConferenceView, OpenRows, OwedCallback, RowChange,
};
use confab_terms::{AccountSid, CallSid, ConferenceSid, Instant, Method, Now, WallTime};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

use crate::dir::{Dir, opened};

const START: u64 = 1_000_000_000_000;

fn at(seconds: u64) -> Now {
    Now {
        instant: Instant(START + seconds * 1_000_000_000),
        wall: WallTime(1_794_918_896_000 + seconds as i64 * 1_000),
    }
}

fn url(path: &str) -> confab_switchboard::conference::Url {
    confab_switchboard::conference::Url {
        url: format!("http://app.example/{path}"),
        method: Method::Post,
    }
}

fn call(n: u64, next_number: u64) -> CallRow {
    CallRow {
        view: CallView {
            sid: CallSid::from_random(u128::from(n)),
            account: AccountSid::from_random(1),
            from: "sip:a@b".to_owned(),
            to: "sip:\"c'd\"@e".to_owned(),
            caller_name: Some("\u{1f399}".to_owned()),
            forwarded_from: None,
            audio: None,
            status: CallStatus::InProgress,
            direction: CallDirection::Inbound,
            date_created: WallTime(n as i64),
            date_updated: WallTime(2),
            start_time: Some(WallTime(1)),
            end_time: None,
            seconds: None,
            sip_result_code: Some(200),
        },
        answered_at: Some(Instant(u64::MAX / 4)),
        status_callback: Some(CallCallback::new(url("calls"), vec![CallEvent::Completed])),
        next_number,
        recording: None,
        seat: None,
        owed: Some(OwedCallback {
            to: vec![url("calls")],
            fields: vec![("CallStatus".to_owned(), "completed".to_owned())],
        }),
    }
}

fn conference(n: u64) -> ConferenceRow {
    ConferenceRow {
        view: ConferenceView {
            sid: ConferenceSid::from_random(u128::from(n)),
            account: AccountSid::from_random(1),
            friendly_name: "Room".to_owned(),
            status: Status::InProgress,
            date_created: WallTime(1),
            date_updated: WallTime(2),
            end_reason: None,
            call_ending: None,
        },
        since: at(0).instant,
        callback: None,
        event_callback_url: None,
        sequence: 7,
        recording: None,
        owed: None,
    }
}

fn keep(store: &SqliteStore, seconds: u64, row: CallRow) {
    store.keep_row(at(seconds), RowChange::Call(Box::new(row)));
}

/// Simulates a kill and the next start, with everything written and the folder unlocked.
async fn restarted(store: SqliteStore, dir: &Path) -> (SqliteStore, OpenRows) {
    store.flush().await.unwrap();
    drop(store);
    let store = opened(dir).await;
    let mut rows = store.open_rows().await.unwrap();
    rows.calls.sort_by_key(|row| row.view.sid);
    rows.conferences.sort_by_key(|row| row.view.sid);
    (store, rows)
}

async fn beside(dir: &Path) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(dir.join("confab.db"));
    file.connect().await.unwrap()
}

#[tokio::test]
async fn rows_are_found_after_a_kill_in_their_last_state() {
    let dir = Dir::new("rows");
    let store = opened(&dir.0).await;
    for n in 0..300 {
        keep(&store, 0, call(n, 0));
        store.keep_row(at(1), RowChange::Conference(Box::new(conference(n))));
    }
    store.flush().await.unwrap();
    for n in 0..300 {
        keep(&store, 2, call(n, 1));
        keep(&store, 3, call(n, 2));
    }
    store.keep_row(at(12), RowChange::Alive);
    let (_store, rows) = restarted(store, &dir.0).await;
    assert_eq!(rows.alive, Some(at(12)));
    let calls: Vec<_> = (0..300).map(|n| call(n, 2)).collect();
    assert_eq!(rows.calls, calls);
    let conferences: Vec<_> = (0..300).map(conference).collect();
    assert_eq!(rows.conferences, conferences);
}

#[tokio::test]
async fn closed_calls_and_conferences_have_no_row() {
    let dir = Dir::new("rows-closed");
    let store = opened(&dir.0).await;
    for n in 0..4 {
        keep(&store, 0, call(n, 0));
        store.keep_row(at(0), RowChange::Conference(Box::new(conference(n))));
        if n % 2 == 0 {
            store.flush().await.unwrap();
        }
    }
    for n in 0..3 {
        store.keep_row(at(1), RowChange::CallClosed(call(n, 0).view.sid));
        let sid = conference(n).view.sid;
        store.keep_row(at(1), RowChange::ConferenceClosed(sid));
    }
    // Closes a call that was never stored.
    store.keep_row(at(1), RowChange::CallClosed(CallSid::from_random(99)));
    let (store, rows) = restarted(store, &dir.0).await;
    assert_eq!(rows.calls, [call(3, 0)]);
    assert_eq!(rows.conferences, [conference(3)]);
    // The process after the kill closes the rows that it found.
    store.keep_row(at(1), RowChange::CallClosed(call(3, 0).view.sid));
    let sid = conference(3).view.sid;
    store.keep_row(at(1), RowChange::ConferenceClosed(sid));
    let (_store, rows) = restarted(store, &dir.0).await;
    assert_eq!((rows.calls.len(), rows.conferences.len()), (0, 0));
}

#[tokio::test]
async fn row_is_never_removed_before_the_history_has_its_call() {
    let dir = Dir::new("rows-order");
    let store = opened(&dir.0).await;
    keep(&store, 0, call(1_000, 0));
    store.flush().await.unwrap();
    let mut disk = beside(&dir.0).await;
    // The call that fails is the last of more entries than one transaction takes.
    let trigger = "CREATE TRIGGER refuses BEFORE INSERT ON calls
        WHEN NEW.sid LIKE '%3e8' BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    sqlx::query(trigger).execute(&mut disk).await.unwrap();
    for n in 0..600 {
        store.keep(Entry::Call(call(n, 0).view));
    }
    store.keep(Entry::Call(call(1_000, 0).view));
    let sid = call(1_000, 0).view.sid;
    assert!(sid.to_string().ends_with("3e8"), "{sid}");
    store.keep_row(at(1), RowChange::CallClosed(sid));
    let count = "SELECT (SELECT count(*) FROM calls), (SELECT count(*) FROM open_calls)";
    let mut seen = (0, 0);
    for _ in 0..100 {
        seen = sqlx::query_as::<_, (i64, i64)>(count)
            .fetch_one(&mut disk)
            .await
            .unwrap();
        if seen.0 >= 512 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(
        seen,
        (512, 1),
        "two transactions, and the row is still there"
    );
    sqlx::query("DROP TRIGGER refuses")
        .execute(&mut disk)
        .await
        .unwrap();
    store.flush().await.unwrap();
    let seen: (i64, i64) = sqlx::query_as(count).fetch_one(&mut disk).await.unwrap();
    assert_eq!(seen, (601, 0));
}

#[tokio::test]
async fn outage_keeps_the_last_state_of_each_row_and_no_other() {
    let dir = Dir::new("rows-outage");
    let store = opened(&dir.0).await;
    let mut disk = beside(&dir.0).await;
    let trigger = "CREATE TRIGGER refuses BEFORE INSERT ON open_calls
        BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    sqlx::query(trigger).execute(&mut disk).await.unwrap();
    for number in 0..2_000 {
        keep(&store, number, call(1, number));
        keep(&store, number, call(2 + number, 0));
        store.keep_row(
            at(number),
            RowChange::CallClosed(call(2 + number, 0).view.sid),
        );
    }
    assert_eq!(store.lost(), 0);
    assert_eq!(
        store.waiting(),
        store.waiting().min(1),
        "rows take no room of the history"
    );
    sqlx::query("DROP TRIGGER refuses")
        .execute(&mut disk)
        .await
        .unwrap();
    let (_store, rows) = restarted(store, &dir.0).await;
    assert_eq!(rows.calls, [call(1, 1_999)]);
}

#[tokio::test]
async fn damaged_row_does_not_hide_the_others() {
    let dir = Dir::new("rows-damaged");
    let store = opened(&dir.0).await;
    keep(&store, 0, call(1, 0));
    keep(&store, 0, call(2, 0));
    store.flush().await.unwrap();
    let mut disk = beside(&dir.0).await;
    let damage = "UPDATE open_calls SET state = '{\"view\": 7}' WHERE sid LIKE '%1'";
    let damaged = sqlx::query(damage).execute(&mut disk).await.unwrap();
    assert_eq!(damaged.rows_affected(), 1);
    let (_store, rows) = restarted(store, &dir.0).await;
    assert_eq!(rows.calls, [call(2, 0)]);
}

#[tokio::test]
async fn flush_ends_while_rows_go_on_changing() {
    let dir = Dir::new("rows-flush");
    let store = opened(&dir.0).await;
    keep(&store, 0, call(1, 0));
    let flushed = store.flush();
    tokio::pin!(flushed);
    for number in 1..50_000 {
        keep(&store, number, call(1 + number % 7, number));
        let turn = std::time::Duration::from_micros(100);
        if tokio::time::timeout(turn, &mut flushed).await.is_ok() {
            return;
        }
    }
    panic!("the writer never catches up");
}

#[tokio::test]
async fn changes_of_many_calls_share_a_transaction() {
    let dir = Dir::new("rows-shared");
    let store = opened(&dir.0).await;
    let mut disk = beside(&dir.0).await;
    let began = std::time::Instant::now();
    let mut versions = std::collections::BTreeSet::new();
    for n in 0..400 {
        keep(&store, n, call(n, 0));
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        // Changes with each transaction of another connection.
        let version = sqlx::query_scalar("PRAGMA data_version");
        let version: i64 = version.fetch_one(&mut disk).await.unwrap();
        versions.insert(version);
    }
    let took = began.elapsed().as_millis();
    let transactions = versions.len() as u128 - 1;
    assert!(
        transactions <= took / 50 + 1,
        "{transactions} transactions in {took} ms"
    );
    let (_store, rows) = restarted(store, &dir.0).await;
    assert_eq!(rows.calls.len(), 400);
}
