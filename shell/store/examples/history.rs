//! Fills the history of a new data folder and measures lists. Each documented filter is read alone
//! and with a range of dates, matching and not matching, on the first page and on page 1,000.
//!
//! Started by `cargo xtask history --calls N`. The database is in `target/history`, and is deleted.

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use confab_store::{
    CallFilter, ConferenceFilter, Given, NoticeFilter, Order, Part, Place, RecordingFilter,
    SqliteStore, Store, TimeRange, open,
};
use confab_switchboard::conference::Status;
use confab_switchboard::{
    CallDirection, CallStatus, CallView, ConferenceView, Notice, RecordingOf, RecordingSource,
    RecordingStatus, RecordingView, Severity,
};
use confab_terms::{AccountSid, CallSid, ConferenceSid, RecordingSid, Track, WallTime};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

/// Time of the first call, 2026-01-01, in milliseconds since 1970.
const BEGIN: i64 = 1_767_225_600_000;
/// Time between the first call and the last, in milliseconds.
const YEAR: i64 = 365 * 86_400_000;
/// Rows of one insertion.
const CHUNK: usize = 100_000;
/// Items on a page.
const PAGE: u32 = 50;
/// Number of reads of a page.
const READS: usize = 200;
/// Maximum p99, in milliseconds.
const P99_MAX: f64 = 100.0;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let (Some(calls), Some(dir)) = (words.next(), words.next()) else {
        return Err("usage: history CALLS FOLDER".into());
    };
    let calls: i64 = calls.parse()?;
    let dir = Path::new(&dir);
    let _left_over = std::fs::remove_dir_all(dir);
    let measured = measure(calls, dir).await;
    std::fs::remove_dir_all(dir)?;
    let slow = measured?;
    match slow {
        0 => Ok(()),
        _ => Err(format!("{slow} lists take longer than {P99_MAX} ms").into()),
    }
}

async fn measure(calls: i64, dir: &Path) -> Result<usize> {
    let store = open(dir, &Given::default()).await?.0;
    let account = store.account().sid;
    drop(store);
    let began = Instant::now();
    fill(dir, account, calls).await?;
    println!(
        "filled: {calls} calls in {:.0} s",
        began.elapsed().as_secs_f64()
    );
    let before = size(dir)?;
    let began = Instant::now();
    let store = open(dir, &Given::default()).await?.0;
    println!(
        "indexes: {:.0} s at the start; {before:.2} GB became {:.2} GB",
        began.elapsed().as_secs_f64(),
        size(dir)?,
    );
    println!();
    println!("| list | page | entries | p50 ms | p99 ms |");
    println!("|---|---|---|---|---|");
    let mut table = Table::default();
    measure_calls(&store, &mut table).await?;
    measure_others(&store, &mut table).await?;
    Ok(table.slow)
}

fn size(dir: &Path) -> Result<f64> {
    let mut bytes = 0;
    for file in std::fs::read_dir(dir)? {
        bytes += file?.metadata()?.len();
    }
    Ok(bytes as f64 / 1e9)
}

/// Writes all rows without the indexes of the last migration, which the next start builds.
async fn fill(dir: &Path, account: AccountSid, calls: i64) -> Result<()> {
    let options = SqliteConnectOptions::new()
        .filename(dir.join("confab.db"))
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .pragma("cache_size", "-1000000");
    // The store closes its connections after it was dropped.
    let mut file = options.connect().await;
    for _ in 0..100 {
        if file.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        file = options.connect().await;
    }
    let mut file = file?;
    let indexes = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL
        AND (sql LIKE '%unhex%' OR name LIKE '%_updated' OR name = 'notices_of_severity')";
    let indexes: Vec<String> = sqlx::query_scalar(indexes).fetch_all(&mut file).await?;
    for index in indexes {
        let drop = sqlx::AssertSqlSafe(format!("DROP INDEX {index}"));
        sqlx::query(drop).execute(&mut file).await?;
    }
    let forget = "DELETE FROM _sqlx_migrations WHERE version = 7";
    sqlx::query(forget).execute(&mut file).await?;
    fill_calls(&mut file, account, calls).await?;
    fill_others(&mut file, account, calls / 10).await?;
    file.close().await?;
    Ok(())
}

