//! API keys across restarts, their encryption, and a key file that is lost or replaced.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use confab_store::{Given, OpenError, Order, Part, SqliteStore, Store, open};
use confab_terms::limits::API_KEYS_MAX;
use confab_terms::{AccountSid, KeySid};

use crate::dir::{Dir, opened};

fn all() -> Part {
    Part {
        order: Order::OldestFirst,
        after: None,
        count: 10_000,
    }
}

fn key_file(dir: &Path) -> std::path::PathBuf {
    dir.join("secrets.key")
}

async fn refused(dir: &Path) -> String {
    match open(dir, &Given::default()).await {
        Err(error @ OpenError::KeyFile { .. }) => error.to_string(),
        Err(other) => panic!("another error: {other}"),
        Ok(_) => panic!("opened"),
    }
}

async fn closed(store: SqliteStore) {
    store.flush().await.unwrap();
    drop(store);
}

#[tokio::test]
async fn key_lives_through_a_restart_and_its_secret_is_nowhere_on_the_disk() {
    let dir = Dir::new("keys");
    let store = opened(&dir.0).await;
    let (key, secret) = store.create_key("desk".to_owned()).await.unwrap().unwrap();
    let (other, _) = store.create_key(String::new()).await.unwrap().unwrap();
    assert!(secret.0.len() == 32 && secret.0.bytes().all(|b| b.is_ascii_alphanumeric()));
    assert_eq!(format!("{secret:?}"), "KeySecret(…)");
    assert_eq!(store.key_secret(key.sid).unwrap(), Some(secret.clone()));
    let renamed = store
        .rename_key(key.sid, "new".to_owned())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (renamed.sid, renamed.friendly_name.as_str()),
        (key.sid, "new")
    );
    assert!(store.delete_key(other.sid).await.unwrap());
    assert!(!store.delete_key(other.sid).await.unwrap());
    assert_eq!(store.key_secret(other.sid).unwrap(), None);
    assert_eq!(
        store.rename_key(other.sid, "x".to_owned()).await.unwrap(),
        None
    );
    closed(store).await;
    for file in std::fs::read_dir(&dir.0).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let secret = secret.0.as_bytes();
        let holds = bytes.windows(secret.len()).any(|part| part == secret);
        assert!(!holds, "{path:?} has the secret");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path:?} is open to others");
    }
    let store = opened(&dir.0).await;
    assert_eq!(store.api_keys(all()), std::slice::from_ref(&renamed));
    assert_eq!(store.api_key(key.sid), Some(renamed));
    assert_eq!(store.api_key(other.sid), None);
    assert_eq!(store.key_secret(key.sid).unwrap(), Some(secret));
    assert_eq!(store.key_secret(KeySid::from_random(1)).unwrap(), None);
}

#[tokio::test]
async fn lost_key_file_ends_the_start_and_loses_nothing() {
    let dir = Dir::new("keys-lost");
    let store = opened(&dir.0).await;
    let (key, secret) = store.create_key("desk".to_owned()).await.unwrap().unwrap();
    closed(store).await;
    let aside = dir.0.join("aside");
    std::fs::rename(key_file(&dir.0), &aside).unwrap();
    let message = refused(&dir.0).await;
    assert!(
        message.contains("secrets.key: missing, and 1 API keys need it"),
        "{message}"
    );
    assert!(!key_file(&dir.0).exists(), "no other key takes its place");
    std::fs::rename(&aside, key_file(&dir.0)).unwrap();
    let store = opened(&dir.0).await;
    assert_eq!(store.key_secret(key.sid).unwrap(), Some(secret));
}

