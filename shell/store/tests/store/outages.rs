//! Outages of the disk, and a kill at any moment: no caller blocks, and the history afterwards has
//! every entry once and complete. A notice reports lost entries.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use confab_store::{
    CallFilter, ConferenceFilter, Entry, Given, NoticeFilter, Order, Part, Place, SqliteStore,
    Store, TokenHash, open,
};
use confab_switchboard::conference::{EndReason, Status};
use confab_switchboard::{CallDirection, CallStatus, CallView, ConferenceView};
use confab_terms::limits::HISTORY_PENDING_MAX;
use confab_terms::{AccountSid, CallSid, ConferenceSid, WallTime};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

use crate::dir::{Dir, opened};
use crate::faults::{Ballast, Eio, Frozen, is_inside, is_inside_as_root, mount_ext4, mount_tmpfs};

/// Environment variable with the folder of the child, which writes until it is killed.
const CHILD: &str = "CONFAB_STORE_TEST_CHILD";
/// Number of entries of each kind on the disk before the kill.
const FIRST: u64 = 300;

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

fn conference(n: u64) -> ConferenceView {
    ConferenceView {
        sid: ConferenceSid::from_random(u128::from(n)),
        account: AccountSid::from_random(1),
        friendly_name: "Room".to_owned(),
        status: Status::Completed,
        date_created: WallTime(n as i64),
        date_updated: WallTime(n as i64 + 2),
        end_reason: Some(EndReason::LastParticipantLeft),
        call_ending: None,
    }
}