/// Inserts the calls. One call in five has the same caller, and one in five the same called number;
/// the others are of 100,000 phones. 80 % are completed. 1 % last up to four hours, the others up
/// to ten minutes.
async fn fill_calls(file: &mut SqliteConnection, account: AccountSid, calls: i64) -> Result<()> {
    let view = serde_json::to_string(&call(account))?;
    let sql = format!(
        "WITH RECURSIVE n(n) AS (SELECT ?6 UNION ALL SELECT n + 1 FROM n WHERE n < ?7 - 1),
        drawn AS MATERIALIZED (SELECT n, {SID} AS sid, abs(random()) AS a, abs(random()) AS b,
            ?4 + n * ?5 / ?1 AS created FROM n),
        made AS (SELECT sid, created, a / 100 % 100 >= 80 AS is_missed, CASE a / 100 % 100
                WHEN 80 THEN 'Failed' WHEN 81 THEN 'Canceled' ELSE
                CASE WHEN a / 100 % 100 < 80 THEN 'Completed' WHEN a % 2 THEN 'Busy'
                ELSE 'NoAnswer' END END AS status,
            created + a % 30000 AS answered,
            created + a % 30000 + CASE WHEN b % 100 = 0 THEN b % 14400000 ELSE b % 600000 END
                AS ended,
            CASE WHEN b / 1000 % 5 = 0 THEN '+15550000000' ELSE
                '+1555' || (1000000 + b / 1000 % 100000) END AS caller,
            CASE WHEN a / 1000 % 5 = 0 THEN '+15559999999' ELSE
                '+1444' || (1000000 + a / 1000 % 100000) END AS called FROM drawn)
        INSERT INTO calls (sid, account, date_created, view)
        SELECT sid, ?2, created, json_set(?3, '$.sid', sid, '$.date_created', created,
            '$.from', caller, '$.to', called, '$.status', status, '$.start_time',
            CASE WHEN is_missed THEN NULL ELSE answered END, '$.end_time', ended)
        FROM made"
    );
    in_chunks(file, account, &sql, calls, &view).await
}

/// Executes an insertion for each chunk of numbers up to `count`.
async fn in_chunks(
    file: &mut SqliteConnection,
    account: AccountSid,
    sql: &str,
    count: i64,
    view: &str,
) -> Result<()> {
    let account = account.to_string();
    for first in (0..count).step_by(CHUNK) {
        let end = count.min(first + CHUNK as i64);
        let insert = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned()))
            .bind(count)
            .bind(&account)
            .bind(view)
            .bind(BEGIN)
            .bind(YEAR)
            .bind(first)
            .bind(end);
        insert.execute(&mut *file).await?;
    }
    Ok(())
}

/// SQL expression of a new sid.
const SID: &str = "lower(format('%s-%s-4%s-8%s-%s', hex(randomblob(4)), hex(randomblob(2)),
    substr(hex(randomblob(2)), 2), substr(hex(randomblob(2)), 2), hex(randomblob(6))))";

async fn fill_others(file: &mut SqliteConnection, account: AccountSid, count: i64) -> Result<()> {
    let conferences = format!(
        "WITH RECURSIVE n(n) AS (SELECT ?6 UNION ALL SELECT n + 1 FROM n WHERE n < ?7 - 1),
        drawn AS MATERIALIZED (SELECT n, {SID} AS sid, ?4 + n * ?5 / ?1 AS created FROM n)
        INSERT INTO conferences (sid, account, friendly_name, date_created, date_updated, view)
        SELECT sid, ?2, 'room ' || (n % 500), created, created + n * 7919 % 7200000,
            json_set(?3, '$.sid', sid, '$.friendly_name', 'room ' || (n % 500), '$.date_created',
            created, '$.date_updated', created + n * 7919 % 7200000) FROM drawn"
    );
    let recordings = format!(
        "WITH RECURSIVE n(n) AS (SELECT ?6 UNION ALL SELECT n + 1 FROM n WHERE n < ?7 - 1),
        drawn AS MATERIALIZED (SELECT n, {SID} AS sid, ?4 + n * ?5 / ?1 AS created FROM n)
        INSERT INTO recordings (sid, account, call, conference, is_live, date_created, view)
        SELECT sid, ?2, '{CALL}', NULL, 0, created,
            json_set(?3, '$.sid', sid, '$.date_created', created) FROM drawn"
    );
    let notices = format!(
        "WITH RECURSIVE n(n) AS (SELECT ?6 UNION ALL SELECT n + 1 FROM n WHERE n < ?7 - 1),
        drawn AS MATERIALIZED (SELECT n, {SID} AS sid, ?4 + n * ?5 / ?1 AS created FROM n)
        INSERT INTO notices (sid, account, call, at, notice)
        SELECT sid, ?2, NULL, created, json_set(?3, '$.at', created, '$.severity',
            CASE WHEN n % 10 = 0 THEN 'Error' ELSE 'Warning' END) FROM drawn"
    );
    for (sql, count, view) in [
        (
            conferences,
            count,
            serde_json::to_string(&conference(account))?,
        ),
        (
            recordings,
            count,
            serde_json::to_string(&recording(account))?,
        ),
        (notices, 20_000, serde_json::to_string(&notice())?),
    ] {
        in_chunks(file, account, &sql, count, &view).await?;
    }
    Ok(())
}

