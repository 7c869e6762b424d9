//! Hostile datagrams to SIP and media ports; the n-th of each kind is always the same. They contain
//! the Call-ID and the SSRC of an existing call.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context as _, Result};

use crate::ear;
use crate::server::root;

/// Pseudo-random numbers derived from a seed.
pub struct Chance(u64);

impl Chance {
    /// Creates a generator; a seed of zero counts as one.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// Returns the next number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// Known identifiers of the attacked call.
pub struct Known {
    /// Call-ID of the call.
    pub call_id: String,
    /// Tag of the caller.
    pub from_tag: String,
    /// Tag of the server.
    pub to_tag: String,
    /// SIP address of the server.
    pub server: SocketAddr,
}

/// Hostile datagrams for the SIP port.
pub struct SipJunk {
    known: Known,
    torture: Vec<Vec<u8>>,
    chance: Chance,
}

impl SipJunk {
    /// Creates a generator with the messages of RFC 4475 and RFC 5118 in the repository.
    pub fn new(known: Known) -> Result<Self> {
        let mut torture = Vec::new();
        for folder in ["rfc4475", "rfc5118"] {
            let folder = root().join("core/sip/tests/torture").join(folder);
            let listed = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
            let mut paths: Vec<_> = listed.filter_map(|e| Some(e.ok()?.path())).collect();
            paths.sort();
            for path in paths {
                torture.push(fs::read(path)?);
            }
        }
        let chance = Chance::new(0x5eed);
        Ok(Self {
            known,
            torture,
            chance,
        })
    }

    /// Returns the n-th datagram: random octets, truncated messages, torture messages with and
    /// without mutation, floods, forgeries, responses without a request.
    pub fn message(&mut self, n: usize) -> Vec<u8> {
        let known = (
            self.known.call_id.clone(),
            self.known.from_tag.clone(),
            self.known.to_tag.clone(),
        );
        let (call_id, from_tag, to_tag) = &known;
        let anew = format!("{n}@flood");
        match n % 12 {
            0 => (0..self.chance.below(1_400))
                .map(|_| self.chance.below(256) as u8)
                .collect(),
            1 => {
                let mut whole = self.request("INVITE", &anew, "half", None, n);
                whole.truncate(self.chance.below(whole.len()));
                whole
            }
            2 => self.torture[n / 12 % self.torture.len()].clone(),
            3 => self.mutated(n),
            4 | 5 => self.request("INVITE", &anew, "flood", None, n),
            6 => self.request("OPTIONS", &anew, "flood", None, n),
            7 => self.request("REGISTER", &anew, "flood", None, n),
            8 => self.request("ACK", call_id, from_tag, Some("wrong"), n),
            9 => match n / 12 % 3 {
                0 => self.request("BYE", call_id, "wrong", Some(to_tag), n),
                1 => self.request("BYE", call_id, from_tag, Some("wrong"), n),
                _ => self.request("CANCEL", call_id, from_tag, None, n),
            },
            10 => self.response(call_id, n),
            _ => self.request("INVITE", call_id, "wrong", Some(to_tag), n),
        }
    }

    fn mutated(&mut self, n: usize) -> Vec<u8> {
        let mut message = self.torture[n / 12 % self.torture.len()].clone();
        for _ in 0..=self.chance.below(8) {
            let at = self.chance.below(message.len());
            message[at] ^= 1 << self.chance.below(8);
        }
        message
    }

    fn request(&self, method: &str, id: &str, from: &str, to: Option<&str>, n: usize) -> Vec<u8> {
        let server = self.known.server;
        let to = to.map_or(String::new(), |tag| format!(";tag={tag}"));
        let sdp = match method {
            "INVITE" => {
                "v=0\r\no=- 1 1 IN IP4 127.0.0.3\r\ns=-\r\nc=IN IP4 127.0.0.3\r\nt=0 0\r\n\
                         m=audio 9 RTP/AVP 0\r\n"
            }
            _ => "",
        };
        let message = format!(
            "{method} sip:flood{}@{server} SIP/2.0\r\n\
             Via: SIP/2.0/UDP 127.0.0.3:9;branch=z9hG4bKflood{n};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:raw@127.0.0.1>;tag={from}\r\nTo: <sip:x@{server}>{to}\r\nCall-ID: {id}\r\n\
             CSeq: {} {method}\r\nContact: <sip:flood@127.0.0.3:9>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            n % 7,
            2 + n % 1_000,
            sdp.len()
        );
        message.into_bytes()
    }

    fn response(&self, call_id: &str, n: usize) -> Vec<u8> {
        let status = [100, 180, 200, 302, 401, 486, 500, 603][n % 8];
        let method = ["INVITE", "BYE", "OPTIONS", "CANCEL"][n % 4];
        let message = format!(
            "SIP/2.0 {status} \x1b[31mred\r\nVia: SIP/2.0/UDP {};branch=z9hG4bK{n}\r\n\
             From: <sip:a@b>;tag={n}\r\nTo: <sip:c@d>;tag=wrong\r\nCall-ID: {call_id}\r\n\
             CSeq: {n} {method}\r\nContent-Length: 0\r\n\r\n",
            self.known.server
        );
        message.into_bytes()
    }
}

/// Hostile datagrams for the media ports.
pub struct MediaJunk {
    chance: Chance,
}

impl Default for MediaJunk {
    fn default() -> Self {
        let chance = Chance::new(0xab5e);
        Self { chance }
    }
}

impl MediaJunk {
    /// Returns the n-th datagram: RTP of a stranger with any SSRC and with the call's, replays,
    /// RTCP with reports and BYE, truncated and oversized packets, STUN, DTLS, random octets.
    pub fn packet(&mut self, n: usize) -> Vec<u8> {
        let spoken = (n / 16) as u32;
        match n % 10 {
            0 => {
                let mut packet = ear::packet(spoken, 3_300.0, 0.0);
                packet[8..12].copy_from_slice(&(n as u32).to_be_bytes());
                packet
            }
            1 => ear::packet(spoken, 3_300.0, 0.0),
            2 => ear::packet(spoken % 500, 500.0, -20.0),
            3 => {
                let mut report = vec![0x81, [200, 201, 202, 203][n / 10 % 4], 0, 1];
                report.extend(ear::SSRC.to_be_bytes());
                report
            }
            4 => {
                let mut half = ear::packet(spoken, 3_300.0, 0.0);
                half.truncate(self.chance.below(14));
                half
            }
            5 => {
                let mut long = ear::packet(spoken, 3_300.0, 0.0);
                long.resize(1_500 + self.chance.below(7_500), 0x55);
                long
            }
            6 => b"\x00\x01\x00\x00\x21\x12\xa4\x42confabconfab".to_vec(),
            7 => b"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x10\x01\0\0\x04".to_vec(),
            8 => {
                // Header flags of an extension, CSRCs and padding that are absent.
                let mut packet = ear::packet(spoken, 3_300.0, 0.0);
                packet[0] = self.chance.below(256) as u8;
                packet
            }
            _ => (0..self.chance.below(400))
                .map(|_| self.chance.below(256) as u8)
                .collect(),
        }
    }
}
