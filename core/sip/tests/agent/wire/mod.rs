//! One user agent with its datagrams and connections, on a virtual clock.
#![allow(unreachable_pub)]

use std::time::Duration;

use confab_sip::{
    Config, ConnectionEvent, ConnectionId, ConnectionOrder, DialogId, Ending, Event, Invite,
    Lookup, Output, Transport, UserAgent,
};
use confab_terms::Instant;

/// First inbound connection.
pub const THEIRS: ConnectionId = ConnectionId::Theirs(1);
pub const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

/// Output of the user agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    Datagram(String, String),
    Opened(ConnectionId, String),
    Sent(ConnectionId, String),
    Closed(ConnectionId),
    Asked(Lookup, String, Option<u16>),
}

pub struct Wire {
    pub now: Instant,
    pub agent: UserAgent,
    pub told: Vec<Event>,
}

impl Wire {
    pub fn new() -> Self {
        Self::of(None)
    }

    /// Returns a copy, to try an action on.
    pub fn clone_of(&self) -> Self {
        Self {
            now: self.now,
            agent: self.agent.clone(),
            told: self.told.clone(),
        }
    }

    pub fn with_tls() -> Self {
        Self::of(Some(5061))
    }

    fn of(tls_port: Option<u16>) -> Self {
        let agent = UserAgent::new(Config {
            address: "192.0.2.1:5060".parse().unwrap(),
            tls_port,
            product: String::new(),
            seed: [5; 32],
        });
        Self {
            now: Instant(1_000_000_000),
            agent,
            told: Vec::new(),
        }
    }

    /// Returns the outputs since the last call.
    pub fn did(&mut self) -> Vec<Did> {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let mut did = Vec::new();
        while let Some(output) = self.agent.poll_output() {
            did.push(match output {
                Output::Event(event) => {
                    self.told.push(event);
                    continue;
                }
                Output::Datagram { to, bytes } => Did::Datagram(to.to_string(), text(bytes)),
                Output::Connection { connection, order } => match order {
                    ConnectionOrder::Open { to, tls } => {
                        let name = tls.map_or_else(String::new, |name| format!(" as {name}"));
                        Did::Opened(connection, format!("{to}{name}"))
                    }
                    ConnectionOrder::Send(bytes) => Did::Sent(connection, text(bytes)),
                    ConnectionOrder::Close => Did::Closed(connection),
                },
                Output::Resolve {
                    lookup, host, port, ..
                } => Did::Asked(lookup, host, port),
            });
        }
        did
    }

    /// Returns the only output, a message on this connection.
    pub fn sent(&mut self, on: ConnectionId) -> String {
        match &self.did()[..] {
            [Did::Sent(id, text)] if *id == on => text.clone(),
            other => panic!("{other:#?}"),
        }
    }

    /// Returns the only output, an order to open a connection to this peer.
    pub fn opening(&mut self, peer: &str) -> ConnectionId {
        match &self.did()[..] {
            [Did::Opened(id, to)] if to == peer => *id,
            other => panic!("not to {peer}: {other:#?}"),
        }
    }

    /// Returns the only output, a lookup of this name.
    pub fn looked_up(&mut self, name: &str) -> Lookup {
        match &self.did()[..] {
            [Did::Asked(lookup, host, _)] if host == name => *lookup,
            other => panic!("not {name}: {other:#?}"),
        }
    }

    pub fn happens(&mut self, id: ConnectionId, event: ConnectionEvent) {
        self.agent.handle_connection(self.now, id, event);
    }

    pub fn open(&mut self, id: ConnectionId, peer: &str) {
        let peer = peer.parse().unwrap();
        let transport = Transport::Tcp;
        self.happens(id, ConnectionEvent::Opened { peer, transport });
    }

    pub fn receive(&mut self, id: ConnectionId, text: &str) {
        let bytes = text.as_bytes().to_vec();
        self.happens(id, ConnectionEvent::Received { bytes });
    }

