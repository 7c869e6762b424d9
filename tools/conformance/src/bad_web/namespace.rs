//! A network of the test's own, in which the whole of IPv4 and IPv6 is this machine: a connection
//! to any address would succeed. Nothing leaves it.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::names;
use crate::namespace::resolve_by;

/// As whom a network can be made: an administrator, anybody where that is allowed, by sudo.
const WAYS_IN: [&[&str]; 3] = [
    &["unshare", "--net", "--mount"],
    &["unshare", "--user", "--map-root-user", "--net", "--mount"],
    &["sudo", "-n", "unshare", "--net", "--mount"],
];

/// Runs a program in such a network; its output is ours.
pub fn run_inside(program: &Path, arguments: &[String]) -> Result<ExitStatus> {
    let binary = crate::server::binary()?;
    for way_in in WAYS_IN {
        let mut probe = command(way_in);
        let probe = probe
            .arg("true")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if !probe.status().is_ok_and(|status| status.success()) {
            continue;
        }
        return command(way_in)
            .arg("env")
            .arg(format!("CONFAB_BINARY={}", binary.display()))
            .arg(program)
            .args(arguments)
            .status()
            .context("unshare did not start");
    }
    anyhow::bail!(
        "no network namespace can be made here: run as root, or where user namespaces are \
         allowed, with the programs unshare and ip"
    )
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null());
    command
}

/// Makes every address one of this machine, and ours the only resolver. To be called inside.
pub fn furnish(folder: &Path) -> Result<()> {
    for arguments in [
        "link set lo up",
        "route add local 0.0.0.0/0 dev lo",
        "-6 route add local ::/0 dev lo",
        "-6 addr add fd00::1/128 dev lo",
    ] {
        let mut ip = Command::new("ip");
        let status = ip.args(arguments.split(' ')).status();
        let status = status.context("the program ip is not there: install iproute2")?;
        ensure!(status.success(), "ip {arguments} failed");
    }
    resolve_by(folder, names::ADDRESS)
}