/// Call of every recording.
const CALL: &str = "33333333-3333-4333-8333-333333333333";

fn call(account: AccountSid) -> CallView {
    CallView {
        sid: CallSid::from_random(1),
        account,
        from: String::new(),
        to: String::new(),
        caller_name: Some("Jane Smith".to_owned()),
        forwarded_from: None,
        audio: None,
        status: CallStatus::Completed,
        direction: CallDirection::Inbound,
        date_created: WallTime(BEGIN),
        date_updated: WallTime(BEGIN),
        start_time: None,
        end_time: None,
        seconds: Some(94),
        sip_result_code: Some(200),
    }
}

fn conference(account: AccountSid) -> ConferenceView {
    ConferenceView {
        sid: ConferenceSid::from_random(1),
        account,
        friendly_name: String::new(),
        status: Status::Completed,
        date_created: WallTime(BEGIN),
        date_updated: WallTime(BEGIN),
        end_reason: None,
        call_ending: None,
    }
}

fn recording(account: AccountSid) -> RecordingView {
    RecordingView {
        sid: RecordingSid::from_random(1),
        account,
        of: RecordingOf::Call(CallSid::from_random(1)),
        wished_by: None,
        channels: 2,
        track: Track::Both,
        source: RecordingSource::Dial,
        status: RecordingStatus::Completed,
        trim: true,
        date_created: WallTime(BEGIN),
        date_updated: WallTime(BEGIN),
        end_time: None,
        duration_ms: 1_000,
        error: None,
        callback: None,
    }
}

fn notice() -> Notice {
    Notice {
        code: 11_210,
        severity: Severity::Error,
        message: "no such host".to_owned(),
        at: WallTime(BEGIN),
        call: None,
        conference: None,
        url: Some("http://example.com/".to_owned()),
        method: None,
        exchange: None,
    }
}

fn day(first: i64, days: i64) -> TimeRange {
    TimeRange {
        from: Some(WallTime(BEGIN + first * 86_400_000)),
        before: Some(WallTime(BEGIN + (first + days) * 86_400_000)),
    }
}

