//! A folder of a test's own, gone with it.

use std::path::{Path, PathBuf};

use confab_store::{Given, SqliteStore, open};

pub(crate) struct Dir(pub(crate) PathBuf);

impl Dir {
    /// No two tests give the same name.
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
    open(dir, &Given::default()).await.unwrap().0
}
