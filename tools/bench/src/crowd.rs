//! Crowd of callers with a socket each. One thread sends their packets, each caller at an offset of
//! its own within 20 ms; another thread receives.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use confab_sockets::Udp;
use confab_terms::{Codec, Instant};

use crate::ear::Window;
use crate::histogram::Histogram;
use crate::listening::{Listening, heard};
use crate::speaking::{Edge, Speaking};
use crate::voices::Voices;

/// Address of the callers, so that their ports and the server's never conflict.
pub(crate) const CALLERS_IP: &str = "127.0.0.2";

/// First port; only even ports are used. The server's RTCP goes to the port above (RFC 3550 §11),
/// which would otherwise be another caller's.
const FIRST_PORT: u16 = 20_000;
const NO_SOCKETS: &str = "no more sockets: a higher limit of open files (ulimit -n) would do";

/// Audio that the callers of a room send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// The first caller of each room sends the tone, all others noise.
    Pilot,
    /// All callers send noise; the tone moves from caller to caller, in short pieces.
    Moving,
}

/// Callers of a run, and their roles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cast {
    pub(crate) callers: usize,
    pub(crate) rooms: usize,
    /// Number of speakers per room. The others send a frame of silence now and then, as phones with
    /// silence suppression do.
    pub(crate) speakers: usize,
    pub(crate) codec: Codec,
    pub(crate) talk: Talk,
}

impl Cast {
    /// Returns the room of a caller; callers are distributed round-robin.
    pub(crate) fn room(self, caller: usize) -> usize {
        caller % self.rooms
    }

    pub(crate) fn place(self, caller: usize) -> usize {
        caller / self.rooms
    }

    pub(crate) fn is_pilot(self, caller: usize) -> bool {
        self.talk == Talk::Pilot && self.place(caller) == 0
    }
}

/// Sockets and encoded voices of a cast.
pub(crate) struct Crowd {
    pub(crate) cast: Cast,
    pub(crate) sockets: Vec<Udp>,
    pub(crate) voices: Voices,
    /// Bounds of the measurement; 0 and 0 until set.
    pub(crate) window: (AtomicU64, AtomicU64),
    pub(crate) stop: AtomicBool,
}

/// Results of a crowd: sent and received.
pub(crate) struct Heard {
    pub(crate) listening: Listening,
    pub(crate) edges: Vec<Edge>,
    /// Delay of the crowd's own packets.
    pub(crate) behind: Histogram,
}

impl Crowd {
    pub(crate) fn new(cast: Cast) -> Result<Self> {
        let mut ports = (FIRST_PORT..=u16::MAX).step_by(2);
        let mut sockets = Vec::with_capacity(cast.callers);
        while sockets.len() < cast.callers {
            let port = ports.next().context(NO_SOCKETS)?;
            let address: SocketAddr = format!("{CALLERS_IP}:{port}").parse()?;
            match Udp::bind(address) {
                Ok(socket) => {
                    socket.note_arrivals();
                    sockets.push(socket);
                }
                Err(error) if error.kind() == ErrorKind::AddrInUse => {}
                Err(error) => return Err(error).context(NO_SOCKETS),
            }
        }
        Ok(Self {
            cast,
            sockets,
            voices: Voices::new(cast.codec, cast.callers / cast.rooms),
            window: (AtomicU64::new(0), AtomicU64::new(0)),
            stop: AtomicBool::new(false),
        })
    }

    pub(crate) fn port(&self, caller: usize) -> Result<u16> {
        Ok(self.sockets[caller].local()?.port())
    }

    pub(crate) fn window(&self) -> Window {
        Window {
            from: Instant(self.window.0.load(Ordering::Acquire)),
            to: Instant(self.window.1.load(Ordering::Acquire)),
        }
    }

    pub(crate) fn measure(&self, window: Window) {
        self.window.1.store(window.to.0, Ordering::Release);
        self.window.0.store(window.from.0, Ordering::Release);
    }

    /// Sends the audio of all callers to `places`, and receives, while `meanwhile` runs.
    pub(crate) fn talk<T>(
        &self,
        places: &[SocketAddr],
        meanwhile: impl FnOnce() -> Result<T>,
    ) -> Result<(T, Heard)> {
        for (socket, place) in self.sockets.iter().zip(places) {
            socket.connect(*place)?;
        }
        let spoken = Mutex::new(None);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let said = Speaking::new(self).run();
                if let Ok(mut spoken) = spoken.lock() {
                    *spoken = Some(said);
                }
            });
            let ears = scope.spawn(|| heard(self, places));
            let outcome = meanwhile();
            self.stop.store(true, Ordering::Release);
            let listening = ears.join();
            Ok((outcome?, listening))
        })
        .and_then(|(outcome, listening)| {
            let listening = listening.ok().context("the listening thread panicked")?;
            let said = spoken.into_inner().ok().flatten();
            let (edges, behind) = said.context("the speaking thread panicked")?;
            let heard = Heard {
                listening,
                edges,
                behind,
            };
            Ok((outcome, heard))
        })
    }
}
