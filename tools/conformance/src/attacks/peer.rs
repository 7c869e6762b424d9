//! Minimal SIP peer: sets up calls and measures the time, authenticates, and sends requests within
//! a call.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use md5::{Digest as _, Md5};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use super::{SERVER, password};

const PATIENCE: Duration = Duration::from_secs(5);
/// Retransmission interval over UDP (T1 of RFC 3261), and maximum number of transmissions.
const SEND_EVERY: Duration = Duration::from_millis(500);
const SENT_MAX: u32 = 8;
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Udp,
    Tcp,
}

enum Socket {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// Peer at an address.
pub(super) struct Peer {
    from: IpAddr,
    socket: Socket,
    opened: Instant,
    call: u64,
    to_tag: String,
}

/// Opens a TCP connection to the server from this address.
pub(super) fn open(from: IpAddr) -> Result<TcpStream> {
    open_at(from, 5060)
}

/// Opens a TCP connection to another port of the server from this address.
pub(super) fn open_at(from: IpAddr, port: u16) -> Result<TcpStream> {
    let stream = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&stream, &SocketAddr::new(from, 0))?;
    connect(&stream, &SocketAddr::new(SERVER.parse()?, port))?;
    Ok(stream.into())
}

impl Peer {
    pub(super) fn new(from: &str, wire: Wire) -> Result<Self> {
        let (from, opened) = (from.parse()?, Instant::now());
        let socket = match wire {
            Wire::Udp => {
                let socket = UdpSocket::bind((from, 0))?;
                socket.connect((SERVER, 5060))?;
                socket.set_read_timeout(Some(SEND_EVERY))?;
                Socket::Udp(socket)
            }
            Wire::Tcp => {
                let stream = open(from)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_nodelay(true)?;
                Socket::Tcp(stream)
            }
        };
        Ok(Self {
            from,
            socket,
            opened,
            call: NUMBER.fetch_add(1, Ordering::Relaxed),
            to_tag: String::new(),
        })
    }

    /// Sets up a call and ends it; returns the time from the opening of the socket to the 200.
    pub(super) fn call(mut self, user: Option<&str>) -> Result<Duration> {
        let took = self.set_up(user)?;
        let reply = self.ask("BYE", 9, "", "")?;
        ensure!(reply.starts_with("SIP/2.0 200"), "{reply}");
        Ok(took)
    }

