//! A line between phones and a server that loses packets, signalling and voices alike. It stands
//! in the way like a gateway: addresses in messages and SDP are exchanged for its own, so that
//! nothing finds a way round it. Whether the n-th packet of a phone is lost depends on the seed
//! alone.

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

/// Calls that a line carries at once.
const CALLS_MAX: usize = 1_000;
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// What a line loses, and how it decides.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// The same seed loses the same packets.
    pub seed: u64,
    /// Of a thousand packets, each way.
    pub lost: u64,
}

/// Packets that came to a line, and that did not leave it.
#[derive(Debug, Default)]
pub struct Tally {
    came: AtomicU64,
    lost: AtomicU64,
}

impl Tally {
    /// Packets that came.
    #[must_use]
    pub fn came(&self) -> u64 {
        self.came.load(Ordering::Relaxed)
    }

    /// Packets lost, of a thousand.
    #[must_use]
    pub fn lost_per_mille(&self) -> u64 {
        self.lost.load(Ordering::Relaxed) * 1_000 / self.came().max(1)
    }
}

/// What one line has carried, each way on its own.
#[derive(Debug, Default)]
pub struct Tallies {
    /// Signalling towards the server.
    pub sip_up: Tally,
    /// Signalling towards the phones.
    pub sip_down: Tally,
    /// RTP and RTCP towards the server.
    pub voice_up: Tally,
    /// RTP and RTCP towards the phones.
    pub voice_down: Tally,
}

/// The fate of packets that take one way: the n-th always has the same.
struct Fate {
    random: ChaCha20Rng,
    lost: u64,
}

impl Fate {
    /// Of one way (`way`) of one call or phone (`number`).
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

/// A line. It is cut when it is dropped.
pub struct LossyLine {
    /// Whom phones call in the server's stead.
    pub sip: SocketAddr,
    /// What it has carried.
    pub tallies: Arc<Tallies>,
    _runtime: tokio::runtime::Runtime,
}

/// What all of a line's tasks share.
struct Line {
    front: UdpSocket,
    front_address: SocketAddr,
    server: SocketAddr,
    weather: Weather,
    tallies: Arc<Tallies>,
    /// By Call-ID.
    voices: Mutex<BTreeMap<String, Voices>>,
}

/// One phone as the server sees it.
struct Outlet {
    socket: UdpSocket,
    address: SocketAddr,
    phone: SocketAddr,
}

impl LossyLine {
    /// A line to a server on 127.0.0.1.
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

/// Everything that phones say.
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

/// Everything that the server says to one phone.
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
    /// The message with our media port in its SDP, if it has one; the call's voices go there from
    /// now on.
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
