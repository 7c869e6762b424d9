//! A network of a test's own: the test runs itself again as a process in a new network namespace,
//! whose loopback interface has further addresses. What cannot have one fails.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// Says that the process is the inner one.
const INSIDE: &str = "CONFAB_TEST_NAMESPACE";

/// Runs `body` where these addresses are this machine's, and nothing else is reached. `test` is
/// the name of the calling test as its harness knows it.
pub fn alone_with(test: &str, addresses: &[&str], body: impl FnOnce() -> Result<()>) -> Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        ip(&["link", "set", "lo", "up"])?;
        for address in addresses {
            ip(&["addr", "add", address, "dev", "lo"])?;
        }
        return body();
    }
    let mut unshare = Command::new("unshare");
    // Who is not root becomes it, in there only.
    unshare.args(["--net", "--mount", "--user", "--map-root-user"]);
    if is_root() {
        unshare = Command::new("unshare");
        unshare.args(["--net", "--mount"]);
    }
    let output = unshare
        .arg(std::env::current_exe()?)
        .args([test, "--exact", "--nocapture", "--test-threads", "1"])
        .env(INSIDE, "1")
        .output()
        .context("unshare cannot be run: the package util-linux has it")?;
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success() && said.contains("1 passed"),
        "{test} in a network namespace:\n{said}"
    );
    Ok(())
}

/// Makes this the only resolver of names. To be called inside; the folder must stay.
pub fn resolve_by(folder: &Path, resolver: &str) -> Result<()> {
    let files = [
        (
            "resolv.conf",
            format!("nameserver {resolver}\noptions timeout:2\n"),
        ),
        ("nsswitch.conf", "hosts: files dns\n".to_owned()),
        ("hosts", "127.0.0.1 localhost\n::1 localhost\n".to_owned()),
    ];
    for (name, text) in files {
        let file = folder.join(name);
        std::fs::write(&file, text)?;
        let mut mount = Command::new("mount");
        let mount = mount
            .arg("--bind")
            .arg(&file)
            .arg(Path::new("/etc").join(name));
        ensure!(
            mount.status()?.success(),
            "mount --bind over /etc/{name} failed"
        );
    }
    Ok(())
}

fn is_root() -> bool {
    let owner = std::fs::metadata("/proc/self");
    owner.is_ok_and(|owner| std::os::unix::fs::MetadataExt::uid(&owner) == 0)
}

fn ip(arguments: &[&str]) -> Result<()> {
    let status = Command::new("ip").args(arguments).status();
    let status = status.context("ip cannot be run: the package iproute2 has it")?;
    ensure!(status.success(), "ip {}: {status}", arguments.join(" "));
    Ok(())
}
