//! Floor: the minimum that a server can do with the same packets on the same tick. It reads each
//! socket until it is empty, and sends one packet back. It has no mixer and no SIP.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use confab_sockets::{Udp, now, raise_open_files, sleep_until, try_realtime};
use confab_terms::limits::TICK;

const HEAD_BYTES: usize = 12;
const PACKET_BYTES_MAX: usize = 1_500;
/// Maximum run time, five minutes: longer than any measurement. Prevents an orphaned process.
const TICKS_MAX: u32 = 15_000;

/// Floor in a process of its own.
pub(crate) struct Floor {
    child: Child,
    pub(crate) places: Vec<SocketAddr>,
}

impl Floor {
    pub(crate) fn start(callers: usize, payload_bytes: usize, payload_type: u8) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["floor", &callers.to_string()])
            .args([payload_bytes.to_string(), payload_type.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("the floor did not start")?;
        let mut line = String::new();
        let out = child.stdout.take().context("the floor has no output")?;
        BufReader::new(out).read_line(&mut line)?;
        let ports = line.split_whitespace().map(str::parse);
        let ports: Vec<u16> = ports.collect::<Result<_, _>>()?;
        let places = ports.iter().map(|&port| ([127, 0, 0, 1], port).into());
        let floor = Self {
            places: places.collect(),
            child,
        };
        ensure!(floor.places.len() == callers, "the floor has no sockets");
        Ok(floor)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Runs the floor until killed, or for five minutes.
pub(crate) fn run(callers: usize, payload_bytes: usize, payload_type: u8) -> Result<()> {
    raise_open_files();
    let mut sockets = Vec::new();
    let mut ports = String::new();
    for _ in 0..callers {
        let socket = Udp::bind(([127, 0, 0, 1], 0).into())?;
        ports.push_str(&format!("{} ", socket.local()?.port()));
        sockets.push((socket, false));
    }
    println!("{ports}");
    std::io::stdout().flush()?;
    // The same priority as the server's media thread.
    try_realtime();
    let (mut packet, mut buffer) = ([0u8; PACKET_BYTES_MAX], [0u8; PACKET_BYTES_MAX]);
    packet[0] = 0x80;
    packet[1] = payload_type;
    let length = HEAD_BYTES + payload_bytes.min(PACKET_BYTES_MAX - HEAD_BYTES);
    let begin = now();
    for tick in 1..=TICKS_MAX {
        sleep_until(begin + TICK * tick);
        packet[2..4].copy_from_slice(&(tick as u16).to_be_bytes());
        packet[4..8].copy_from_slice(&tick.wrapping_mul(160).to_be_bytes());
        for (n, (socket, known)) in sockets.iter_mut().enumerate() {
            if !*known {
                let Some((_, from)) = socket.receive_from(&mut buffer) else {
                    continue;
                };
                socket.connect(from)?;
                *known = true;
            }
            while socket.receive(&mut buffer).is_some() {}
            packet[8..12].copy_from_slice(&(n as u32).to_be_bytes());
            socket.send(&packet[..length]);
        }
    }
    Ok(())
}