/// Returns ranges of dates: none, half of the year, an open end, an empty range.
fn ranges() -> [(&'static str, TimeRange); 5] {
    let since = TimeRange {
        before: None,
        ..day(30, 0)
    };
    let until = TimeRange {
        from: None,
        ..day(330, 0)
    };
    [
        ("", TimeRange::default()),
        (", half a year", day(90, 182)),
        (", since", since),
        (", until", until),
        (", no day", day(500, 1)),
    ]
}

async fn measure_calls(store: &SqliteStore, table: &mut Table) -> Result<()> {
    let from = |from: &str| CallFilter {
        from: Some(from.to_owned()),
        ..CallFilter::default()
    };
    let to = |to: &str| CallFilter {
        to: Some(to.to_owned()),
        ..CallFilter::default()
    };
    let status = |status| CallFilter {
        status: Some(status),
        ..CallFilter::default()
    };
    let filters = [
        ("Calls", CallFilter::default()),
        ("Calls From=popular", from("+15550000000")),
        ("Calls From=one of many", from("+15551000007")),
        ("Calls From=nobody", from("+1")),
        ("Calls To=popular", to("+15559999999")),
        ("Calls To=one of many", to("+14441000007")),
        ("Calls To=nobody", to("+1")),
        ("Calls Status=completed", status(CallStatus::Completed)),
        ("Calls Status=busy", status(CallStatus::Busy)),
        ("Calls Status=canceled", status(CallStatus::Canceled)),
        ("Calls Status=ringing", status(CallStatus::Ringing)),
    ];
    for (name, filter) in filters {
        for (days, range) in ranges() {
            let mut cases = vec![];
            let started = CallFilter {
                start_time: range,
                ..filter.clone()
            };
            let ended = CallFilter {
                end_time: range,
                ..filter.clone()
            };
            if days.is_empty() {
                cases.push((name.to_owned(), started));
            } else {
                cases.push((format!("{name}, StartTime{days}"), started));
                cases.push((format!("{name}, EndTime{days}"), ended));
            }
            for (name, filter) in cases {
                let place = |view: &CallView| filter.place(view);
                let read = |part| store.calls(filter.clone(), part);
                table.row(&name, read, place).await?;
            }
        }
    }
    Ok(())
}

async fn measure_others(store: &SqliteStore, table: &mut Table) -> Result<()> {
    let none = TimeRange::default();
    for (days, range) in ranges() {
        for name in [None, Some("room 7"), Some("no room")] {
            for (column, created, updated) in [("Created", range, none), ("Updated", none, range)] {
                let filter = ConferenceFilter {
                    friendly_name: name.map(str::to_owned),
                    created,
                    updated,
                };
                let place = |view: &ConferenceView| filter.place(view);
                let read = |part| store.conferences(filter.clone(), part);
                let shown = name.map_or(String::new(), |name| format!(" FriendlyName={name}"));
                let shown = format!("Conferences{shown}, Date{column}{days}");
                table.row(&shown, read, place).await?;
            }
        }
        for (name, call, conference) in [
            ("", None, None),
            (" CallSid", Some(CALL.parse()?), None),
            (" ConferenceSid", None, Some(CALL.parse()?)),
        ] {
            let filter = RecordingFilter {
                call,
                conference,
                created: range,
            };
            let place = |view: &RecordingView| Place {
                at: view.date_created,
                sid: view.sid.to_string(),
            };
            let read = |part| store.recordings(filter.clone(), part);
            let shown = format!("Recordings{name}{days}");
            table.row(&shown, read, place).await?;
        }
        for (name, severity) in [
            ("", None),
            (" Log=0", Some(Severity::Error)),
            (" Log=1", Some(Severity::Warning)),
        ] {
            let filter = NoticeFilter {
                call: None,
                severity,
                at: range,
            };
            let place = |kept: &confab_store::KeptNotice| Place {
                at: kept.notice.at,
                sid: kept.sid.clone(),
            };
            let read = |part| store.notices(filter.clone(), part);
            let shown = format!("Notifications{name}{days}");
            table.row(&shown, read, place).await?;
        }
    }
    Ok(())
}

#[derive(Default)]
struct Table {
    /// Number of rows above the limit.
    slow: usize,
}

impl Table {
    /// Measures the first page of a list, and page 1,000 if there is one.
    async fn row<T, F>(
        &mut self,
        name: &str,
        read: impl Fn(Part) -> F,
        place: impl Fn(&T) -> Place,
    ) -> Result<()>
    where
        F: Future<Output = std::result::Result<Vec<T>, confab_store::StoreError>>,
    {
        let part = |after: Option<Place>, count| Part {
            order: Order::NewestFirst,
            after,
            count,
        };
        let mut after = None;
        self.page(name, "first", || read(part(None, PAGE + 1)))
            .await?;
        // Skips 1,000 pages, twenty at a time.
        for _ in 0..50 {
            let found = read(part(after.clone(), 20 * PAGE)).await?;
            if found.len() < 20 * PAGE as usize {
                return Ok(());
            }
            after = found.last().map(&place);
        }
        self.page(name, "1,000", || read(part(after.clone(), PAGE + 1)))
            .await
    }

    async fn page<T, F>(&mut self, name: &str, page: &str, read: impl Fn() -> F) -> Result<()>
    where
        F: Future<Output = std::result::Result<Vec<T>, confab_store::StoreError>>,
    {
        let entries = read().await?.len();
        let mut took: Vec<Duration> = Vec::with_capacity(READS);
        for _ in 0..READS {
            let began = Instant::now();
            let found = read().await?;
            took.push(began.elapsed());
            assert_eq!(found.len(), entries, "{name}");
        }
        took.sort_unstable();
        let ms = |share: usize| took[READS * share / 100].as_secs_f64() * 1e3;
        let (p50, p99) = (ms(50), ms(99));
        println!("| {name} | {page} | {entries} | {p50:.2} | {p99:.2} |");
        self.slow += usize::from(p99 > P99_MAX);
        Ok(())
    }
}
