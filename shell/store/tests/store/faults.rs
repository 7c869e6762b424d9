//! Faults of real file systems for a test: a mount namespace of its own, a tmpfs that is full.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set in the process inside the namespace.
const INSIDE: &str = "CONFAB_STORE_TEST_NAMESPACE";
/// Ways to a mount namespace: as root, as any user where allowed, by sudo.
const WAYS: [&[&str]; 3] = [
    &["unshare", "--mount"],
    &["unshare", "--user", "--map-root-user", "--mount"],
    &["sudo", "-n", "unshare", "--mount"],
];

/// Returns true in a mount namespace of the test's own. Outside, runs the test `name` again in a
/// new one, panics if the test fails there, and returns false.
pub(crate) fn is_inside(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let works = |way: &&&[&str]| {
        let mut probe = Command::new(way[0]);
        let probe = probe.args(&way[1..]).arg("true").stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    };
    let way = WAYS.iter().find(works).expect(
        "a mount namespace: run as root, or where user namespaces are allowed, with unshare of \
         util-linux",
    );
    let output = Command::new(way[0])
        .args(&way[1..])
        .args(["env", &format!("{INSIDE}=1")])
        .arg(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads", "1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let passed = output.status.success() && said.contains("1 passed");
    assert!(passed, "{name} in a mount namespace:\n{said}");
    false
}

/// Mounts a tmpfs of this size on a new folder.
pub(crate) fn mount_tmpfs(dir: &Path, size: &str) {
    std::fs::create_dir_all(dir).unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]);
    assert!(mount.arg(dir).status().unwrap().success(), "no tmpfs");
}

/// A file that takes all free space of its file system until it is dropped.
pub(crate) struct Ballast(PathBuf);

impl Ballast {
    pub(crate) fn fill(dir: &Path) -> Self {
        let path = dir.join("ballast");
        let mut file = File::create(&path).unwrap();
        while file.write_all(&[0; 4_096]).is_ok() {}
        Self(path)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}
