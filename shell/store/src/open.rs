//! Opens the store at each start: folder, lock, database, migrations, account, key file.

use core::iter;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use confab_terms::{AccountSid, WallTime};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use thiserror::Error;

use crate::api_keys::ApiKeys;
use crate::database::{Database, Statement, unreadable};
use crate::{Account, FreshAccount, Given, SqliteStore, StoreError, TokenHash, schema};

/// Error while opening the store.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Folder or file that cannot be created or written.
    #[error(
        "cannot write to {path}: {source}; make it writable for this user, or name another folder \
         with CONFAB_DATA_DIR"
    )]
    NotWritable {
        /// Path of the folder or file.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// Folder that another confab process uses.
    #[error(
        "the data folder {path} is in use by another confab; stop that one, or name another \
         folder with CONFAB_DATA_DIR"
    )]
    InUse {
        /// Path of the folder.
        path: PathBuf,
    },
    /// Database that cannot be opened or brought up to date.
    #[error(
        "cannot open the database {path}: {reason}; free space on its disk, restore the file from \
         a backup, or name another folder with CONFAB_DATA_DIR"
    )]
    Database {
        /// Path of the file.
        path: PathBuf,
        /// Error message of SQLite.
        reason: String,
    },
    /// Schema that a newer confab has changed.
    #[error(
        "cannot read the database {path}: a newer confab has changed its schema; start {reader} of \
         confab, or one after it. Leave the file where it is: this version would begin without its \
         history"
    )]
    Newer {
        /// Path of the file.
        path: PathBuf,
        /// Version of confab that can read the file.
        reader: String,
    },
    /// Signing token of which only the hash is stored.
    #[error(
        "CONFAB_AUTH_TOKEN is not set, and it signs webhooks in this dialect: {path} keeps only \
         its hash; set it to the account's token, or to a new one"
    )]
    NoToken {
        /// Path of the database.
        path: PathBuf,
    },
    /// Key file that is missing, invalid, or not the one that encrypted the stored secrets.
    #[error(
        "cannot use the key file {path}: {reason}; restore the file from a backup of this data \
         folder, or delete the API keys: sqlite3 confab.db 'DELETE FROM api_keys'"
    )]
    KeyFile {
        /// Path of the key file.
        path: PathBuf,
        /// Error message.
        reason: String,
    },
    /// Random numbers that the system does not provide.
    #[error("the system gives no random numbers for an account: {0}")]
    NoRandomness(String),
}

/// Opens the store in a folder, which is created if necessary. Returns a `FreshAccount` if a token
/// was generated: the only time that the token can be shown.
pub async fn open(
    dir: &Path,
    given: &Given,
) -> Result<(SqliteStore, Option<FreshAccount>), OpenError> {
    let lock = lock_folder(dir)?;
    let file = dir.join("confab.db");
    // The file is created before SQLite opens it: SQLite would make it readable by all users.
    private_file(&file).map_err(|source| OpenError::NotWritable {
        path: file.clone(),
        source,
    })?;
    let database = Arc::new(Database::open(&file, Arc::default()).await?);
    let failed = |reason: String| OpenError::Database {
        path: file.clone(),
        reason,
    };
    let (account, fresh) = settle_account(&database, given, failed).await?;
    if given.token_signs && TokenHash::of(&account.signing_key) != account.token_hash {
        return Err(OpenError::NoToken { path: file });
    }
    let keys = ApiKeys::open(Arc::clone(&database), account.sid, dir).await?;
    Ok((SqliteStore::start(database, account, keys, lock), fresh))
}

/// Creates the folder and locks it. The system releases the lock however the process ends.
fn lock_folder(dir: &Path) -> Result<File, OpenError> {
    let not_writable = |path: &Path, source: io::Error| OpenError::NotWritable {
        path: path.to_owned(),
        source,
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(dir).map_err(|e| not_writable(dir, e))?;
    let dir = fs::canonicalize(dir).map_err(|e| not_writable(dir, e))?;
    let path = dir.join("confab.lock");
    let lock = private_file(&path).map_err(|e| not_writable(&path, e))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: dir }),
        Err(TryLockError::Error(e)) => Err(not_writable(&path, e)),
    }
}