    /// Sets up a call, and acknowledges it; returns the time until the 200.
    pub(super) fn set_up(&mut self, user: Option<&str>) -> Result<Duration> {
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n\
             m=audio 40000 RTP/AVP 0\r\n",
            self.from
        );
        let mut reply = self.ask("INVITE", 1, "", &sdp)?;
        if let Some(user) = user {
            let credentials = self.credentials("INVITE", &reply, user)?;
            reply = self.ask("INVITE", 2, &credentials, &sdp)?;
        }
        ensure!(reply.starts_with("SIP/2.0 200"), "{reply}");
        let took = self.opened.elapsed();
        let to = reply.lines().find(|line| line.starts_with("To:"));
        let tag = to.and_then(|line| line.split(";tag=").nth(1));
        self.to_tag = format!(";tag={}", tag.context("a To with a tag")?.trim());
        self.send("ACK", if user.is_some() { 2 } else { 1 }, "", "")?;
        Ok(took)
    }

    /// Authenticates an OPTIONS request; returns whether the password was accepted.
    pub(super) fn log_in(&mut self, user: &str) -> Result<bool> {
        self.call = NUMBER.fetch_add(1, Ordering::Relaxed);
        let challenge = self.ask("OPTIONS", 1, "", "")?;
        let credentials = self.credentials("OPTIONS", &challenge, user)?;
        let reply = self.ask("OPTIONS", 2, &credentials, "")?;
        Ok(reply.starts_with("SIP/2.0 200"))
    }

    /// Sends a request, and returns the final response.
    fn ask(&mut self, method: &str, cseq: u32, headers: &str, body: &str) -> Result<String> {
        let wanted = format!("CSeq: {cseq} {method}");
        for _ in 0..SENT_MAX {
            self.send(method, cseq, headers, body)?;
            loop {
                let reply = match self.receive() {
                    Err(_) if matches!(self.socket, Socket::Udp(_)) => break,
                    reply => reply?,
                };
                if !reply.starts_with("SIP/2.0 1") && reply.contains(&wanted) {
                    return Ok(reply);
                }
            }
        }
        bail!("no response to {method}")
    }

    pub(super) fn send(
        &mut self,
        method: &str,
        cseq: u32,
        headers: &str,
        body: &str,
    ) -> Result<()> {
        let text = self.text(method, cseq, headers, body)?;
        match &mut self.socket {
            Socket::Udp(socket) => {
                socket.send(text.as_bytes())?;
            }
            Socket::Tcp(stream) => stream.write_all(text.as_bytes())?,
        }
        Ok(())
    }

    /// Reads and discards received messages.
    pub(super) fn drain(&self) {
        if let Socket::Udp(socket) = &self.socket {
            let _ = socket.set_nonblocking(true);
            let mut bytes = [0; 4_096];
            while socket.recv(&mut bytes).is_ok() {}
            let _ = socket.set_nonblocking(false);
        }
    }

    fn text(&self, method: &str, cseq: u32, headers: &str, body: &str) -> Result<String> {
        let (own, name) = match &self.socket {
            Socket::Udp(socket) => (socket.local_addr()?, "UDP"),
            Socket::Tcp(stream) => (stream.local_addr()?, "TCP"),
        };
        let transport = if name == "TCP" { ";transport=tcp" } else { "" };
        let (call, tag) = (self.call, &self.to_tag);
        Ok(format!(
            "{method} sip:attacked@{SERVER} SIP/2.0\r\nVia: SIP/2.0/{name} {own};\
             branch=z9hG4bK{method}{cseq}x{call};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:peer@{own}>;tag=p{call}\r\nTo: <sip:attacked@{SERVER}>{tag}\r\n\
             Call-ID: {call}@{own}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:peer@{own}{transport}>\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n\
             User-Agent: a phone that answers for its user\r\n{headers}\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// Receives a message; over TCP, all messages that arrived together.
    fn receive(&mut self) -> Result<String> {
        let mut bytes = vec![0; 16_384];
        let length = match &mut self.socket {
            Socket::Udp(socket) => socket.recv(&mut bytes),
            Socket::Tcp(stream) => stream.read(&mut bytes),
        };
        let length = length.context("no response")?;
        ensure!(length > 0, "the connection was closed");
        let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
        let mut messages = text.rsplit("SIP/2.0 ");
        let last = messages.find(|message| !message.is_empty());
        let last = last.context("no message")?;
        Ok(format!("SIP/2.0 {last}"))
    }

    /// Returns credentials for a challenge (RFC 7616, MD5).
    fn credentials(&self, method: &str, challenge: &str, user: &str) -> Result<String> {
        let nonce = challenge.split("nonce=\"").nth(1);
        let nonce = nonce.and_then(|rest| rest.split('"').next());
        let Some(nonce) = nonce else {
            bail!("no challenge: {challenge}");
        };
        let sum = |text: String| {
            let bytes = Md5::digest(text);
            let hex = bytes.iter().map(|byte| format!("{byte:02x}"));
            hex.collect::<String>()
        };
        let uri = format!("sip:attacked@{SERVER}");
        let one = sum(format!("{user}:confab:{}", password(user)));
        let two = sum(format!("{method}:{uri}"));
        let response = sum(format!("{one}:{nonce}:00000001:c:auth:{two}"));
        Ok(format!(
            "Authorization: Digest username=\"{user}\", realm=\"confab\", nonce=\"{nonce}\", \
             uri=\"{uri}\", response=\"{response}\", algorithm=MD5, qop=auth, nc=00000001, \
             cnonce=\"c\"\r\n"
        ))
    }
}

/// Receives an INVITE on a connection, and rejects it.
pub(super) fn refuse(mut stream: TcpStream) -> Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut bytes = vec![0; 16_384];
    let length = stream.read(&mut bytes)?;
    let invite = String::from_utf8_lossy(&bytes[..length]).into_owned();
    ensure!(invite.starts_with("INVITE "), "{invite}");
    let line = |name: &str| {
        let found = invite.lines().find(|line| line.starts_with(name));
        found.unwrap_or_default().to_owned()
    };
    let [via, from, to, call_id, cseq] = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"].map(line);
    write!(
        stream,
        "SIP/2.0 486 Busy Here\r\n{via}\r\n{from}\r\n{to};tag=t\r\n{call_id}\r\n{cseq}\r\n\
         Content-Length: 0\r\n\r\n"
    )?;
    // The ACK.
    let _ = stream.read(&mut bytes);
    Ok(())
}
