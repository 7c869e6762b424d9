//! The key file of the data folder, and the encryption of stored secrets with it (AES-256-GCM).

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aes_gcm::aead::AeadInPlace as _;
use aes_gcm::{Aes256Gcm, KeyInit as _};

use crate::{OpenError, open};

const FILE: &str = "secrets.key";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;

/// Cipher for stored secrets, with the key of the key file.
pub(crate) struct Sealer {
    cipher: Aes256Gcm,
    /// Key that is not on the disk yet because the disk was full, with its folder.
    unsaved: Mutex<Option<(PathBuf, [u8; KEY_BYTES])>>,
}

impl Sealer {
    /// Returns the path of the key file in a data folder.
    pub(crate) fn path(dir: &Path) -> PathBuf {
        dir.join(FILE)
    }

    /// Reads the key file; returns `None` if the file does not exist.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, OpenError> {
        let path = Self::path(dir);
        let bad = |reason: String| OpenError::KeyFile {
            path: path.clone(),
            reason,
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(bad(error.to_string())),
        };
        let key = digits(text.trim());
        let key = key.ok_or_else(|| bad("expected 64 hexadecimal digits".to_owned()))?;
        make_private(&path).map_err(|error| bad(error.to_string()))?;
        Ok(Some(Self::new(&key)))
    }

    /// Creates the key file. On return the file is on the disk, unless the disk is full: the caller
    /// then calls `save` before it stores an encrypted secret.
    pub(crate) fn create(dir: &Path) -> Result<Self, OpenError> {
        let key = open::random::<KEY_BYTES>()?;
        let path = Self::path(dir);
        let mut sealer = Self::new(&key);
        match write_new(dir, &path, &key) {
            Ok(()) => Ok(sealer),
            Err(error) if is_full(&error) => {
                tracing::error!(path = %path.display(), %error, "key file is written later");
                sealer.unsaved = Mutex::new(Some((dir.to_owned(), key)));
                Ok(sealer)
            }
            Err(source) => Err(OpenError::NotWritable { path, source }),
        }
    }

    /// Writes the key file if the disk was full when the key was created.
    pub(crate) fn save(&self) -> io::Result<()> {
        let mut unsaved = self.unsaved.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((dir, key)) = &*unsaved {
            write_new(dir, &Self::path(dir), key)?;
        }
        *unsaved = None;
        Ok(())
    }

    fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self {
            cipher: Aes256Gcm::new(key.into()),
            unsaved: Mutex::default(),
        }
    }

    /// Encrypts a secret; `unseal` needs the same `context`.
    pub(crate) fn seal(&self, context: &str, secret: &str) -> Result<Vec<u8>, OpenError> {
        let nonce = open::random::<NONCE_BYTES>()?;
        let mut sealed = nonce.to_vec();
        sealed.extend_from_slice(secret.as_bytes());
        let body = &mut sealed[NONCE_BYTES..];
        let tag = self
            .cipher
            .encrypt_in_place_detached(&nonce.into(), context.as_bytes(), body);
        let tag = tag.map_err(|_| OpenError::NoRandomness("AES-GCM failed".to_owned()))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Decrypts a secret; returns `None` if the key or the context differs, or the data was
    /// changed.
    pub(crate) fn unseal(&self, context: &str, sealed: &[u8]) -> Option<String> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let (body, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        let mut body = body.to_vec();
        self.cipher
            .decrypt_in_place_detached(nonce.into(), context.as_bytes(), &mut body, tag.into())
            .ok()?;
        String::from_utf8(body).ok()
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded
    )
}

/// Parses 64 hexadecimal digits.
fn digits(text: &str) -> Option<[u8; KEY_BYTES]> {
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (byte, pair) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(key)
}

/// Removes the rights of other users from the file, which a restored copy may have.
fn make_private(path: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "key file was readable by other users: mode 0600");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Writes the key under another name, then renames the file: after a crash, the file is whole or
/// absent.
fn write_new(dir: &Path, path: &Path, key: &[u8]) -> io::Result<()> {
    let text: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let unfinished = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(format!("{text}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    File::open(dir)?.sync_all()
}