#[tokio::test]
async fn wrong_or_damaged_key_file_ends_the_start_and_loses_nothing() {
    let dir = Dir::new("keys-wrong");
    let store = opened(&dir.0).await;
    let (key, secret) = store.create_key("desk".to_owned()).await.unwrap().unwrap();
    closed(store).await;
    let right = std::fs::read(key_file(&dir.0)).unwrap();
    for (wrong, reason) in [
        ("00".repeat(32), "cannot decrypt the API key SK"),
        (String::new(), "expected 64 hexadecimal digits"),
        ("x".repeat(64), "expected 64 hexadecimal digits"),
        ("00".repeat(31), "expected 64 hexadecimal digits"),
    ] {
        std::fs::write(key_file(&dir.0), &wrong).unwrap();
        let message = refused(&dir.0).await;
        assert!(message.contains(reason), "{wrong:?}: {message}");
        assert_eq!(std::fs::read(key_file(&dir.0)).unwrap(), wrong.as_bytes());
    }
    std::fs::write(key_file(&dir.0), right).unwrap();
    // A copy that other users can read is made private.
    let open_to_all = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(key_file(&dir.0), open_to_all).unwrap();
    let store = opened(&dir.0).await;
    assert_eq!(store.key_secret(key.sid).unwrap(), Some(secret));
    let mode = std::fs::metadata(key_file(&dir.0))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn key_file_that_nothing_needs_is_made_anew() {
    let dir = Dir::new("keys-none");
    let store = opened(&dir.0).await;
    let (key, _) = store.create_key(String::new()).await.unwrap().unwrap();
    assert!(store.delete_key(key.sid).await.unwrap());
    closed(store).await;
    std::fs::remove_file(key_file(&dir.0)).unwrap();
    let store = opened(&dir.0).await;
    assert!(key_file(&dir.0).exists());
    assert!(store.create_key(String::new()).await.unwrap().is_some());
}

#[tokio::test]
async fn number_of_keys_is_limited() {
    let dir = Dir::new("keys-many");
    let store = opened(&dir.0).await;
    for _ in 0..API_KEYS_MAX {
        assert!(store.create_key(String::new()).await.unwrap().is_some());
    }
    assert_eq!(store.create_key(String::new()).await.unwrap(), None);
    let sid = store.api_keys(all())[0].sid;
    assert!(store.delete_key(sid).await.unwrap());
    assert!(store.create_key(String::new()).await.unwrap().is_some());
}

#[tokio::test]
async fn account_sees_only_its_own_keys() {
    let dir = Dir::new("keys-accounts");
    let of = |number| Given {
        sid: Some(AccountSid::from_random(number)),
        token: Some("t".to_owned()),
        ..Given::default()
    };
    let (store, _) = open(&dir.0, &of(1)).await.unwrap();
    let (key, _) = store.create_key(String::new()).await.unwrap().unwrap();
    closed(store).await;
    let (store, _) = open(&dir.0, &of(2)).await.unwrap();
    assert_eq!(store.api_keys(all()), []);
    assert_eq!(store.key_secret(key.sid).unwrap(), None);
    assert!(!store.delete_key(key.sid).await.unwrap());
    closed(store).await;
    let (store, _) = open(&dir.0, &of(1)).await.unwrap();
    assert_eq!(store.api_keys(all()), [key]);
}

/// Opens a database of the version before API keys.
#[tokio::test]
async fn migration_keeps_all_that_is_stored() {
    use confab_store::{Entry, NoticeFilter};
    use confab_switchboard::{Notice, Severity};
    use confab_terms::WallTime;
    let dir = Dir::new("keys-migration");
    let (store, fresh) = open(&dir.0, &Given::default()).await.unwrap();
    let token = fresh.unwrap().token;
    let notice = Notice {
        code: 11200,
        severity: Severity::Error,
        message: "no answer".to_owned(),
        at: WallTime(7),
        call: None,
        conference: None,
        url: None,
        method: None,
        exchange: None,
    };
    store.keep(Entry::Notice(notice.clone()));
    let account = store.account().clone();
    closed(store).await;
    let url = format!("sqlite://{}", dir.0.join("confab.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    for statement in [
        "DROP TABLE api_keys",
        "DROP TABLE outbox",
        "DROP TABLE dead_letters",
        "DROP TABLE open_calls",
        "DROP TABLE open_conferences",
        "DROP TABLE alive",
        "DROP TABLE registrations",
        "DELETE FROM _sqlx_migrations WHERE version >= 4",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
    std::fs::remove_file(key_file(&dir.0)).unwrap();
    let store = opened(&dir.0).await;
    assert_eq!(*store.account(), account);
    assert_eq!(account.token_hash, confab_store::TokenHash::of(&token));
    let found = store.notices(NoticeFilter::default(), all()).await.unwrap();
    assert_eq!(found[0].notice, notice);
    assert!(store.create_key(String::new()).await.unwrap().is_some());
}
