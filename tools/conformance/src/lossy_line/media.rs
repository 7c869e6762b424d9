//! The voices of one call: RTP and RTCP sockets facing the phone and facing the server, and what
//! comes in at one leaves at the other, or is lost.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Result, bail};
use tokio::net::UdpSocket;

use super::{Fate, Tallies, Weather};

/// How often two ports beside each other are looked for.
const TRIES_MAX: usize = 100;
const PACKET_BYTES_MAX: usize = 2_048;

/// RTP, and RTCP on the port above.
struct Pair {
    port: u16,
    sockets: [Arc<UdpSocket>; 2],
}

/// One call's voices.
pub(super) struct Voices {
    /// Towards the phone.
    near: Pair,
    /// Towards the server.
    far: Pair,
    /// Where the phone listens, and the server.
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

    /// One side said where it listens: what the other is told instead.
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

/// One way of one socket.
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
            // A port that nobody listens on any more is told here, and means nothing.
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