/// Reads all pages, oldest first.
async fn calls(store: &SqliteStore) -> Vec<CallView> {
    let mut all: Vec<CallView> = Vec::new();
    loop {
        let after = all.last().map(|view| Place {
            at: view.date_created,
            sid: view.sid.to_string(),
        });
        let part = Part {
            order: Order::OldestFirst,
            after,
            count: 1_000,
        };
        let page = store.calls(CallFilter::default(), part).await.unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

async fn conferences(store: &SqliteStore) -> usize {
    let part = Part {
        order: Order::OldestFirst,
        after: None,
        count: 100_000,
    };
    let all = store.conferences(ConferenceFilter::default(), part);
    let all = all.await.unwrap();
    assert!(all.iter().all(|view| view.end_reason.is_some()));
    all.len()
}

/// Checks that each call from 0 to `n` is found once, with an end time.
fn whole(found: &[CallView], n: u64) {
    let wanted: Vec<_> = (0..n).map(|n| call(n).sid).collect();
    let sids: Vec<_> = found.iter().map(|view| view.sid).collect();
    assert!(sids == wanted, "{} of {n}", sids.len());
    assert!(found.iter().all(|view| view.end_time.is_some()));
}

/// Opens the database by a second connection, as an operator does.
async fn beside(dir: &Path) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(dir.join("confab.db"));
    file.connect().await.unwrap()
}

/// Makes every write of a call fail from now on; reads still succeed.
async fn refuse(disk: &mut SqliteConnection) {
    let trigger = "CREATE TRIGGER refuses BEFORE INSERT ON calls
        BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    sqlx::query(trigger).execute(disk).await.unwrap();
}

async fn relent(disk: &mut SqliteConnection) {
    let trigger = "DROP TRIGGER refuses";
    sqlx::query(trigger).execute(disk).await.unwrap();
}

#[tokio::test]
async fn what_the_disk_refuses_is_seen_at_once_and_written_when_it_relents() {
    let dir = Dir::new("refusals");
    let store = opened(&dir.0).await;
    let mut disk = beside(&dir.0).await;
    let mut kept = 0;
    for outage in 0..3_u64 {
        refuse(&mut disk).await;
        for _ in 0..200 + 150 * outage {
            store.keep(Entry::Call(call(kept)));
            store.keep(Entry::Conference(conference(kept)));
            kept += 1;
        }
        // Some reads precede the first turn of the writer, some follow.
        whole(&calls(&store).await, kept);
        assert_eq!(conferences(&store).await, kept as usize);
        let last = store.call(call(kept - 1).sid).await.unwrap();
        assert_eq!(last, Some(call(kept - 1)));
        assert!(store.waiting() >= 200, "{}", store.waiting());
        relent(&mut disk).await;
        store.flush().await.unwrap();
        assert_eq!((store.waiting(), store.lost()), (0, 0));
        whole(&calls(&store).await, kept);
        assert_eq!(conferences(&store).await, kept as usize);
    }
}

#[tokio::test]
async fn what_was_lost_is_told_once_it_can_be() {
    let dir = Dir::new("losses");
    let store = opened(&dir.0).await;
    let mut disk = beside(&dir.0).await;
    refuse(&mut disk).await;
    let most = HISTORY_PENDING_MAX as u64;
    for n in 0..most + 7 {
        store.keep(Entry::Call(call(n)));
    }
    assert_eq!((store.waiting(), store.lost()), (HISTORY_PENDING_MAX, 7));
    relent(&mut disk).await;
    store.flush().await.unwrap();
    // The notice about the loss was kept after the entries.
    store.flush().await.unwrap();
    whole(&calls(&store).await, most);
    let part = Part {
        order: Order::OldestFirst,
        after: None,
        count: 10,
    };
    let told = store.notices(NoticeFilter::default(), part).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    let notice = &told[0].notice;
    assert_eq!(notice.code, 20_500);
    assert!(notice.message.starts_with("7 entries"), "{notice:?}");
    assert_eq!(store.lost(), 7);
}

#[tokio::test]
async fn a_store_that_stops_and_starts_in_between_has_each_once() {
    let dir = Dir::new("restarts");
    let mut kept = 0;
    let mut account = None;
    for _ in 0..5 {
        let store = opened(&dir.0).await;
        assert_eq!(
            *account.get_or_insert(store.account().sid),
            store.account().sid
        );
        whole(&calls(&store).await, kept);
        for _ in 0..150 {
            // The last entries before the stop are kept again: the stop may have come before they
            // were written.
            let again = kept.saturating_sub(3)..=kept;
            again.for_each(|n| store.keep(Entry::Call(call(n))));
            kept += 1;
        }
        store.flush().await.unwrap();
    }
    whole(&calls(&opened(&dir.0).await).await, kept);
}

/// Writes until the process is killed; not a test by itself.
#[tokio::test]
async fn child_that_writes() {
    let Some(dir) = std::env::var_os(CHILD) else {
        return;
    };
    let store = opened(Path::new(&dir)).await;
    for n in 0.. {
        store.keep(Entry::Call(call(n)));
        store.keep(Entry::Conference(conference(n)));
        if n + 1 == FIRST {
            store.flush().await.unwrap();
            println!("\nso many are on the disk");
        } else if n % 64 == 0 {
            // The writer runs in between, and is in the middle of a batch at the kill.
            while store.waiting() > 512 {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Kills a process that writes to a store in this folder, after `FIRST` entries of each kind.
fn kill_a_child(dir: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "outages::child_that_writes", "--nocapture"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let written = lines
        .map_while(Result::ok)
        .any(|line| line.starts_with("so many"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(written, "the child did not come so far");
}

#[tokio::test]
async fn killed_while_it_writes_it_has_what_was_written_and_nothing_twice() {
    let dir = Dir::new("killed");
    kill_a_child(&dir.0);
    let store = opened(&dir.0).await;
    let found = calls(&store).await;
    let n = found.len() as u64;
    assert!(n >= FIRST, "{n}");
    // In their order: only the last entries are missing.
    whole(&found, n);
    let of_both: BTreeSet<u64> = [n, conferences(&store).await as u64].into();
    assert!(
        of_both.last().unwrap() - of_both.first().unwrap() <= 1,
        "{of_both:?}"
    );
    store.keep(Entry::Call(call(n)));
    store.flush().await.unwrap();
    whole(&calls(&store).await, n + 1);
}

/// Returns the number of rows of a table that a reader in another process finds.
async fn rows_on_disk(dir: &Path, table: &str) -> i64 {
    let count = format!("SELECT count(*) FROM {table}");
    let count = sqlx::query_scalar(sqlx::AssertSqlSafe(count));
    count.fetch_one(&mut beside(dir).await).await.unwrap()
}

/// Returns the number of outage notices, in memory or on the disk.
async fn outage_notices(store: &SqliteStore) -> usize {
    let part = Part {
        order: Order::OldestFirst,
        after: None,
        count: 100,
    };
    let all = store.notices(NoticeFilter::default(), part).await.unwrap();
    let of_outage = |message: &str| message.starts_with("the history cannot be written (");
    let found = all.iter().filter(|kept| of_outage(&kept.notice.message));
    found.count()
}

async fn flushed(store: &SqliteStore) {
    let flushed = tokio::time::timeout(Duration::from_secs(20), store.flush());
    flushed.await.expect("written within 20 s").unwrap();
}

/// Checks that the history is complete after each of three outages of 3.5 s, and after a restart.
/// `fault` begins an outage, which ends when the result of `fault` is dropped.
async fn history_is_whole_after<F: Future>(dir: &Path, reads_work: bool, fault: impl Fn() -> F) {
    let store = opened(dir).await;
    let mut kept = 0;
    let keep = |kept: &mut u64| {
        store.keep(Entry::Call(call(*kept)));
        store.keep(Entry::Conference(conference(*kept)));
        *kept += 1;
    };
    for outage in 1..=3 {
        let on = fault().await;
        for _ in 0..35 {
            (0..10).for_each(|_| keep(&mut kept));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(store.is_degraded(), "outage {outage}");
        assert!(store.waiting() >= 700, "{}", store.waiting());
        let last = store.call(call(kept - 1).sid).await.unwrap();
        assert_eq!(last, Some(call(kept - 1)));
        if reads_work {
            whole(&calls(&store).await, kept);
            assert_eq!(outage_notices(&store).await, outage);
        }
        let refused = store.create_key("refused".to_owned()).await;
        assert!(refused.is_err(), "{refused:?}");
        drop(on);
        flushed(&store).await;
        assert!(!store.is_degraded());
        store.create_key("accepted".to_owned()).await.unwrap();
        for _ in 0..10 {
            keep(&mut kept);
            flushed(&store).await;
        }
        whole(&calls(&store).await, kept);
        assert_eq!(outage_notices(&store).await, outage);
        assert_eq!((store.waiting(), store.lost()), (0, 0));
        let on_disk = rows_on_disk(dir, "calls").await;
        assert_eq!(on_disk, kept as i64, "after outage {outage}");
        assert_eq!(rows_on_disk(dir, "conferences").await, kept as i64);
        assert_eq!(rows_on_disk(dir, "api_keys").await, outage as i64);
    }
    drop(store);
    let store = opened(dir).await;
    whole(&calls(&store).await, kept);
    assert_eq!(conferences(&store).await, kept as usize);
    assert_eq!(outage_notices(&store).await, 3);
}

#[tokio::test]
async fn full_file_system_delays_the_history_and_loses_none() {
    if !is_inside("outages::full_file_system_delays_the_history_and_loses_none") {
        return;
    }
    let dir = Dir::new("full");
    mount_tmpfs(&dir.0, "8m");
    history_is_whole_after(&dir.0, true, async || {
        // The log would have room for some transactions.
        let truncate = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)");
        truncate.execute(&mut beside(&dir.0).await).await.unwrap();
        Ballast::fill(&dir.0)
    })
    .await;
}

#[tokio::test]
async fn input_output_errors_delay_the_history_and_lose_none() {
    if !is_inside("outages::input_output_errors_delay_the_history_and_lose_none") {
        return;
    }
    let dir = Dir::new("eio");
    history_is_whole_after(&dir.0, true, async || Eio::inject()).await;
}

#[tokio::test]
async fn frozen_file_system_delays_the_history_and_loses_none() {
    if !is_inside_as_root("outages::frozen_file_system_delays_the_history_and_loses_none") {
        return;
    }
    let dir = Dir::new("frozen");
    mount_ext4(&dir.0);
    // Reads may need a page of SQLite's shared memory, which a frozen file system rejects.
    history_is_whole_after(&dir.0, false, async || Frozen::freeze(&dir.0)).await;
}

#[tokio::test]
async fn locked_database_delays_the_history_and_loses_none() {
    let dir = Dir::new("locked");
    history_is_whole_after(&dir.0, true, async || {
        let mut other = beside(&dir.0).await;
        let lock = sqlx::query("BEGIN IMMEDIATE").execute(&mut other);
        lock.await.unwrap();
        other
    })
    .await;
}

#[tokio::test]
async fn start_on_a_full_file_system_reads_the_history_and_writes_later() {
    if !is_inside("outages::start_on_a_full_file_system_reads_the_history_and_writes_later") {
        return;
    }
    let dir = Dir::new("full-start");
    mount_tmpfs(&dir.0, "64m");
    kill_a_child(&dir.0);
    // A start creates SQLite's index of the log again, for which there is no room.
    std::fs::remove_file(dir.0.join("confab.db-shm")).unwrap();
    let full = Ballast::fill(&dir.0);
    let given = Given {
        token: Some("new".to_owned()),
        ..Given::default()
    };
    let (store, fresh) = open(&dir.0, &given).await.unwrap();
    assert_eq!(fresh, None);
    assert_eq!(store.account().token_hash, TokenHash::of("new"));
    assert!(store.is_degraded());
    assert_eq!(store.unfinished_recordings().await.unwrap(), []);
    let before = calls(&store).await.len() as u64;
    assert!(before >= FIRST, "{before}");
    for n in before..before + 50 {
        store.keep(Entry::Call(call(n)));
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    whole(&calls(&store).await, before + 50);
    assert!(store.is_degraded());
    assert_eq!(outage_notices(&store).await, 1);
    drop(full);
    flushed(&store).await;
    assert!(!store.is_degraded());
    store.create_key("accepted".to_owned()).await.unwrap();
    assert_eq!(rows_on_disk(&dir.0, "calls").await, before as i64 + 50);
    drop(store);
    whole(&calls(&opened(&dir.0).await).await, before + 50);
}
