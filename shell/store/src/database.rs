//! Connections to the database file: one for writing, and pools for reading. A connection that
//! returned an error is closed: SQLite may have kept its transaction, or ended one that sqlx still
//! counts.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, Connection as _, QueryBuilder, Sqlite, SqliteConnection};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::outage::Outage;
use crate::pending::Pending;
use crate::readers::{Cost, Readers};
use crate::schema::{self, Uncommitted};
use crate::{Account, OpenError, StoreError, open};

/// Time after which an unfinished read is an error: the file system may be frozen.
pub(crate) const READ_WAIT: Duration = Duration::from_secs(5);
/// Time after which an unfinished write counts as an outage.
const WRITE_SLOW: Duration = Duration::from_secs(2);
/// Maximum wait for a lock that another process holds.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Setting of connections that write: a statement that inserts several rows keeps the former pages
/// until its end, in memory rather than in a file.
const TEMPORARY_IN_MEMORY: &str = "temp_store = MEMORY";

/// A statement with its values.
pub(crate) type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// The database file.
pub(crate) struct Database {
    options: SqliteConnectOptions,
    /// Connection for writing; `None` from an error until the next use.
    writer: Mutex<Option<SqliteConnection>>,
    /// Pools for reading. Unset after a start with a full disk, until a write succeeds. Until then
    /// the writer's connection is the only one, and reads too: SQLite needs no index file for a
    /// single connection.
    readers: OnceLock<Readers>,
    /// True until the schema on the disk is up to date. Until then, reads use the schema in
    /// `uncommitted`.
    is_behind: AtomicBool,
    uncommitted: Mutex<Option<Uncommitted>>,
    /// Account that was created while the disk was full; inserted by the next write.
    unwritten_account: std::sync::Mutex<Option<Account>>,
    pub(crate) outage: Outage,
}

