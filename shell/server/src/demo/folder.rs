//! Folder of the demo: a new temporary folder, or a folder from the command line.

use std::env;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use confab_sockets::random_seed;

use crate::failure::Failure;

/// Folder of all files of the demo. The folder is kept, as the recordings are in it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Creates the folder.
    pub(crate) fn make(named: Option<&Path>) -> Result<Self, Failure> {
        let path = named.map_or_else(temporary, Path::to_owned);
        let made = DirBuilder::new()
            .recursive(named.is_some())
            .mode(0o700)
            .create(&path);
        made.map_err(Failure::not_written(&path))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

fn temporary() -> PathBuf {
    let seed = random_seed();
    let name = seed[..4]
        .iter()
        .fold(0, |n, &byte| n << 8 | u32::from(byte));
    env::temp_dir().join(format!("confab-demo-{name:08x}"))
}
