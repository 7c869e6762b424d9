//! API keys. All keys of the account are in memory, since they are few; each change is written at
//! once.

use core::{fmt, iter};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use confab_terms::limits::API_KEYS_MAX;
use confab_terms::{AccountSid, KeySid, Sid as _, WallTime};
use sqlx::Row as _;

use crate::database::{Database, Statement, unwritable};
use crate::key_file::Sealer;
use crate::{OpenError, Part, Place, StoreError, open};

/// Characters of a secret: letters and digits, 190 random bits.
const SECRET_CHARS: usize = 32;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// An API key without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Id, and user of Basic authentication.
    pub sid: KeySid,
    /// Name, chosen by the account's owner; may be empty.
    pub friendly_name: String,
    /// Time of creation.
    pub date_created: WallTime,
    /// Time of the last change.
    pub date_updated: WallTime,
}

/// The secret of an API key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(pub String);

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySecret(…)")
    }
}

/// A key and its encrypted secret.
struct Sealed {
    key: ApiKey,
    secret: Vec<u8>,
}

/// The API keys of the account.
pub(crate) struct ApiKeys {
    database: Arc<Database>,
    account: AccountSid,
    sealer: Sealer,
    keys: Mutex<BTreeMap<KeySid, Sealed>>,
    /// Lock of a change in progress: changes are made one after the other.
    writing: tokio::sync::Mutex<()>,
    /// Encrypted secret that is decrypted for an unknown key, so that the response takes as long as
    /// for a known key.
    decoy: (KeySid, Vec<u8>),
}

impl ApiKeys {
    /// Reads the keys, and creates the key file if none exists and no stored key needs one.
    pub(crate) async fn open(
        database: Arc<Database>,
        account: AccountSid,
        dir: &Path,
    ) -> Result<Self, OpenError> {
        let bad_database = |reason: String| OpenError::Database {
            path: dir.join("confab.db"),
            reason,
        };
        let query = sqlx::query(
            "SELECT sid, account, friendly_name, secret, date_created, date_updated FROM api_keys",
        );
        let rows = database
            .all(query)
            .await
            .map_err(|e| bad_database(e.to_string()))?;
        let bad = |reason: String| OpenError::KeyFile {
            path: Sealer::path(dir),
            reason,
        };
        let sealer = match Sealer::read(dir)? {
            Some(sealer) => sealer,
            None if rows.is_empty() => Sealer::create(dir)?,
            None => {
                let count = rows.len();
                return Err(bad(format!("missing, and {count} API keys need it")));
            }
        };
        let mut keys = BTreeMap::new();
        for row in rows {
            let owner: String = row
                .try_get("account")
                .map_err(|e| bad_database(e.to_string()))?;
            let sealed = sealed(&row).map_err(|e| bad_database(e.to_string()))?;
            let context = context(&owner, sealed.key.sid);
            if sealer.unseal(&context, &sealed.secret).is_none() {
                let sid = sealed.key.sid.prefixed();
                return Err(bad(format!("cannot decrypt the API key {sid}")));
            }
            if owner == account.to_string() {
                keys.insert(sealed.key.sid, sealed);
            }
        }
        let decoy = KeySid::from_random(u128::from_be_bytes(open::random()?));
        let secret = sealer.seal(&context(&account.to_string(), decoy), &new_secret()?)?;
        Ok(Self {
            database,
            account,
            sealer,
            keys: Mutex::new(keys),
            writing: tokio::sync::Mutex::default(),
            decoy: (decoy, secret),
        })
    }

