//! Media relay of a call: RTP and RTCP sockets towards the phone and towards the server, with
//! packet loss.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Result, bail};
use tokio::net::UdpSocket;

use super::{Fate, Tallies, Weather};

/// Maximum number of attempts to bind two adjacent ports.
const TRIES_MAX: usize = 100;
const PACKET_BYTES_MAX: usize = 2_048;

/// Sockets for RTP, and for RTCP on the next port.
struct Pair {
    port: u16,
    sockets: [Arc<UdpSocket>; 2],
}

/// Media relay of a call.
pub(super) struct Voices {
    /// Sockets towards the phone.
    near: Pair,
    /// Sockets towards the server.
    far: Pair,
    /// Media ports of the phone and of the server.
    phone: Arc<AtomicU16>,
    server: Arc<AtomicU16>,
}

impl Voices {
    pub(super) async fn open(
        weather: Weather,
        number: u64,
        tallies: &Arc<Tallies>,
    ) -> Result<Self> {
        let voices = Self {
            near: pair().await?,
            far: pair().await?,
            phone: Arc::default(),
            server: Arc::default(),
        };
        for above in [0_u8, 1] {
            let n = usize::from(above);
            let (near, far) = (&voices.near.sockets[n], &voices.far.sockets[n]);
            for up in [true, false] {
                let (from, through) = if up { (near, far) } else { (far, near) };
                let to = if up { &voices.server } else { &voices.phone };
                let way = 2 + above * 2 + u8::from(up);
                let carried = Carried {
                    from: Arc::clone(from),
                    through: Arc::clone(through),
                    to: Arc::clone(to),
                    above: u16::from(above),
                    fate: Fate::new(weather, way, number),
                    tallies: Arc::clone(tallies),
                    up,
                };
                tokio::spawn(carried.carry());
            }
        }
        Ok(voices)
    }

    /// Records the media port of one side; returns the relay's port for the other side.
    pub(super) fn learn(&self, port: u16, up: bool) -> u16 {
        if up {
            self.phone.store(port, Ordering::Relaxed);
            self.far.port
        } else {
            self.server.store(port, Ordering::Relaxed);
            self.near.port
        }
    }
}

/// Direction of a socket.
struct Carried {
    from: Arc<UdpSocket>,
    through: Arc<UdpSocket>,
    to: Arc<AtomicU16>,
    above: u16,
    fate: Fate,
    tallies: Arc<Tallies>,
    up: bool,
}

impl Carried {
    async fn carry(mut self) {
        let mut bytes = vec![0; PACKET_BYTES_MAX];
        loop {
            // Ignores ICMP errors about closed ports.
            let Ok(length) = self.from.recv(&mut bytes).await else {
                continue;
            };
            let tally = match self.up {
                true => &self.tallies.voice_up,
                false => &self.tallies.voice_down,
            };
            let port = self.to.load(Ordering::Relaxed);
            if port == 0 || self.fate.is_lost(tally) {
                continue;
            }
            let to = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port + self.above);
            let _refused = self.through.send_to(&bytes[..length], to).await;
        }
    }
}

async fn pair() -> Result<Pair> {
    for _ in 0..TRIES_MAX {
        let rtp = UdpSocket::bind("127.0.0.1:0").await?;
        let port = rtp.local_addr()?.port();
        if !port.is_multiple_of(2) {
            continue;
        }
        if let Ok(rtcp) = UdpSocket::bind(("127.0.0.1", port + 1)).await {
            let sockets = [Arc::new(rtp), Arc::new(rtcp)];
            return Ok(Pair { port, sockets });
        }
    }
    bail!("no two ports beside each other were free after {TRIES_MAX} tries")
}
