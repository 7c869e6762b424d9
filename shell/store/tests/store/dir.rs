//! Temporary folder of a test, deleted with the test.

use std::path::{Path, PathBuf};
use std::time::Duration;

use confab_store::{Given, OpenError, SqliteStore, open};

pub(crate) struct Dir(pub(crate) PathBuf);

impl Dir {
    /// Returns a folder with this name, which no other test may use.
    pub(crate) fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("confab-store-{name}-{}", std::process::id()));
        let _left_over = std::fs::remove_dir_all(&dir);
        Self(dir)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) async fn opened(dir: &Path) -> SqliteStore {
    // A child of another test holds the lock of a dropped store until its exec.
    for _ in 0..100 {
        match open(dir, &Given::default()).await {
            Err(OpenError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
            opened => return opened.unwrap().0,
        }
    }
    panic!("{} stays in use", dir.display());
}
