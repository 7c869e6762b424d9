//! Phone with SDP and RTP written by a test: any offer, any source of media.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use confab_phone::heard::{Frame, frames};
use confab_phone::{Packet, now};

use crate::ear;
use crate::server::pause;

/// Signaling of one call over UDP from a loopback address.
pub struct HandCall {
    socket: UdpSocket,
    server: SocketAddr,
    room: String,
    call_id: String,
    to_tag: String,
    cseq: u32,
}

impl HandCall {
    /// Creates a phone without a call.
    pub fn new(server: SocketAddr, room: &str) -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(Duration::from_secs(8)))?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Ok(Self {
            call_id: format!("hand-{}-{number}@127.0.0.1", std::process::id()),
            room: room.to_owned(),
            to_tag: String::new(),
            cseq: 0,
            server,
            socket,
        })
    }

    /// Sends an INVITE or a re-INVITE; returns the final response. The caller must acknowledge a
    /// 2xx.
    pub fn invite(&mut self, sdp: &str) -> Result<String> {
        self.cseq += 1;
        self.send("INVITE", self.cseq, sdp)?;
        let answer = self.response()?;
        let to = answer.lines().find(|line| line.starts_with("To:"));
        let tag = to.and_then(|line| line.split(";tag=").nth(1));
        self.to_tag = tag.context("a To with a tag")?.trim().to_owned();
        Ok(answer)
    }

    /// Acknowledges the last INVITE, with an answer if the server sent the offer.
    pub fn acknowledge(&self, sdp: &str) -> Result<()> {
        self.send("ACK", self.cseq, sdp)
    }

    /// Sends an INVITE and acknowledges the 200; returns the RTP address in its SDP.
    pub fn talk(&mut self, sdp: &str) -> Result<SocketAddr> {
        let answer = self.invite(sdp)?;
        ensure!(answer.starts_with("SIP/2.0 200"), "refused: {answer}");
        self.acknowledge("")?;
        rtp_address(&answer)
    }

    /// Waits for a BYE, and responds with 200.
    pub fn wait_for_bye(&self) -> Result<()> {
        loop {
            let text = self.receive()?;
            if text.starts_with("BYE ") {
                let head = text.lines().skip(1).take_while(|line| !line.is_empty());
                let echoed = head.filter(|line| {
                    let name = line.split(':').next().unwrap_or_default();
                    ["Via", "From", "To", "Call-ID", "CSeq"].contains(&name)
                });
                let echoed: Vec<&str> = echoed.collect();
                let ok = format!(
                    "SIP/2.0 200 OK\r\n{}\r\nContent-Length: 0\r\n\r\n",
                    echoed.join("\r\n")
                );
                self.socket.send_to(ok.as_bytes(), self.server)?;
                return Ok(());
            }
        }
    }

    /// Hangs up the call.
    pub fn hang_up(&mut self) -> Result<()> {
        self.cseq += 1;
        self.send("BYE", self.cseq, "")?;
        self.response().map(drop)
    }

    fn receive(&self) -> Result<String> {
        let mut bytes = [0; 4_096];
        let (length, _) = self.socket.recv_from(&mut bytes).context("no message")?;
        Ok(String::from_utf8_lossy(&bytes[..length]).into_owned())
    }

    fn response(&self) -> Result<String> {
        let cseq = format!("CSeq: {} ", self.cseq);
        loop {
            let text = self.receive()?;
            let is_final = text.starts_with("SIP/2.0 ") && !text.starts_with("SIP/2.0 1");
            if is_final && text.contains(&cseq) {
                return Ok(text);
            }
        }
    }

    fn send(&self, method: &str, cseq: u32, body: &str) -> Result<()> {
        let Self {
            room,
            server,
            call_id,
            to_tag,
            ..
        } = self;
        let own = self.socket.local_addr()?;
        let branch = format!("{}{method}{cseq}", call_id.replace('@', "-"));
        let tag = match to_tag.as_str() {
            "" => String::new(),
            tag => format!(";tag={tag}"),
        };
        let kind = match body {
            "" => "",
            _ => "Content-Type: application/sdp\r\n",
        };
        let message = format!(
            "{method} sip:{room}@{server} SIP/2.0\r\n\
             Via: SIP/2.0/UDP {own};branch=z9hG4bK{branch}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:hand@127.0.0.1>;tag=hand\r\n\
             To: <sip:{room}@{server}>{tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:hand@{own}>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.socket.send_to(message.as_bytes(), self.server)?;
        Ok(())
    }
}

/// Returns the RTP address in an SDP of the server.
pub fn rtp_address(answer: &str) -> Result<SocketAddr> {
    let port = answer.split("m=audio ").nth(1).context("m=audio")?;
    let port = port.split(' ').next().unwrap_or_default();
    let host = answer.split("c=IN IP4 ").nth(1).context("c=")?;
    let host = host.lines().next().unwrap_or_default();
    Ok(format!("{host}:{port}").parse()?)
}

/// RTP socket on 127.0.0.1 that sends PCMU packets each 20 ms, and stores received packets.
pub struct Talker {
    /// Local port.
    pub port: u16,
    heard: Arc<Mutex<Vec<Packet>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Function that returns the packets of each 20 ms.
pub type Says = Box<dyn FnMut(u32) -> Vec<Vec<u8>> + Send>;

impl Talker {
    /// Starts sending to an address. `says` returns the packets of each 20 ms.
    pub fn start(socket: UdpSocket, to: SocketAddr, mut says: Says) -> Result<Self> {
        socket.set_read_timeout(Some(Duration::from_millis(2)))?;
        let port = socket.local_addr()?.port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (kept, stopped) = (Arc::clone(&heard), Arc::clone(&stop));
        let run = move || {
            let mut next = Instant::now();
            let mut spoken = 0;
            let mut bytes = [0; 2_048];
            while !stopped.load(Ordering::Relaxed) {
                if let Ok(length) = socket.recv(&mut bytes)
                    && let Some(packet) = ear::read(&bytes[..length])
                {
                    kept.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(packet);
                }
                if Instant::now() >= next {
                    next += Duration::from_millis(20);
                    for packet in says(spoken) {
                        let _refused = socket.send_to(&packet, to);
                    }
                    spoken += 1;
                }
            }
        };
        let thread = Some(
            std::thread::Builder::new()
                .name("talker".into())
                .spawn(run)?,
        );
        Ok(Self {
            port,
            heard,
            stop,
            thread,
        })
    }

    /// Returns the frames that arrive within this time.
    #[must_use]
    pub fn listen(&self, time: Duration) -> Vec<Frame> {
        let from = now();
        pause(time);
        self.since(from)
    }

    /// Returns the frames that have arrived since an instant.
    #[must_use]
    pub fn since(&self, from: confab_terms::Instant) -> Vec<Frame> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut late = frames(&heard);
        late.retain(|frame| frame.arrived >= from);
        late
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}
