//! Folders with access for this user only, since recordings are private.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

const MODE: u32 = 0o700;

/// Creates the folder if absent, and removes the access of other users.
pub(crate) fn create(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(MODE).create(dir)?;
    tighten(dir);
    Ok(())
}

/// Removes the access of other users to an existing folder. Another user's folder stays as it is.
pub(crate) fn tighten(dir: &Path) {
    let Ok(found) = fs::metadata(dir) else {
        return;
    };
    if found.permissions().mode() & 0o077 == 0 {
        return;
    }
    if let Err(error) = fs::set_permissions(dir, Permissions::from_mode(MODE)) {
        tracing::warn!(dir = %dir.display(), %error, "other users can enter this folder");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_is_private_whether_it_is_new_or_not() {
        let dir = std::env::temp_dir().join(format!("confab-private-{}", std::process::id()));
        let mode = |dir: &Path| fs::metadata(dir).unwrap().permissions().mode() & 0o777;
        create(&dir.join("new")).unwrap();
        assert_eq!(mode(&dir.join("new")), 0o700);
        for open in [0o755, 0o770, 0o701] {
            fs::set_permissions(&dir, Permissions::from_mode(open)).unwrap();
            create(&dir).unwrap();
            assert_eq!(mode(&dir), 0o700, "{open:o}");
        }
        tighten(&dir.join("none"));
        assert!(!dir.join("none").exists());
        fs::remove_dir_all(&dir).unwrap();
    }
}
