//! Network namespaces: a program, or one test of the running program, runs again in a new network
//! namespace, without a connection to other networks. Any address can be local there. Fails without
//! the permission for a namespace.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

/// Environment variable of the inner process.
const INSIDE: &str = "CONFAB_TEST_NAMESPACE";

/// Commands that create a network namespace: as root, with user namespaces, by sudo.
const WAYS_IN: [&[&str]; 3] = [
    &["unshare", "--net", "--mount"],
    &["unshare", "--user", "--map-root-user", "--net", "--mount"],
    &["sudo", "-n", "unshare", "--net", "--mount"],
];

/// Runs `body` in a namespace with these local addresses. `test` is the name of the calling test in
/// its harness.
pub fn alone_with(test: &str, addresses: &[&str], body: impl FnOnce() -> Result<()>) -> Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        own(addresses)?;
        return body();
    }
    let output = within(&std::env::current_exe()?)?
        .args([test, "--exact", "--nocapture", "--test-threads", "1"])
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success() && said.contains("1 passed"),
        "{test} in a network namespace:\n{said}"
    );
    Ok(())
}

/// Makes these addresses local. Must be called inside the namespace.
pub fn own(addresses: &[&str]) -> Result<()> {
    ip("link set lo up")?;
    for address in addresses {
        ip(&format!("addr add {address} dev lo"))?;
    }
    Ok(())
}

/// Runs a program in a network namespace with inherited output. The program calls `furnish`.
pub fn run_inside(program: &Path, arguments: &[String]) -> Result<ExitStatus> {
    let mut inside = within(program)?;
    Ok(inside.args(arguments).status()?)
}

/// Makes all addresses of IPv4 and IPv6 local, so that a connection to any address would succeed;
/// and sets `resolver` as the only name server. Must be called inside the namespace.
pub fn furnish(folder: &Path, resolver: &str) -> Result<()> {
    for arguments in [
        "link set lo up",
        "route add local 0.0.0.0/0 dev lo",
        "-6 route add local ::/0 dev lo",
        "-6 addr add fd00::1/128 dev lo",
    ] {
        ip(arguments)?;
    }
    resolve_by(folder, resolver)
}

/// Sets the only name server. Must be called inside the namespace; the folder must persist.
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
        mount.arg("--bind").arg(&file);
        let mounted = mount.arg(Path::new("/etc").join(name)).status()?;
        ensure!(mounted.success(), "mount --bind over /etc/{name} failed");
    }
    Ok(())
}

/// Returns a command that runs a program in a network namespace, with the path of the binary under
/// test.
fn within(program: &Path) -> Result<Command> {
    for way_in in WAYS_IN {
        let mut probe = command(way_in);
        let probe = probe
            .arg("true")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if !probe.status().is_ok_and(|status| status.success()) {
            continue;
        }
        let mut inside = command(way_in);
        // By `env`, as sudo clears the environment.
        inside.args(["env", &format!("{INSIDE}=1")]);
        if let Ok(binary) = crate::server::binary() {
            inside.arg(format!("CONFAB_BINARY={}", binary.display()));
        }
        inside.arg(program);
        return Ok(inside);
    }
    bail!(
        "no network namespace can be made here: run as root, or where user namespaces are \
         allowed, with the programs unshare (package util-linux) and ip (iproute2)"
    )
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null());
    command
}

fn ip(arguments: &str) -> Result<()> {
    let status = Command::new("ip").args(arguments.split(' ')).status();
    let status = status.context("ip cannot be run: the package iproute2 has it")?;
    ensure!(status.success(), "ip {arguments}: {status}");
    Ok(())
}