impl Database {
    /// Opens the file, which must exist, and brings its schema up to date.
    pub(crate) async fn open(file: &Path, pending: Arc<Pending>) -> Result<Self, OpenError> {
        let error = |reason: String| OpenError::Database {
            path: file.to_owned(),
            reason,
        };
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY_WAIT);
        let mut database = Self {
            outage: Outage::new(pending),
            writer: Mutex::default(),
            readers: OnceLock::new(),
            is_behind: AtomicBool::new(false),
            uncommitted: Mutex::default(),
            unwritten_account: std::sync::Mutex::default(),
            options,
        };
        match database.up_to_date(&database.options).await {
            Ok(writer) => {
                let readers = Readers::open(&database.options).await;
                let readers = readers.map_err(|e| error(e.to_string()))?;
                database.readers.get_or_init(|| readers);
                *database.writer.get_mut() = Some(writer);
            }
            Err(refused) if schema::is_newer(&refused) => {
                return Err(database.newer(file).await);
            }
            Err(refused) => {
                // The first error is the more helpful one.
                let alone = database.start_alone(&refused).await;
                alone.map_err(|_| error(refused.to_string()))?;
                database.outage.begin(&refused.to_string());
            }
        }
        Ok(database)
    }

    /// Opens a connection, and brings the schema of the file up to date.
    async fn up_to_date(
        &self,
        options: &SqliteConnectOptions,
    ) -> Result<SqliteConnection, sqlx::Error> {
        let mut connection = options.connect().await?;
        schema::bring_up_to_date(&mut connection).await?;
        // Not before the migrations: these sort large tables on the disk.
        schema::pragma(&mut connection, TEMPORARY_IN_MEMORY).await?;
        Ok(connection)
    }

    /// Starts with a full disk: on the only connection, and with the new schema in memory if the
    /// schema of the file is old.
    async fn start_alone(&mut self, refused: &sqlx::Error) -> Result<(), sqlx::Error> {
        let again = match self.up_to_date(&alone(&self.options)).await {
            Ok(writer) => {
                *self.writer.get_mut() = Some(writer);
                return Ok(());
            }
            Err(again) => again,
        };
        if !schema::is_of_disk(refused) || !schema::is_of_disk(&again) {
            return Err(again);
        }
        *self.uncommitted.get_mut() = Some(Uncommitted::open(&self.options).await?);
        *self.is_behind.get_mut() = true;
        Ok(())
    }

    /// Returns the error for a schema that a newer confab has changed.
    async fn newer(&self, file: &Path) -> OpenError {
        let reader = match self.options.connect().await {
            Ok(mut connection) => schema::reader_of(&mut connection).await,
            Err(_) => None,
        };
        OpenError::Newer {
            path: file.to_owned(),
            reader: reader.unwrap_or_else(|| "a later version".to_owned()),
        }
    }

    /// Returns false while the schema is in memory, where new indexes are missing.
    pub(crate) fn has_indexes(&self) -> bool {
        !self.is_behind.load(Ordering::Relaxed)
    }

    /// Stores an account that the next write inserts before other changes.
    pub(crate) fn write_later(&self, account: Account) {
        *self.unwritten() = Some(account);
    }

    fn unwritten(&self) -> std::sync::MutexGuard<'_, Option<Account>> {
        let account = self.unwritten_account.lock();
        account.unwrap_or_else(PoisonError::into_inner)
    }

    /// Executes statements in one transaction; returns the number of rows changed.
    pub(crate) async fn write<'q>(
        &self,
        changes: impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send,
    ) -> Result<u64, sqlx::Error> {
        let writing = self.write_unwatched(changes);
        tokio::pin!(writing);
        let written = match timeout(WRITE_SLOW, &mut writing).await {
            Ok(written) => written,
            Err(_) => {
                let seconds = WRITE_SLOW.as_secs();
                self.outage
                    .begin(&format!("no answer from the disk for {seconds} s"));
                writing.await
            }
        };
        written.inspect_err(|error| self.outage.begin(&error.to_string()))
    }

    async fn write_unwatched<'q>(
        &self,
        changes: impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send,
    ) -> Result<u64, sqlx::Error> {
        let mut writer = self.writer.lock().await;
        // The connection is put back after success only: a canceled write closes its connection,
        // too.
        let mut connection = match self.is_behind.load(Ordering::Relaxed) {
            true => self.catch_up().await?,
            false => self.take_or_open(&mut writer).await?,
        };
        let account = self.unwritten().clone();
        let insert = account.as_ref().map(|account| Ok(open::insert(account)));
        let written = in_transaction(&mut connection, insert.into_iter().chain(changes)).await;
        if written.is_ok() {
            *self.unwritten() = None;
        }
        let is_alone = self.readers.get().is_none();
        if written.is_ok() && !is_alone {
            *writer = Some(connection);
            return written;
        }
        let _closed_anyway = connection.close().await;
        if written.is_ok() {
            // There is room again. An error here occurs again in the next write or read.
            let _still_alone = self.share(&mut writer).await;
        }
        written
    }

    /// Brings the schema on the disk up to date, since the disk may have room again.
    async fn catch_up(&self) -> Result<SqliteConnection, sqlx::Error> {
        if let Some(uncommitted) = self.uncommitted.lock().await.take() {
            uncommitted.close().await;
        }
        let connection = self.up_to_date(&alone(&self.options)).await?;
        self.is_behind.store(false, Ordering::Relaxed);
        Ok(connection)
    }

    async fn take_or_open(
        &self,
        writer: &mut Option<SqliteConnection>,
    ) -> Result<SqliteConnection, sqlx::Error> {
        match (writer.take(), self.readers.get()) {
            (Some(connection), _) => Ok(connection),
            (None, Some(_)) => connect_writer(&self.options).await,
            (None, None) => connect_writer(&alone(&self.options)).await,
        }
    }

    /// Opens a writer that permits other connections, and the readers.
    async fn share(&self, writer: &mut Option<SqliteConnection>) -> Result<(), sqlx::Error> {
        let connection = connect_writer(&self.options).await?;
        let readers = Readers::open(&self.options).await?;
        self.readers.get_or_init(|| readers);
        *writer = Some(connection);
        Ok(())
    }

    /// Returns the rows that a statement reads.
    pub(crate) async fn all(&self, statement: Statement<'_>) -> Result<Vec<SqliteRow>, StoreError> {
        answered(async {
            let rows = match self.readers.get() {
                Some(readers) => readers.point(statement).await,
                None => self.read_alone(statement).await,
            };
            rows.map_err(unreadable)
        })
        .await
    }

    /// Returns the rows of a part of a list.
    pub(crate) async fn list(
        &self,
        mut sql: QueryBuilder<Sqlite>,
        cost: Cost,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        match self.readers.get() {
            Some(readers) => answered(readers.list(sql, cost)).await,
            None => self.all(sql.build()).await,
        }
    }

    async fn read_alone(&self, statement: Statement<'_>) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let mut writer = self.writer.lock().await;
        if self.is_behind.load(Ordering::Relaxed) {
            let mut uncommitted = self.uncommitted.lock().await;
            let mut opened = match uncommitted.take() {
                Some(opened) => opened,
                None => Uncommitted::open(&self.options).await?,
            };
            let rows = opened.all(statement).await?;
            *uncommitted = Some(opened);
            return Ok(rows);
        }
        let mut connection = self.take_or_open(&mut writer).await?;
        let rows = statement.fetch_all(&mut connection).await?;
        *writer = Some(connection);
        Ok(rows)
    }

    /// Returns the first row that a statement reads.
    pub(crate) async fn one(
        &self,
        statement: Statement<'_>,
    ) -> Result<Option<SqliteRow>, StoreError> {
        Ok(self.all(statement).await?.into_iter().next())
    }
}

/// Returns options of an exclusive connection, which keeps the index of the log in memory.
pub(crate) fn alone(options: &SqliteConnectOptions) -> SqliteConnectOptions {
    options.clone().locking_mode(SqliteLockingMode::Exclusive)
}

/// Opens a connection that writes.
async fn connect_writer(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    schema::pragma(&mut connection, TEMPORARY_IN_MEMORY).await?;
    Ok(connection)
}

/// Ends a read with an error after `READ_WAIT`.
async fn answered<T>(read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let waited = timeout(READ_WAIT, read).await;
    waited.unwrap_or_else(|_| {
        let seconds = READ_WAIT.as_secs();
        let reason = format!("no answer from the disk for {seconds} s");
        Err(StoreError::Unreadable(reason))
    })
}

/// Executes all statements in one transaction; returns the number of rows changed.
async fn in_transaction<'q>(
    connection: &mut SqliteConnection,
    statements: impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send,
) -> Result<u64, sqlx::Error> {
    // sqlx's own transactions are not used: their count is wrong after SQLite has ended one.
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut *connection)
        .await?;
    let mut rows = 0;
    for statement in statements {
        rows += statement?.execute(&mut *connection).await?.rows_affected();
    }
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    Ok(rows)
}

// By value, because `map_err` passes errors by value.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn unreadable(error: sqlx::Error) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

// By value, because `map_err` passes errors by value.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn unwritable(error: sqlx::Error) -> StoreError {
    StoreError::Unwritable(error.to_string())
}