    /// Advances the clock, and handles all deadlines on the way.
    pub fn run_for(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.agent.next_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.agent.handle_deadline(self.now);
        }
        self.now = end;
    }

    /// Returns the dialog of the last inbound call.
    pub fn invited(&self) -> DialogId {
        let outputs = self.agent.clone();
        let mut rest = outputs;
        let mut told = self.told.clone();
        while let Some(output) = rest.poll_output() {
            if let Output::Event(event) = output {
                told.push(event);
            }
        }
        let invited = |event: &Event| match event {
            Event::Invited { dialog, .. } => Some(*dialog),
            _ => None,
        };
        told.iter().rev().find_map(invited).expect("a call to us")
    }

    /// Answers the call on this connection and delivers its ACK.
    pub fn answered(&mut self, on: ConnectionId) -> DialogId {
        let dialog = self.invited();
        self.did();
        self.agent.answer(self.now, dialog, SDP.as_bytes().to_vec());
        let ok = self.sent(on);
        let to = lines(&ok, "To: ")[0].replace("<sip:room@192.0.2.1>", "");
        self.receive(on, &request("ACK", 1, &to));
        self.did();
        dialog
    }

    /// Opens an inbound connection with an answered call.
    pub fn call(&mut self, on: ConnectionId) -> DialogId {
        self.open(on, "192.0.2.7:40001");
        self.receive(on, &request("INVITE", 1, ""));
        self.answered(on)
    }

    pub fn endings(&mut self) -> Vec<Ending> {
        self.did();
        let ended = |event: &Event| match event {
            Event::Ended { how, .. } => Some(*how),
            _ => None,
        };
        self.told.iter().filter_map(ended).collect()
    }

    pub fn dial(&mut self, to: &str) -> DialogId {
        let invite = Invite {
            to: to.into(),
            from: "sip:room@192.0.2.1".into(),
            from_name: None,
            via: None,
            offer: SDP.as_bytes().to_vec(),
            headers: Vec::new(),
        };
        self.agent.invite(self.now, invite)
    }
}

/// Returns a request of `sip:anna@192.0.2.7:5070` over TCP.
pub fn request(method: &str, cseq: u32, to_tag: &str) -> String {
    let sdp = if method == "INVITE" { SDP } else { "" };
    let branch = if method == "ACK" { "ack" } else { "x" };
    format!(
        "{method} sip:room@192.0.2.1 SIP/2.0\r\n\
         Via: SIP/2.0/TCP 192.0.2.7:5070;branch=z9hG4bK{branch}{cseq}\r\n\
         From: <sip:anna@192.0.2.7>;tag=a\r\nTo: <sip:room@192.0.2.1>{to_tag}\r\nCall-ID: c\r\n\
         CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n\
         Contact: <sip:anna@192.0.2.7:5070;transport=tcp>\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    )
}

/// Returns the peer's response to a request.
pub fn response_to(request: &str, status: u16) -> String {
    let echo = |name: &str| format!("{name}{}\r\n", lines(request, name)[0]);
    let (via, from, to) = (echo("Via: "), echo("From: "), echo("To: "));
    let tag = if to.contains(";tag=") { "" } else { ";tag=b" };
    let to = to.replace("\r\n", &format!("{tag}\r\n"));
    let (call_id, cseq) = (echo("Call-ID: "), echo("CSeq: "));
    format!("SIP/2.0 {status} Whatever\r\n{via}{from}{to}{call_id}{cseq}Content-Length: 0\r\n\r\n")
}

/// Returns the first line.
pub fn head(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

/// Returns the values of a header.
pub fn lines<'a>(message: &'a str, name: &str) -> Vec<&'a str> {
    let head = message.split("\r\n\r\n").next().unwrap_or_default();
    let lines = head.lines();
    lines.filter_map(|line| line.strip_prefix(name)).collect()
}
