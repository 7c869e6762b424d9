//! RTP socket without signaling, for the SDP of SIPp: sends and receives audio in its stead.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;
use confab_codec::{Encoder, OpusSettings, PAYLOAD_BYTES_MAX};
use confab_phone::heard::{Frame, frames};
use confab_phone::{FRAME_SAMPLES, Packet, machine, now};
use confab_terms::Codec;

/// RTP socket that sends a tone and stores received packets.
pub struct Ear {
    /// RTP port.
    pub port: u16,
    heard: Arc<Mutex<Vec<Packet>>>,
    first: Arc<Mutex<Option<SocketAddr>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ear {
    /// Opens a free port on 127.0.0.1; sends a sine to the source of received packets.
    pub fn open(hz: f64, dbfs: f64) -> Result<Self> {
        Self::open_at(Ipv4Addr::LOCALHOST.into(), hz, dbfs)
    }

    /// Opens a free port on this address.
    pub fn open_at(address: IpAddr, hz: f64, dbfs: f64) -> Result<Self> {
        Self::run(address, move |n| packet(n, hz, dbfs))
    }

    /// Opens a socket with this codec, and with the payload type that the test phones use.
    pub fn speaking(codec: Codec, hz: f64, dbfs: f64) -> Result<Self> {
        let mut encoder = Encoder::new(codec, OpusSettings::default());
        let says = move |n| coded(&mut encoder, n, hz, dbfs);
        Self::run(Ipv4Addr::LOCALHOST.into(), says)
    }

    fn run(address: IpAddr, says: impl FnMut(u32) -> Vec<u8> + Send + 'static) -> Result<Self> {
        let socket = UdpSocket::bind((address, 0))?;
        socket.set_read_timeout(Some(Duration::from_millis(2)))?;
        let port = socket.local_addr()?.port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let first = Arc::new(Mutex::new(None));
        let stop = Arc::new(AtomicBool::new(false));
        let (kept, stopped) = (Arc::clone(&heard), Arc::clone(&stop));
        let told = Arc::clone(&first);
        let run = move || speak_and_listen(&socket, says, (&kept, &told), &stopped);
        let thread = Some(std::thread::Builder::new().name("ear".into()).spawn(run)?);
        Ok(Self {
            port,
            heard,
            first,
            stop,
            thread,
        })
    }

    /// Sends to this address before any packet is received, which a NAT requires.
    pub fn speak_first(&self, to: SocketAddr) {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        *first = Some(to);
    }

    /// Returns all received packets.
    #[must_use]
    pub fn packets(&self) -> Vec<Packet> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.clone()
    }

    /// Returns the frames received from this instant of the phones' clock on.
    #[must_use]
    pub fn since(&self, from: confab_terms::Instant) -> Vec<Frame> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut late = frames(&heard);
        late.retain(|frame| frame.arrived >= from);
        late
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn speak_and_listen(
    socket: &UdpSocket,
    mut says: impl FnMut(u32) -> Vec<u8>,
    (heard, first): (&Mutex<Vec<Packet>>, &Mutex<Option<SocketAddr>>),
    stop: &AtomicBool,
) {
    let mut peer: Option<SocketAddr> = None;
    let mut next = Instant::now();
    let mut spoken: u32 = 0;
    let mut arrived = [0; 2_048];
    while !stop.load(Ordering::Relaxed) {
        if let Ok((length, from)) = socket.recv_from(&mut arrived) {
            peer = Some(from);
            if let Some(packet) = read(&arrived[..length]) {
                heard
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(packet);
            }
        }
        let behind = Instant::now().checked_duration_since(next);
        let Some(behind) = behind else {
            continue;
        };
        if behind >= machine::LATE {
            machine::note_late(now());
        }
        next += Duration::from_millis(20);
        let told = *first.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peer.or(told) {
            let _refused = socket.send_to(&says(spoken), peer);
            spoken += 1;
        }
    }
}

/// Parses a packet that arrived now.
pub(crate) fn read(bytes: &[u8]) -> Option<Packet> {
    let (header, payload) = bytes.split_at_checked(12)?;
    let payload_type = header[1] & 0x7f;
    let mut known = Codec::ALL.into_iter();
    Some(Packet {
        arrived: confab_phone::now(),
        payload_type,
        codec: known.find(|codec| codec.payload_type() == payload_type),
        marker: header[1] & 0x80 != 0,
        sequence: u16::from_be_bytes([header[2], header[3]]),
        timestamp: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        ssrc: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
        payload: payload.into(),
    })
}

/// SSRC of all these sockets.
pub const SSRC: u32 = 0x5199_0000;

/// Returns the n-th packet with a tone in PCMU.
#[must_use]
pub fn packet(n: u32, hz: f64, dbfs: f64) -> Vec<u8> {
    let mut packet = vec![0x80, 0];
    packet.extend((n as u16).to_be_bytes());
    packet.extend((n * FRAME_SAMPLES as u32).to_be_bytes());
    packet.extend(SSRC.to_be_bytes());
    let peak = 32_767.0 * 10_f64.powf(dbfs / 20.0);
    packet.extend((0..FRAME_SAMPLES).map(|i| {
        let at = f64::from(n) * FRAME_SAMPLES as f64 + i as f64;
        mu_law((peak * (std::f64::consts::TAU * hz * at / 8_000.0).sin()) as i16)
    }));
    packet
}

/// Returns the n-th packet with a tone in another codec.
fn coded(encoder: &mut Encoder, n: u32, hz: f64, dbfs: f64) -> Vec<u8> {
    let codec = encoder.codec();
    let (length, rate) = (codec.rate().frame_samples(), f64::from(codec.rate().hz()));
    let peak = 32_767.0 * 10_f64.powf(dbfs / 20.0);
    let sample = |i: usize| {
        let at = f64::from(n) * length as f64 + i as f64;
        (peak * (std::f64::consts::TAU * hz * at / rate).sin()) as i16
    };
    let samples: Vec<i16> = (0..length).map(sample).collect();
    let mut payload = [0; PAYLOAD_BYTES_MAX];
    let bytes = encoder.encode(&samples, &mut payload);
    let mut packet = vec![0x80, codec.payload_type()];
    packet.extend((n as u16).to_be_bytes());
    packet.extend((n * codec.frame_units()).to_be_bytes());
    packet.extend(SSRC.to_be_bytes());
    packet.extend(&payload[..bytes]);
    packet
}

/// Encodes a sample as G.711 µ-law, independently of the product's encoder.
fn mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = (i32::from(sample).abs().min(32_635)) + 132;
    let segment = 31 - magnitude.leading_zeros() as i32 - 7;
    let mantissa = (magnitude >> (segment + 3)) & 0x0f;
    !(sign | (segment << 4) | mantissa) as u8
}