/// Opens a file that only its owner may read, and creates it if necessary.
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Finds or creates the account. Values of the configuration override stored ones.
async fn settle_account(
    database: &Database,
    given: &Given,
    failed: impl Fn(String) -> OpenError,
) -> Result<(Account, Option<FreshAccount>), OpenError> {
    let known = known_account(database, given.sid).await;
    let was = known.map_err(|e| failed(e.to_string()))?;
    let signing_key = match given.token_signs {
        true => given.token.as_ref(),
        false => given.signing_key.as_ref(),
    };
    let now = now();
    let mut fresh_token = None;
    let account = match was.clone() {
        Some(mut account) => {
            if let Some(token) = &given.token {
                account.token_hash = TokenHash::of(token);
            }
            if let Some(key) = signing_key {
                account.signing_key.clone_from(key);
            }
            if was.as_ref() != Some(&account) {
                account.date_updated = now;
            }
            account
        }
        None => {
            let token = match &given.token {
                Some(token) => token.clone(),
                None => fresh_token.insert(new_token(given)?).clone(),
            };
            Account {
                sid: match given.sid {
                    Some(sid) => sid,
                    None => AccountSid::from_random(u128::from_be_bytes(random()?)),
                },
                friendly_name: "confab".to_owned(),
                token_hash: TokenHash::of(&token),
                signing_key: match signing_key {
                    Some(key) => key.clone(),
                    None if given.token_signs => token,
                    None => format!("PSK_{}", random_digits::<32>()?),
                },
                date_created: now,
                date_updated: now,
            }
        }
    };
    if was.as_ref() != Some(&account) {
        let written = write_account(database, &account).await;
        match (written, was) {
            (Ok(()), _) => {}
            // The settings apply anyway, and the next start writes them.
            (Err(error), Some(_)) => tracing::error!(%error, "the account cannot be written"),
            (Err(error), None) if schema::is_of_disk(&error) => {
                tracing::error!(%error, "the new account is in memory, and written later");
                database.write_later(account.clone());
            }
            (Err(error), None) => return Err(failed(error.to_string())),
        }
    }
    let fresh = fresh_token.map(|token| FreshAccount {
        sid: account.sid,
        token,
        signing_key: account.signing_key.clone(),
    });
    Ok((account, fresh))
}

/// Returns the account with this sid or, without a sid, the oldest account.
async fn known_account(
    database: &Database,
    sid: Option<AccountSid>,
) -> Result<Option<Account>, StoreError> {
    let query = sqlx::query(
        "SELECT sid, friendly_name, token_hash, signing_key, date_created, date_updated
         FROM accounts WHERE ?1 IS NULL OR sid = ?1 ORDER BY date_created, sid LIMIT 1",
    )
    .bind(sid.map(|sid| sid.to_string()));
    match database.one(query).await? {
        Some(row) => account(&row).map(Some).map_err(unreadable),
        None => Ok(None),
    }
}

fn account(row: &SqliteRow) -> Result<Account, sqlx::Error> {
    let damaged = |what: &str| sqlx::Error::Decode(format!("the account's {what}").into());
    let hash: Vec<u8> = row.try_get("token_hash")?;
    Ok(Account {
        sid: row
            .try_get::<String, _>("sid")?
            .parse()
            .map_err(|_| damaged("sid"))?,
        friendly_name: row.try_get("friendly_name")?,
        token_hash: TokenHash(hash.try_into().map_err(|_| damaged("token hash"))?),
        signing_key: row.try_get("signing_key")?,
        date_created: WallTime(row.try_get("date_created")?),
        date_updated: WallTime(row.try_get("date_updated")?),
    })
}

async fn write_account(database: &Database, account: &Account) -> Result<(), sqlx::Error> {
    let inserted = database.write(iter::once(Ok(insert(account)))).await;
    inserted.map(|_| ())
}

/// Returns the statement that inserts an account or updates its changed fields.
pub(crate) fn insert(account: &Account) -> Statement<'static> {
    sqlx::query(
        "INSERT INTO accounts
           (sid, friendly_name, token_hash, signing_key, date_created, date_updated)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (sid) DO UPDATE SET friendly_name = ?2, token_hash = ?3, signing_key = ?4,
           date_updated = ?6",
    )
    .bind(account.sid.to_string())
    .bind(account.friendly_name.clone())
    .bind(account.token_hash.0.to_vec())
    .bind(account.signing_key.clone())
    .bind(account.date_created.0)
    .bind(account.date_updated.0)
}

pub(crate) fn now() -> WallTime {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    WallTime(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], OpenError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| OpenError::NoRandomness(e.to_string()))?;
    Ok(bytes)
}

/// Generates a token: 256 random bits after `PT`, or 128 without a prefix.
fn new_token(given: &Given) -> Result<String, OpenError> {
    match given.hexadecimal_token {
        true => random_digits::<16>(),
        false => Ok(format!("PT{}", random_digits::<32>()?)),
    }
}

/// Returns random bytes as hexadecimal digits.
fn random_digits<const BYTES: usize>() -> Result<String, OpenError> {
    let bytes = random::<BYTES>()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
