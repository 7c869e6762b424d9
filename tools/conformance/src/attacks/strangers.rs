//! Attackers: actions of each attack until stopped.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rustix::thread::{CpuSet, sched_setaffinity};

use super::peer::{Peer, Wire, open, open_at};
use super::{Attack, STRANGERS};
use crate::server::pause;

/// Octets of a head without an end: almost the maximum message size.
const HEAD_BYTES: usize = 65_000;

/// Raises the limit on open files of this process to the hard limit.
pub(super) fn raise_open_files() -> Result<()> {
    let pid = std::process::id().to_string();
    let prlimit = |arguments: &[&str]| {
        let told = Command::new("prlimit")
            .args(["--pid", &pid])
            .args(arguments)
            .output();
        told.context("prlimit cannot be run: the package util-linux has it")
    };
    let most = prlimit(&["--nofile", "--output=HARD", "--noheadings", "--raw"])?;
    let most = String::from_utf8_lossy(&most.stdout).trim().to_owned();
    let raised = prlimit(&[&format!("--nofile={most}:{most}")])?;
    ensure!(
        raised.status.success(),
        "prlimit --nofile={most}: {raised:?}"
    );
    Ok(())
}

/// Moves this thread to the second processor, if there is one.
pub(super) fn take_second_processor() {
    let mut second = CpuSet::new();
    second.set(1);
    // Without a second processor, both share the first.
    let _ = sched_setaffinity(None, &second);
}

/// Attacks until stopped; counts connections, logins or requests.
pub(super) fn run(attack: Attack, count: usize, stop: &AtomicBool, made: &AtomicU64) -> Result<()> {
    match attack {
        Attack::Connections => connections(count, &[], stop, made),
        Attack::Heads => {
            let mut head = b"OPTIONS sip:attacked@192.0.2.10 SIP/2.0\r\nX: ".to_vec();
            head.resize(HEAD_BYTES, b'x');
            connections(count, &head, stop, made)
        }
        Attack::Handshakes => handshakes(count, stop, made),
        Attack::Logins => logins(count, stop, made),
        Attack::Requests => requests(count, stop, made),
    }
}

/// Holds a number of connections from all addresses, with these octets sent on each; reopens those
/// that the server closes.
fn connections(count: usize, bytes: &[u8], stop: &AtomicBool, made: &AtomicU64) -> Result<()> {
    let strangers: Result<Vec<IpAddr>, _> = STRANGERS.iter().map(|from| from.parse()).collect();
    let strangers = strangers?;
    let mut held: Vec<Option<TcpStream>> = (0..count).map(|_| None).collect();
    while !stop.load(Ordering::Relaxed) {
        for (n, slot) in held.iter_mut().enumerate() {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            if slot.as_mut().is_some_and(is_open) {
                continue;
            }
            *slot = open(strangers[n % strangers.len()]).ok();
            if let Some(stream) = slot {
                made.fetch_add(1, Ordering::Relaxed);
                stream.set_nonblocking(true)?;
                // Only as much as the kernel accepts at once.
                let _ = stream.write_all(bytes);
            }
        }
        pause(Duration::from_millis(10));
    }
    Ok(())
}

fn is_open(stream: &mut TcpStream) -> bool {
    let mut byte = [0];
    matches!(stream.read(&mut byte), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// Authenticates as one user repeatedly.
fn logins(count: usize, stop: &AtomicBool, made: &AtomicU64) -> Result<()> {
    let mut peer = Peer::new(STRANGERS[0], Wire::Udp)?;
    for _ in 0..count {
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        if peer.log_in("anna")? {
            made.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// Sends INFO requests within a call as fast as the socket accepts them.
fn requests(count: usize, stop: &AtomicBool, made: &AtomicU64) -> Result<()> {
    let mut peer = Peer::new(STRANGERS[0], Wire::Udp)?;
    peer.set_up(Some("anna"))?;
    for n in 0..count {
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        peer.send("INFO", u32::try_from(n)? + 10, "", "")?;
        made.fetch_add(1, Ordering::Relaxed);
        if n % 64 == 0 {
            peer.drain();
        }
    }
    Ok(())
}

/// Starts a number of simultaneous handshakes repeatedly, and disconnects after the server's
/// signature.
fn handshakes(count: usize, stop: &AtomicBool, made: &AtomicU64) -> Result<()> {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let roots = rustls::RootCertStore::empty();
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    while !stop.load(Ordering::Relaxed) {
        let mut begun = Vec::new();
        for n in 0..count {
            let from = STRANGERS[n % STRANGERS.len()].parse()?;
            let mut stream = open_at(from, 5061)?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            let mut hello = Vec::new();
            let mut client =
                rustls::ClientConnection::new(Arc::clone(&config), "confab.test".try_into()?)?;
            client.write_tls(&mut hello)?;
            stream.write_all(&hello)?;
            begun.push(stream);
        }
        for mut stream in begun {
            let mut flight = [0; 4_096];
            if stream.read(&mut flight).is_ok_and(|length| length > 0) {
                made.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    Ok(())
}
