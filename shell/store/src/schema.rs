//! Migrations of the schema: applied at the start or, if the disk is full, in a transaction that is
//! never committed. The history can then be read, and the next write tries again.

use std::str::FromStr as _;
use std::time::Instant;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow};
use sqlx::{Row as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::database::{Statement, alone};

/// SQLite's default page cache of a connection, in KiB.
const CACHE_KIB: u32 = 2_000;

/// Primary result codes of SQLite that are caused by the disk: SQLITE_READONLY, SQLITE_IOERR,
/// SQLITE_FULL, SQLITE_CANTOPEN.
const DISK: [i32; 4] = [8, 10, 13, 14];

/// Version of the migration that only creates indexes. Statements work without these.
const INDEXES: i64 = 7;
/// Number of calls from which the log announces new indexes: building them takes seconds.
const INDEXES_SLOW: i64 = 100_000;
/// Page cache while indexes are built, in KiB.
const INDEXES_CACHE_KIB: u32 = 65_536;

/// Applies missing migrations, and stores this version of confab as one that can read the file.
pub(crate) async fn bring_up_to_date(
    connection: &mut SqliteConnection,
) -> Result<(), MigrateError> {
    let migrations = sqlx::migrate!("../../migrations");
    let began = Instant::now();
    let Some(calls) = calls_without_indexes(connection).await else {
        migrations.run_direct(None, &mut *connection, false).await?;
        return remember_version(connection).await;
    };
    if calls >= INDEXES_SLOW {
        tracing::warn!(
            calls,
            "new indexes of the history are being built: the server starts afterwards, one to two \
             minutes for each million calls"
        );
    }
    pragma(connection, &format!("cache_size = -{INDEXES_CACHE_KIB}")).await?;
    migrations.run_direct(None, &mut *connection, false).await?;
    pragma(connection, &format!("cache_size = -{CACHE_KIB}")).await?;
    // The log has grown to the size of the largest index, and would keep that size.
    pragma(connection, "wal_checkpoint(TRUNCATE)").await?;
    if calls >= INDEXES_SLOW {
        let seconds = began.elapsed().as_secs();
        tracing::warn!(seconds, "the new indexes of the history are built");
    }
    remember_version(connection).await
}

/// Applies missing migrations except for indexes: changes are held in memory, and indexes are
/// large.
async fn bring_up_to_date_in_memory(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    let mut migrations = sqlx::migrate!("../../migrations");
    migrations
        .migrations
        .to_mut()
        .retain(|one| one.version != INDEXES);
    // A file of a newer version was rejected before.
    migrations.set_ignore_missing(true);
    migrations.run_direct(None, &mut *connection, false).await?;
    remember_version(connection).await
}

/// Returns the approximate number of calls to index; `None` if the indexes exist.
async fn calls_without_indexes(connection: &mut SqliteConnection) -> Option<i64> {
    let built = "SELECT count(*) FROM _sqlx_migrations WHERE version = ?";
    let built = sqlx::query_scalar(built).bind(INDEXES);
    // A file without these tables is a new one.
    let built: i64 = built.fetch_one(&mut *connection).await.unwrap_or(0);
    if built > 0 {
        return None;
    }
    let calls = sqlx::query_scalar("SELECT max(rowid) FROM calls");
    let calls: Result<Option<i64>, _> = calls.fetch_one(connection).await;
    Some(calls.ok().flatten().unwrap_or(0))
}

/// Sets a pragma of a connection.
pub(crate) async fn pragma(
    connection: &mut SqliteConnection,
    what: &str,
) -> Result<(), sqlx::Error> {
    let pragma = format!("PRAGMA {what}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(pragma))
        .execute(connection)
        .await?;
    Ok(())
}

async fn remember_version(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    let (known, ours) = (
        written_by(connection).await?,
        number(env!("CARGO_PKG_VERSION")),
    );
    if known < ours {
        pragma(connection, &format!("user_version = {ours}")).await?;
    }
    Ok(())
}

/// Returns the oldest version of confab that is known to read the file; `None` if unknown.
pub(crate) async fn reader_of(connection: &mut SqliteConnection) -> Option<String> {
    let number = written_by(connection)
        .await
        .ok()
        .filter(|&number| number > 0)?;
    let (major, minor, patch) = (number / 1_000_000, number / 1_000 % 1_000, number % 1_000);
    Some(format!("{major}.{minor}.{patch}"))
}

async fn written_by(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let row: SqliteRow = sqlx::query("PRAGMA user_version")
        .fetch_one(connection)
        .await?;
    row.try_get(0)
}

/// Encodes a version as a number: `1.2.3` as 1,002,003.
fn number(version: &str) -> i64 {
    let parts = version.split(['.', '-', '+']).take(3);
    let parts = parts.map(|part| i64::from_str(part).unwrap_or(0));
    parts.fold(0, |number, part| number * 1_000 + part.min(999))
}

/// Returns whether an error is caused by the disk, and may therefore end.
pub(crate) fn is_of_disk(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().and_then(|code| code.parse::<i32>().ok());
            code.is_some_and(|code| DISK.contains(&(code & 0xff)))
        }
        sqlx::Error::Migrate(error) => match &**error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                is_of_disk(error)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Returns whether a newer version of confab has changed the schema.
pub(crate) fn is_newer(error: &sqlx::Error) -> bool {
    let sqlx::Error::Migrate(error) = error else {
        return false;
    };
    matches!(**error, MigrateError::VersionMissing(_))
}

/// Database with the new schema, in an open transaction on the only connection.
pub(crate) struct Uncommitted {
    transaction: Transaction<'static, Sqlite>,
    _pool: SqlitePool,
}

impl Uncommitted {
    pub(crate) async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let alone = alone(options);
        // A file that was never written is not in WAL mode yet, and a journal on the disk needs
        // room.
        let plain = alone.clone().journal_mode(SqliteJournalMode::Memory);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None);
        let pool = match pool.clone().connect_with(alone).await {
            Ok(connected) => connected,
            Err(_) => pool.connect_with(plain).await?,
        };
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        // Changed pages and sorted rows stay in memory.
        for pragma in ["PRAGMA cache_spill = OFF", "PRAGMA temp_store = MEMORY"] {
            sqlx::query(pragma).execute(&mut *transaction).await?;
        }
        bring_up_to_date_in_memory(&mut transaction).await?;
        Ok(Self {
            transaction,
            _pool: pool,
        })
    }

    pub(crate) async fn all(
        &mut self,
        statement: Statement<'_>,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        statement.fetch_all(&mut *self.transaction).await
    }

    /// Rolls the changes back, and releases the lock.
    pub(crate) async fn close(self) {
        let _ended_anyway = self.transaction.rollback().await;
        self._pool.close().await;
    }
}