    // Changes are complete before anything can panic: a poisoned lock guards consistent data.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<KeySid, Sealed>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self, change: Statement<'_>) -> Result<(), StoreError> {
        let saved = self.sealer.save();
        saved.map_err(|error| StoreError::Unwritable(format!("the key file: {error}")))?;
        let written = self.database.write(iter::once(Ok(change))).await;
        written.map(|_rows| ()).map_err(unwritable)
    }

    pub(crate) fn one(&self, sid: KeySid) -> Option<ApiKey> {
        self.lock().get(&sid).map(|sealed| sealed.key.clone())
    }

    pub(crate) fn all(&self, part: &Part) -> Vec<ApiKey> {
        let keys = self.lock();
        let keys = keys.values().map(|sealed| sealed.key.clone());
        part.cut(keys, |key| Place {
            at: key.date_created,
            sid: key.sid.to_string(),
        })
    }

    pub(crate) fn secret(&self, sid: KeySid) -> Result<Option<KeySecret>, StoreError> {
        let stored = self.lock().get(&sid).map(|sealed| sealed.secret.clone());
        let is_known = stored.is_some();
        let (sid, secret) = match stored {
            Some(secret) => (sid, secret),
            None => self.decoy.clone(),
        };
        let context = context(&self.account.to_string(), sid);
        let secret = self.sealer.unseal(&context, &secret);
        let secret = secret.ok_or_else(|| StoreError::NotDecrypted(sid.prefixed()))?;
        Ok(is_known.then_some(KeySecret(secret)))
    }

    /// Creates a key; returns `None` if the account already has `API_KEYS_MAX`.
    pub(crate) async fn create(
        &self,
        friendly_name: String,
    ) -> Result<Option<(ApiKey, KeySecret)>, StoreError> {
        let _writing = self.writing.lock().await;
        if self.lock().len() >= API_KEYS_MAX {
            return Ok(None);
        }
        let made = |error: OpenError| StoreError::Unwritable(error.to_string());
        let now = open::now();
        let random = open::random().map_err(made)?;
        let key = ApiKey {
            sid: KeySid::from_random(u128::from_be_bytes(random)),
            friendly_name,
            date_created: now,
            date_updated: now,
        };
        let secret = new_secret().map_err(made)?;
        let context = context(&self.account.to_string(), key.sid);
        let sealed = self.sealer.seal(&context, &secret).map_err(made)?;
        let insert = sqlx::query(
            "INSERT INTO api_keys
               (sid, account, friendly_name, secret, date_created, date_updated)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(key.sid.to_string())
        .bind(self.account.to_string())
        .bind(&key.friendly_name)
        .bind(&sealed)
        .bind(key.date_created.0)
        .bind(key.date_updated.0);
        self.write(insert).await?;
        let kept = Sealed {
            key: key.clone(),
            secret: sealed,
        };
        self.lock().insert(key.sid, kept);
        Ok(Some((key, KeySecret(secret))))
    }

    /// Changes the name of a key; returns `None` if the key does not exist.
    pub(crate) async fn rename(
        &self,
        sid: KeySid,
        friendly_name: String,
    ) -> Result<Option<ApiKey>, StoreError> {
        let _writing = self.writing.lock().await;
        let Some(mut key) = self.one(sid) else {
            return Ok(None);
        };
        if key.friendly_name == friendly_name {
            return Ok(Some(key));
        }
        key.friendly_name = friendly_name;
        key.date_updated = open::now();
        let update = "UPDATE api_keys SET friendly_name = ?2, date_updated = ?3 WHERE sid = ?1";
        let update = sqlx::query(update)
            .bind(sid.to_string())
            .bind(&key.friendly_name)
            .bind(key.date_updated.0);
        self.write(update).await?;
        if let Some(sealed) = self.lock().get_mut(&sid) {
            sealed.key = key.clone();
        }
        Ok(Some(key))
    }

    /// Deletes a key; returns true if the key existed. After the return, the key no longer
    /// authenticates.
    pub(crate) async fn delete(&self, sid: KeySid) -> Result<bool, StoreError> {
        let _writing = self.writing.lock().await;
        if self.one(sid).is_none() {
            return Ok(false);
        }
        let delete = sqlx::query("DELETE FROM api_keys WHERE sid = ?").bind(sid.to_string());
        self.write(delete).await?;
        Ok(self.lock().remove(&sid).is_some())
    }
}

/// Returns the context that binds a ciphertext to its row: in another row, it does not decrypt.
fn context(account: &str, sid: KeySid) -> String {
    format!("api key {account} {sid}")
}

fn sealed(row: &sqlx::sqlite::SqliteRow) -> Result<Sealed, sqlx::Error> {
    let sid: String = row.try_get("sid")?;
    let damaged = |_| sqlx::Error::Decode(format!("the API key {sid}").into());
    Ok(Sealed {
        key: ApiKey {
            sid: sid.parse().map_err(damaged)?,
            friendly_name: row.try_get("friendly_name")?,
            date_created: WallTime(row.try_get("date_created")?),
            date_updated: WallTime(row.try_get("date_updated")?),
        },
        secret: row.try_get("secret")?,
    })
}

fn new_secret() -> Result<String, OpenError> {
    let mut secret = String::with_capacity(SECRET_CHARS);
    while secret.len() < SECRET_CHARS {
        // Bytes beyond the last whole multiple of the alphabet would favor its first letters.
        let bytes = open::random::<64>()?.into_iter();
        let fair = bytes.filter(|byte| usize::from(*byte) < 4 * ALPHABET.len());
        let letters = fair.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        secret.extend(letters.take(SECRET_CHARS - secret.len()));
    }
    Ok(secret)
}
