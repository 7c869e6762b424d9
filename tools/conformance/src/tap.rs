//! Capture of the RTP that arrives at a phone, from the network interface.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};
use confab_phone::heard::{Frame, frames};
use confab_phone::{Packet, now};
use confab_terms::Instant;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SocketType, eth, recv, socket};

use crate::ear::read;

/// Protocol number of UDP in IPv4.
const UDP: u8 = 17;

/// Captured RTP to an address, except to one port.
pub struct Tap {
    arrived: Arc<Mutex<Vec<Packet>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Tap {
    /// Starts a capture in the network namespace of the calling thread. Requires the capability
    /// CAP_NET_RAW there.
    pub fn open(at: IpAddr, except: u16) -> Result<Self> {
        let socket = socket(AddressFamily::PACKET, SocketType::DGRAM, Some(eth::IP));
        let socket = socket.context("no packets can be captured")?;
        let wait = Some(Duration::from_millis(20));
        set_socket_timeout(&socket, Timeout::Recv, wait)?;
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (kept, stopped) = (Arc::clone(&arrived), Arc::clone(&stop));
        let run = move || {
            let mut packet = [0; 2_048];
            while !stopped.load(Ordering::Relaxed) {
                let Ok((length, _)) = recv(&socket, &mut packet, RecvFlags::empty()) else {
                    continue;
                };
                let rtp = rtp_to(&packet[..length], at, except).and_then(read);
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(rtp);
            }
        };
        let thread = Some(std::thread::Builder::new().name("tap".into()).spawn(run)?);
        Ok(Self {
            arrived,
            stop,
            thread,
        })
    }

    /// Returns the frames that arrived from this instant of the phones' clock until now.
    #[must_use]
    pub fn since(&self, from: Instant) -> Vec<Frame> {
        let arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        let mut late = frames(&arrived);
        late.retain(|frame| frame.arrived >= from && frame.arrived <= now());
        late
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

/// Returns the RTP in an IPv4 packet to this address, and to an even port other than `except`.
fn rtp_to(packet: &[u8], at: IpAddr, except: u16) -> Option<&[u8]> {
    let header_bytes = usize::from(packet.first()? & 0x0f) * 4;
    let to: [u8; 4] = packet.get(16..20)?.try_into().ok()?;
    if *packet.get(9)? != UDP || IpAddr::V4(Ipv4Addr::from(to)) != at {
        return None;
    }
    let (udp, payload) = packet.get(header_bytes..)?.split_at_checked(8)?;
    let port = u16::from_be_bytes([udp[2], udp[3]]);
    let is_rtp = payload.first().is_some_and(|byte| byte >> 6 == 2);
    (is_rtp && port.is_multiple_of(2) && port != except).then_some(payload)
}
