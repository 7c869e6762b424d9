//! Ports for test servers. Tests run at the same time, in processes of their own: each draws from
//! another place, and ranges of media ports are reserved by a lock.

use std::fmt;
use std::fs::{self, File};
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, bail, ensure};

use crate::server::root;

/// Pairs of ports for TCP, below those that the kernel gives to outgoing connections: the first
/// port, and the number of pairs.
const TCP_PORTS: (u32, u32) = (10_240, 3_000);
/// The same for SIP over UDP and TCP.
const SIP_PORTS: (u32, u32) = (16_240, 800);
/// Ranges of media ports that tests ask for: the first port, ports in each, number of ranges.
const SMALL_RANGES: (u16, u16, u16) = (18_000, 200, 10);
/// The same for servers that get no range from their test.
const RANGES: (u16, u16, u16) = (20_000, 500, 24);

static NEXT_SIP: AtomicU32 = AtomicU32::new(0);

/// Returns an even TCP port of 127.0.0.1 that is free, another one at each call.
pub fn free_tcp_port() -> Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    draw(&NEXT, TCP_PORTS, is_free)
}

/// Returns the even port of a pair of UDP ports of 127.0.0.1 that are free.
pub fn free_udp_port() -> Result<u16> {
    let is_free = |port| UdpSocket::bind(("127.0.0.1", port)).is_ok();
    draw(&NEXT_SIP, SIP_PORTS, |port| {
        is_free(port) && is_free(port + 1)
    })
}

/// Returns a port that is free for both UDP and TCP on this address, which is written as in a URL.
pub fn free_sip_port(ip: &str) -> Result<u16> {
    let ip: IpAddr = ip.trim_matches(['[', ']']).parse()?;
    let is_free =
        |port| UdpSocket::bind((ip, port)).is_ok() && TcpListener::bind((ip, port)).is_ok();
    draw(&NEXT_SIP, SIP_PORTS, is_free)
}

/// Returns the next even port that is free.
fn draw(
    next: &AtomicU32,
    (first, count): (u32, u32),
    is_free: impl Fn(u16) -> bool,
) -> Result<u16> {
    let begin = std::process::id().wrapping_mul(97);
    for _ in 0..count {
        let at = begin.wrapping_add(next.fetch_add(1, Ordering::Relaxed)) % count;
        let port = u16::try_from(first + 2 * at)?;
        if is_free(port) {
            return Ok(port);
        }
    }
    bail!("none of the ports from {first} on is free")
}

/// Returns the first, even one of at most 200 consecutive free UDP ports of 127.0.0.1. No other
/// process gets them until this one ends.
pub fn free_media_ports(count: u16) -> Result<u16> {
    static RESERVED: Mutex<Vec<MediaPorts>> = Mutex::new(Vec::new());
    let (_, size, _) = SMALL_RANGES;
    ensure!(
        count <= size,
        "{count} media ports: expected at most {size}"
    );
    let ports = MediaPorts::reserve_of(SMALL_RANGES, count)?;
    let first = ports.first;
    let mut reserved = RESERVED.lock().unwrap_or_else(PoisonError::into_inner);
    reserved.push(ports);
    Ok(first)
}

/// Returns such ports as a value of `CONFAB_RTP_PORTS`.
pub fn free_media_range(count: u16) -> Result<String> {
    let first = free_media_ports(count)?;
    Ok(format!("{first}-{}", first + count - 1))
}

/// Range of media ports that nothing else uses: neither another test nor another process, as long
/// as this exists.
pub struct MediaPorts {
    first: u16,
    count: u16,
    _lock: File,
}

impl MediaPorts {
    /// Reserves a range for a server.
    pub fn reserve() -> Result<Self> {
        let (_, count, _) = RANGES;
        Self::reserve_of(RANGES, count)
    }

    fn reserve_of((first, size, ranges): (u16, u16, u16), count: u16) -> Result<Self> {
        let folder = root().join("target/media-ports");
        fs::create_dir_all(&folder)?;
        let is_free = |port| UdpSocket::bind(("127.0.0.1", port)).is_ok();
        for range in 0..ranges {
            let first = first + range * size;
            let path = folder.join(first.to_string());
            // A file of another user counts as in use.
            let Ok(lock) = File::create(&path) else {
                continue;
            };
            if lock.try_lock().is_ok() && (first..first + count).all(is_free) {
                return Ok(Self {
                    first,
                    count,
                    _lock: lock,
                });
            }
        }
        bail!("each of the {ranges} ranges of {size} media ports from {first} on is in use")
    }
}

/// As a value of `CONFAB_RTP_PORTS`.
impl fmt::Display for MediaPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.first + self.count - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_reserved_once_until_it_is_dropped() {
        // No server uses these ports.
        let ranges = (17_860, 20, 2);
        let first = MediaPorts::reserve_of(ranges, 4).expect("a free range");
        let second = MediaPorts::reserve_of(ranges, 4).expect("another free range");
        assert_eq!(first.to_string(), "17860-17863");
        assert_eq!(second.to_string(), "17880-17883");
        assert!(MediaPorts::reserve_of(ranges, 4).is_err());
        drop(first);
        assert!(MediaPorts::reserve_of(ranges, 4).is_ok());
    }
}
