//! Call over UDP whose Call-ID, tags and RTP are available, so that a test can forge messages of
//! the call.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::ear::Ear;

/// Established call.
pub struct RawCall {
    socket: UdpSocket,
    server: SocketAddr,
    room: String,
    /// Call-ID.
    pub call_id: String,
    /// Tag of the caller.
    pub from_tag: String,
    /// Tag of the server.
    pub to_tag: String,
    /// RTP socket of the call.
    pub ear: Ear,
}

impl RawCall {
    /// Calls a room, and sends a tone.
    pub fn place(server: SocketAddr, room: &str, hz: f64, dbfs: f64) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut call = Self {
            call_id: format!("raw-{}@127.0.0.1", std::process::id()),
            from_tag: "rawtag".into(),
            to_tag: String::new(),
            ear: Ear::open(hz, dbfs)?,
            room: room.to_owned(),
            socket,
            server,
        };
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {} RTP/AVP 0\r\n",
            call.ear.port
        );
        call.send("INVITE", 1, "b1", &sdp)?;
        let answer = call.final_answer()?;
        let to = answer.lines().find(|line| line.starts_with("To:"));
        let tag = to.and_then(|line| line.split(";tag=").nth(1));
        call.to_tag = tag.context("a To with a tag")?.trim().to_owned();
        call.send("ACK", 1, "b2", "")?;
        Ok(call)
    }

    fn final_answer(&self) -> Result<String> {
        loop {
            let mut bytes = [0; 4_096];
            let (length, _) = self.socket.recv_from(&mut bytes)?;
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if !text.starts_with("SIP/2.0 1") {
                ensure!(text.starts_with("SIP/2.0 200"), "refused: {text}");
                return Ok(text);
            }
        }
    }

    fn send(&self, method: &str, cseq: u32, branch: &str, body: &str) -> Result<()> {
        let Self {
            room,
            server,
            call_id,
            from_tag,
            to_tag,
            ..
        } = self;
        let own = self.socket.local_addr()?;
        let tag = match to_tag.as_str() {
            "" => String::new(),
            tag => format!(";tag={tag}"),
        };
        let message = format!(
            "{method} sip:{room}@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{branch}\
             \r\nMax-Forwards: 70\r\nFrom: <sip:raw@127.0.0.1>;tag={from_tag}\r\n\
             To: <sip:{room}@{server}>{tag}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:raw@{own}>\r\nContent-Type: application/sdp\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.socket.send_to(message.as_bytes(), self.server)?;
        Ok(())
    }

    /// Sends BYE, and waits for the 200.
    pub fn hang_up(&self) -> Result<()> {
        self.send("BYE", 2, "b3", "")?;
        self.final_answer().map(drop)
    }
}
