//! Lossy relay between phones and a server, for SIP and RTP. The relay replaces addresses in
//! messages and SDP with its own, as a gateway does, so that nothing bypasses it. The loss of the
//! n-th packet of a phone depends on the seed only.

mod media;
mod rewrite;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use tokio::net::UdpSocket;
use tokio::sync::Mutex;

use media::Voices;
use rewrite::{call_id, with_media_port, with_names};

/// Maximum number of simultaneous calls.
const CALLS_MAX: usize = 1_000;
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Packet loss of a relay.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Seed: equal seeds lose the same packets.
    pub seed: u64,
    /// Packet loss per mille, in each direction.
    pub lost: u64,
}

/// Number of packets received and lost.
#[derive(Debug, Default)]
pub struct Tally {
    came: AtomicU64,
    lost: AtomicU64,
}

impl Tally {
    /// Returns the number of received packets.
    #[must_use]
    pub fn came(&self) -> u64 {
        self.came.load(Ordering::Relaxed)
    }

    /// Returns the packet loss per mille.
    #[must_use]
    pub fn lost_per_mille(&self) -> u64 {
        self.lost.load(Ordering::Relaxed) * 1_000 / self.came().max(1)
    }
}

/// Counts of a relay, by direction.
#[derive(Debug, Default)]
pub struct Tallies {
    /// SIP towards the server.
    pub sip_up: Tally,
    /// SIP towards the phones.
    pub sip_down: Tally,
    /// RTP and RTCP towards the server.
    pub voice_up: Tally,
    /// RTP and RTCP towards the phones.
    pub voice_down: Tally,
}

/// Loss decisions for a direction, by index of the packet.
struct Fate {
    random: ChaCha20Rng,
    lost: u64,
}

impl Fate {
    /// Creates the decisions of a direction (`way`) of a call or phone (`number`).
    fn new(weather: Weather, way: u8, number: u64) -> Self {
        let mut seed = [way; 32];
        seed[..8].copy_from_slice(&weather.seed.to_le_bytes());
        seed[8..16].copy_from_slice(&number.to_le_bytes());
        Self {
            random: ChaCha20Rng::from_seed(seed),
            lost: weather.lost,
        }
    }

    fn is_lost(&mut self, tally: &Tally) -> bool {
        let lost = self.random.next_u64() % 1_000 < self.lost;
        tally.came.fetch_add(1, Ordering::Relaxed);
        tally.lost.fetch_add(u64::from(lost), Ordering::Relaxed);
        lost
    }
}

/// Lossy relay; ends on drop.
pub struct LossyLine {
    /// SIP address for phones.
    pub sip: SocketAddr,
    /// Counts of the relay.
    pub tallies: Arc<Tallies>,
    _runtime: tokio::runtime::Runtime,
}

/// State shared by the tasks of a relay.
struct Line {
    front: UdpSocket,
    front_address: SocketAddr,
    server: SocketAddr,
    weather: Weather,
    tallies: Arc<Tallies>,
    /// Media relays by Call-ID.
    voices: Mutex<BTreeMap<String, Voices>>,
}

/// Socket towards the server for one phone.
struct Outlet {
    socket: UdpSocket,
    address: SocketAddr,
    phone: SocketAddr,
}

impl LossyLine {
    /// Starts a relay to a server on 127.0.0.1.
    pub fn to(server: SocketAddr, weather: Weather) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let front = runtime.block_on(UdpSocket::bind("127.0.0.1:0"))?;
        let sip = front.local_addr()?;
        let tallies = Arc::new(Tallies::default());
        let line = Arc::new(Line {
            front,
            front_address: sip,
            server,
            weather,
            tallies: Arc::clone(&tallies),
            voices: Mutex::default(),
        });
        runtime.spawn(from_phones(line));
        Ok(Self {
            sip,
            tallies,
            _runtime: runtime,
        })
    }
}

/// Relays the messages of all phones.
async fn from_phones(line: Arc<Line>) -> Result<()> {
    let mut outlets: BTreeMap<SocketAddr, (Arc<Outlet>, Fate)> = BTreeMap::new();
    let mut bytes = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let (length, phone) = line.front.recv_from(&mut bytes).await?;
        if !outlets.contains_key(&phone) && outlets.len() < CALLS_MAX {
            let number = outlets.len() as u64;
            let socket = UdpSocket::bind("127.0.0.1:0").await?;
            let address = socket.local_addr()?;
            let outlet = Arc::new(Outlet {
                socket,
                address,
                phone,
            });
            tokio::spawn(from_server(Arc::clone(&line), Arc::clone(&outlet), number));
            outlets.insert(phone, (outlet, Fate::new(line.weather, 0, number)));
        }
        let Some((outlet, fate)) = outlets.get_mut(&phone) else {
            continue;
        };
        if fate.is_lost(&line.tallies.sip_up) {
            continue;
        }
        let names = [(phone, outlet.address), (line.front_address, line.server)];
        let text = with_names(&String::from_utf8_lossy(&bytes[..length]), &names);
        let text = line.exchange_media(&text, true).await?;
        outlet.socket.send_to(text.as_bytes(), line.server).await?;
    }
}

/// Relays the messages of the server to one phone.
async fn from_server(line: Arc<Line>, outlet: Arc<Outlet>, number: u64) -> Result<()> {
    let mut fate = Fate::new(line.weather, 1, number);
    let mut bytes = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let (length, _) = outlet.socket.recv_from(&mut bytes).await?;
        if fate.is_lost(&line.tallies.sip_down) {
            continue;
        }
        let names = [
            (outlet.address, outlet.phone),
            (line.server, line.front_address),
        ];
        let text = with_names(&String::from_utf8_lossy(&bytes[..length]), &names);
        let text = line.exchange_media(&text, false).await?;
        line.front.send_to(text.as_bytes(), outlet.phone).await?;
    }
}

impl Line {
    /// Replaces the media port in the SDP of a message with the relay's, and directs the call's
    /// media there.
    async fn exchange_media(&self, text: &str, up: bool) -> Result<String> {
        let Some(port) = rewrite::media_port(text) else {
            return Ok(text.to_owned());
        };
        let mut voices = self.voices.lock().await;
        let (number, call) = (voices.len() as u64, call_id(text));
        if !voices.contains_key(&call) && voices.len() < CALLS_MAX {
            let opened = Voices::open(self.weather, number, &self.tallies).await?;
            voices.insert(call.clone(), opened);
        }
        let ours = voices.get(&call).map(|voices| voices.learn(port, up));
        Ok(ours.map_or_else(|| text.to_owned(), |ours| with_media_port(text, ours)))
    }
}
