//! Faults of real file systems for a test: a private mount namespace, a full tmpfs, a frozen ext4,
//! system calls that fail with EIO.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

/// Environment variable of the process inside the namespace.
const INSIDE: &str = "CONFAB_STORE_TEST_NAMESPACE";
/// Commands that open a mount namespace: as root, as any user where allowed, by sudo.
const WAYS: [&[&str]; 3] = [
    &["unshare", "--mount"],
    &["unshare", "--user", "--map-root-user", "--mount"],
    &["sudo", "-n", "unshare", "--mount"],
];

/// Returns true in a private mount namespace. Outside, runs the test `name` again in a new
/// namespace, panics if the test fails there, and returns false.
pub(crate) fn is_inside(name: &str) -> bool {
    is_inside_by(&WAYS, name)
}

/// Does the same as `is_inside` with the rights of real root, which a mount of a file needs.
pub(crate) fn is_inside_as_root(name: &str) -> bool {
    is_inside_by(&[WAYS[0], WAYS[2]], name)
}

fn is_inside_by(ways: &[&[&str]], name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let works = |way: &&&[&str]| {
        let mut probe = Command::new(way[0]);
        let probe = probe.args(&way[1..]).arg("true").stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    };
    let way = ways.iter().find(works).unwrap_or_else(|| {
        panic!("no mount namespace for {name}: expected one of {ways:?} to work")
    });
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

/// File that fills its file system until dropped.
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

/// Mounts a new ext4 from a file on a new folder, with real root and a free loop device.
pub(crate) fn mount_ext4(dir: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    let image = dir.with_extension("image");
    File::create(&image).unwrap().set_len(64 << 20).unwrap();
    succeed(Command::new("mkfs.ext4").arg("-q").arg(&image));
    let mut mount = Command::new("mount");
    succeed(mount.args(["-o", "loop"]).arg(&image).arg(dir));
    // The loop device keeps the file open.
    std::fs::remove_file(&image).unwrap();
}

fn succeed(command: &mut Command) {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {said}\nexpected root with a free loop device"
    );
}

/// File system that is frozen until this value is dropped.
pub(crate) struct Frozen(PathBuf);

impl Frozen {
    pub(crate) fn freeze(dir: &Path) -> Self {
        let frozen = Self(dir.to_owned());
        let mut freeze = Command::new("fsfreeze");
        let status = freeze.arg("--freeze").arg(dir).status();
        assert!(status.unwrap().success(), "fsfreeze --freeze");
        frozen
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let mut thaw = Command::new("fsfreeze");
        let status = thaw.arg("--unfreeze").arg(&self.0).status();
        assert!(status.unwrap().success(), "fsfreeze --unfreeze");
    }
}

/// strace process, which makes each write and sync of this process to a file fail with EIO until
/// dropped. SQLite writes by `pwrite64`; no other code of the tests does.
pub(crate) struct Eio {
    strace: Child,
    /// Stderr of strace, kept open: strace would end at the next message.
    _said: BufReader<ChildStderr>,
}

impl Eio {
    pub(crate) fn inject() -> Self {
        const CALLS: &str = "pwrite64,fsync,fdatasync,ftruncate";
        let pid = std::process::id().to_string();
        let mut strace = Command::new("strace")
            .args(["-f", "-o", "/dev/null", "-p", &pid])
            .args(["-e", &format!("trace={CALLS}")])
            .args(["-e", &format!("inject={CALLS}:error=EIO")])
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace of the package strace");
        let mut line = String::new();
        let mut said = BufReader::new(strace.stderr.take().unwrap());
        said.read_line(&mut line).unwrap();
        assert!(line.contains("attached"), "{line}");
        Self {
            strace,
            _said: said,
        }
    }
}

impl Drop for Eio {
    fn drop(&mut self) {
        let pid = self.strace.id().to_string();
        let interrupted = Command::new("kill").args(["-INT", &pid]).status();
        assert!(interrupted.unwrap().success());
        self.strace.wait().unwrap();
    }
}
