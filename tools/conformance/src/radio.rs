//! Endless audio stream: an HTTP/1.0 server with a body of unknown length. Sends 4 s at once, then
//! in real time.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use confab_codec::encode;
use confab_terms::Codec;

use crate::server::pause;

/// Frequency of the tone in the stream.
pub const HZ: f64 = 440.0;
const RATE: usize = 8_000;
const AT_ONCE: Duration = Duration::from_secs(4);
const STEP: Duration = Duration::from_millis(50);
/// Bytes of a whole number of periods.
const LOOP_BYTES: usize = RATE;

/// Running stream server.
pub struct Radio {
    address: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    listeners: Mutex<Vec<Listener>>,
    asked: AtomicUsize,
    ends: AtomicBool,
}

struct Listener {
    stream: TcpStream,
    since: Instant,
    sent: usize,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Listener>> {
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Radio {
    /// Listens on a free port of 127.0.0.1.
    pub fn start() -> Result<Self> {
        let listening = TcpListener::bind("127.0.0.1:0")?;
        let address = listening.local_addr()?.to_string();
        let shared = Arc::new(Shared::default());
        let (accepting, sending) = (shared.clone(), shared.clone());
        thread::spawn(move || {
            for stream in listening.incoming().flatten() {
                if accepting.ends.load(Ordering::Relaxed) {
                    return;
                }
                accepting.asked.fetch_add(1, Ordering::Relaxed);
                if let Ok(listener) = greeted(stream) {
                    accepting.lock().push(listener);
                }
            }
        });
        thread::spawn(move || {
            let tone = tone();
            while !sending.ends.load(Ordering::Relaxed) {
                sending.lock().retain_mut(|one| one.send(&tone).is_ok());
                pause(STEP);
            }
        });
        Ok(Self { address, shared })
    }

    /// Returns the URL of the stream.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/radio", self.address)
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.shared.lock().len()
    }

    /// Returns the number of connections so far.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::Relaxed)
    }

    /// Waits for a number of open connections; returns the time until then.
    pub fn wait_for(&self, listeners: usize, within: Duration) -> Result<Duration> {
        let begun = Instant::now();
        while self.listeners() != listeners {
            let now = self.listeners();
            anyhow::ensure!(
                begun.elapsed() < within,
                "{now} listeners instead of {listeners} after {within:?}"
            );
            pause(Duration::from_millis(10));
        }
        Ok(begun.elapsed())
    }
}

impl Drop for Radio {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Relaxed);
        // Wakes the accepting thread.
        let _woken = TcpStream::connect(&self.address);
    }
}

impl Listener {
    /// Sends the octets that are due.
    fn send(&mut self, tone: &[u8]) -> std::io::Result<()> {
        // A close by the peer is detected here, or by the write.
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
        let due = (self.since.elapsed() + AT_ONCE).as_millis() as usize * RATE / 1_000;
        while self.sent < due {
            let from = &tone[self.sent % tone.len()..];
            match self.stream.write(&from[..from.len().min(due - self.sent)]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Reads the request, and responds with the header of an endless WAV file.
fn greeted(mut stream: TcpStream) -> std::io::Result<Listener> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        request.push(byte[0]);
    }
    stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: audio/wav\r\n\r\n")?;
    let mut head = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x07\0\x01\0".to_vec();
    head.extend((RATE as u32).to_le_bytes());
    head.extend((RATE as u32).to_le_bytes());
    head.extend(b"\x01\0\x08\0data\xff\xff\xff\xff");
    stream.write_all(&head)?;
    stream.set_nonblocking(true)?;
    Ok(Listener {
        stream,
        since: Instant::now(),
        sent: 0,
    })
}

/// Returns a second of the tone, at a fifth of full scale.
fn tone() -> Vec<u8> {
    let step = 2.0 * std::f64::consts::PI * HZ / RATE as f64;
    let samples = (0..LOOP_BYTES).map(|at| (6_500.0 * (step * at as f64).sin()) as i16);
    let samples: Vec<i16> = samples.collect();
    let mut bytes = vec![0; LOOP_BYTES];
    encode(Codec::Pcmu, &samples, &mut bytes);
    bytes
}
