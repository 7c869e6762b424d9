//! The schema: brought up to date at the start, or, where the disk has no room, in a transaction
//! that is never committed. The history can then be read, and the next write tries again.

use std::str::FromStr as _;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow};
use sqlx::{Row as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::database::{Statement, alone};

/// Primary result codes of SQLite that come from the disk: SQLITE_READONLY, SQLITE_IOERR,
/// SQLITE_FULL, SQLITE_CANTOPEN.
const DISK: [i32; 4] = [8, 10, 13, 14];

/// Applies what is missing. Remembers this version of confab as one that can read the file.
pub(crate) async fn bring_up_to_date(
    connection: &mut SqliteConnection,
) -> Result<(), MigrateError> {
    let migrations = sqlx::migrate!("../../migrations");
    migrations.run_direct(None, &mut *connection, false).await?;
    let (known, ours) = (
        written_by(connection).await?,
        number(env!("CARGO_PKG_VERSION")),
    );
    if known < ours {
        let set = format!("PRAGMA user_version = {ours}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(set))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Returns the oldest version of confab that is known to read a file, as text; `None`: unknown.
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

/// `1.2.3` as 1,002,003.
fn number(version: &str) -> i64 {
    let parts = version.split(['.', '-', '+']).take(3);
    let parts = parts.map(|part| i64::from_str(part).unwrap_or(0));
    parts.fold(0, |number, part| number * 1_000 + part.min(999))
}

/// Returns whether an error comes from the disk, and may be over later.
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

/// The whole database as it will be, in a transaction on the only connection.
pub(crate) struct Uncommitted {
    transaction: Transaction<'static, Sqlite>,
    _pool: SqlitePool,
}

impl Uncommitted {
    pub(crate) async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let alone = alone(options);
        // A file that was never written is no WAL yet, and any journal of its own needs room.
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
        // What is changed stays in memory, sorting included.
        for pragma in ["PRAGMA cache_spill = OFF", "PRAGMA temp_store = MEMORY"] {
            sqlx::query(pragma).execute(&mut *transaction).await?;
        }
        bring_up_to_date(&mut transaction).await?;
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

    /// Gives up what was changed, and the lock.
    pub(crate) async fn close(self) {
        let _ended_anyway = self.transaction.rollback().await;
        self._pool.close().await;
    }
}
