//! Phones behind a NAT: a network namespace for the phones, one for the router with `masquerade`
//! and UDP timeouts of 30 s, and the caller's namespace for the server.

use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::server::pause;

/// Address of the server, outside the NAT.
pub const SERVER: &str = "198.51.100.10";
/// Address of the router, outside the NAT; all phones share it there.
pub const OUTSIDE: &str = "198.51.100.2";
/// Address of the phones, inside the NAT.
pub const PHONE: Ipv4Addr = Ipv4Addr::new(192, 168, 77, 2);

const TIMEOUTS: [&str; 2] = [
    "nf_conntrack_udp_timeout",
    "nf_conntrack_udp_timeout_stream",
];

/// Router and network of the phones.
pub struct Router {
    router: Holder,
    phones: Holder,
}

/// Process that holds a network namespace.
struct Holder(Child);

impl Holder {
    fn start() -> Result<Self> {
        let mut unshare = Command::new("unshare");
        let child = unshare
            .args(["--net", "sleep", "1200"])
            .stdin(Stdio::null());
        let holder = Self(child.spawn().context("unshare (package util-linux)")?);
        let own = std::fs::read_link("/proc/self/ns/net")?;
        let until = Instant::now() + Duration::from_secs(5);
        while std::fs::read_link(holder.path())? == own {
            ensure!(Instant::now() < until, "no network namespace was made");
            pause(Duration::from_millis(10));
        }
        Ok(holder)
    }

    fn path(&self) -> String {
        format!("/proc/{}/ns/net", self.0.id())
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }

    /// Runs `body` on a thread inside the namespace. Its sockets and processes remain there.
    fn within<T: Send>(&self, body: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let namespace = std::fs::File::open(self.path())?;
        let enter = || {
            let kind = Some(LinkNameSpaceType::Network);
            move_into_link_name_space(namespace.as_fd(), kind)?;
            body()
        };
        std::thread::scope(|scope| scope.spawn(enter).join())
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Router {
    /// Creates the networks. Must be called as root inside a network namespace; adds the address of
    /// the server there.
    pub fn start() -> Result<Self> {
        let (router, phones) = (Holder::start()?, Holder::start()?);
        run("ip link set lo up")?;
        run("ip link add s0 type veth peer name r0")?;
        run(&format!("ip link set r0 netns {}", router.pid()))?;
        run(&format!("ip addr add {SERVER}/24 dev s0"))?;
        run("ip link set s0 up")?;
        let phones_pid = phones.pid();
        router.within(|| {
            run("ip link add r1 type veth peer name p0")?;
            run(&format!("ip link set p0 netns {phones_pid}"))?;
            for line in [
                "ip link set lo up",
                &format!("ip addr add {OUTSIDE}/24 dev r0"),
                "ip link set r0 up",
                "ip addr add 192.168.77.1/24 dev r1",
                "ip link set r1 up",
                "nft add table ip nat",
                "nft add chain ip nat post { type nat hook postrouting priority 100 ; }",
                // Random ports, so that a phone's own port is unused outside.
                "nft add rule ip nat post oifname r0 masquerade random",
            ] {
                run(line)?;
            }
            std::fs::write("/proc/sys/net/ipv4/ip_forward", "1")?;
            for name in TIMEOUTS {
                let path = format!("/proc/sys/net/netfilter/{name}");
                std::fs::write(&path, "30").with_context(|| path.clone())?;
                ensure!(std::fs::read_to_string(&path)?.trim() == "30", "{path}");
            }
            Ok(())
        })?;
        phones.within(|| {
            run("ip link set lo up")?;
            run(&format!("ip addr add {PHONE}/24 dev p0"))?;
            run("ip link set p0 up")?;
            run("ip route add default via 192.168.77.1")
        })?;
        Ok(Self { router, phones })
    }

    /// Runs `body` on a thread behind the NAT.
    pub fn behind<T: Send>(&self, body: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        self.phones.within(body)
    }

    /// Returns the NAT bindings of this UDP port of the phones: lines of the router's table.
    pub fn bindings(&self, port: u16) -> Result<Vec<String>> {
        let read = || {
            Ok(std::fs::read_to_string(
                "/proc/thread-self/net/nf_conntrack",
            )?)
        };
        let table = self.router.within(read)?;
        let wanted = format!("src={PHONE} dst={SERVER} sport={port} ");
        let lines = table.lines().filter(|line| line.contains(&wanted));
        Ok(lines.map(str::to_owned).collect())
    }
}

/// Returns the address of the phones.
#[must_use]
pub fn phone_ip() -> IpAddr {
    PHONE.into()
}

fn run(line: &str) -> Result<()> {
    let words: Vec<&str> = line.split(' ').collect();
    let output = Command::new(words[0]).args(&words[1..]).output();
    let output = output.with_context(|| format!("{} cannot be run", words[0]))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{line}: {said}");
    Ok(())
}
