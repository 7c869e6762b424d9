//! Connections to the database file: one that writes, and pools of those that read. Each one that
//! saw an error is closed: SQLite may have kept its transaction, or ended one that sqlx counts on.

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

/// Time after which a read without an answer is an error: the file system may be frozen.
pub(crate) const READ_WAIT: Duration = Duration::from_secs(5);
/// Time after which a write without an answer counts as an outage.
const WRITE_SLOW: Duration = Duration::from_secs(2);
/// Time for which a lock of another process is waited for.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// A statement with its values.
pub(crate) type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// The database file.
pub(crate) struct Database {
    options: SqliteConnectOptions,
    /// `None` after an error, until the next write.
    writer: Mutex<Option<SqliteConnection>>,
    /// Unset after a start without room on the disk, until a write succeeds. The writer's
    /// connection then reads, too, and is the only one: SQLite needs no index file for it.
    readers: OnceLock<Readers>,
    /// True until the schema is up to date on the disk. Reads see it in `uncommitted` meanwhile.
    is_behind: AtomicBool,
    uncommitted: Mutex<Option<Uncommitted>>,
    /// An account that was made without room on the disk, for the next write.
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
                // The first error is the one that helps.
                let alone = database.start_alone(&refused).await;
                alone.map_err(|_| error(refused.to_string()))?;
                database.outage.begin(&refused.to_string());
            }
        }
        Ok(database)
    }

    /// Opens a connection to a file whose schema is up to date.
    async fn up_to_date(
        &self,
        options: &SqliteConnectOptions,
    ) -> Result<SqliteConnection, sqlx::Error> {
        let mut connection = options.connect().await?;
        schema::bring_up_to_date(&mut connection).await?;
        Ok(connection)
    }

    /// Starts without room on the disk: on the only connection, and with the schema in memory where
    /// it is behind.
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

    /// The error of a schema that a newer confab has made.
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

    /// True unless the schema is in memory, where it has no new indexes.
    pub(crate) fn has_indexes(&self) -> bool {
        !self.is_behind.load(Ordering::Relaxed)
    }

    /// Has an account written before anything else is.
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
        // Put back after success only: a cancelled write closes its connection, too.
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
            // There is room again. An error here is met by the next write or read.
            let _still_alone = self.share(&mut writer).await;
        }
        written
    }

    /// Brings the schema up to date, now that there may be room.
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
            (None, Some(_)) => self.options.connect().await,
            (None, None) => alone(&self.options).connect().await,
        }
    }

    /// Opens a writer beside which others may read, and the readers.
    async fn share(&self, writer: &mut Option<SqliteConnection>) -> Result<(), sqlx::Error> {
        let connection = self.options.connect().await?;
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

/// Options of a connection that is the only one and keeps its index of the log in memory.
pub(crate) fn alone(options: &SqliteConnectOptions) -> SqliteConnectOptions {
    options.clone().locking_mode(SqliteLockingMode::Exclusive)
}

/// Gives up a read that the disk does not answer.
async fn answered<T>(read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let waited = timeout(READ_WAIT, read).await;
    waited.unwrap_or_else(|_| {
        let seconds = READ_WAIT.as_secs();
        let reason = format!("no answer from the disk for {seconds} s");
        Err(StoreError::Unreadable(reason))
    })
}

/// Either all statements are committed or none.
async fn in_transaction<'q>(
    connection: &mut SqliteConnection,
    statements: impl Iterator<Item = Result<Statement<'q>, sqlx::Error>> + Send,
) -> Result<u64, sqlx::Error> {
    // Plain statements: sqlx's own count of open transactions goes wrong when SQLite ends one.
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

// Taken by value because that is what `map_err` hands over.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn unreadable(error: sqlx::Error) -> StoreError {
    StoreError::Unreadable(error.to_string())
}

// Taken by value because that is what `map_err` hands over.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn unwritable(error: sqlx::Error) -> StoreError {
    StoreError::Unwritable(error.to_string())
}
