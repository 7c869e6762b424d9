//! Phone on confab's own SIP user agent.

use confab_sdp::{Direction, Local};
use confab_sip::{Config, DialogId, Ending, Event, Invite, Output, UserAgent};
use confab_terms::{Codec, Instant, SocketAddr};

/// Event of a phone's call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    /// Inbound INVITE, with the request URI without parameters.
    Invited(String),
    Ringing,
    Answered,
    OfferAccepted(String),
    OfferRefused(u16),
    Ended(Ending),
}

pub(crate) struct Phone {
    pub(crate) agent: UserAgent,
    pub(crate) address: SocketAddr,
    pub(crate) dialog: Option<DialogId>,
    pub(crate) told: Vec<Told>,
    /// Additional headers of the INVITE.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) local: Local,
    said: u16,
}

impl Phone {
    pub(crate) fn new(number: usize) -> Self {
        let number = u16::try_from(number).unwrap();
        let address: SocketAddr = format!("127.0.0.2:{}", 6_000 + number).parse().unwrap();
        let mut seed = [9; 32];
        seed[..2].copy_from_slice(&number.to_be_bytes());
        Self {
            agent: UserAgent::new(Config {
                address,
                tls_port: None,
                product: String::new(),
                seed,
            }),
            address,
            dialog: None,
            told: Vec::new(),
            headers: vec![("X-Customer".to_owned(), "4711".to_owned())],
            local: Local {
                address: address.ip(),
                rtp_port: 7_000 + number * 2,
                session_id: 1,
                version: 1,
                srtp: None,
                codecs: vec![Codec::Pcmu],
                numbers: confab_sdp::PayloadNumbers::default(),
            },
            said: 0,
        }
    }

    pub(crate) fn call(&mut self, now: Instant, user: &str) {
        let offer = self.offer(Direction::SendRecv);
        self.call_with(now, user, offer);
    }

    pub(crate) fn call_with(&mut self, now: Instant, user: &str, offer: Vec<u8>) {
        let to = if user.is_empty() {
            format!("sip:{}", super::SIP)
        } else {
            format!("sip:{user}@{}", super::SIP)
        };
        let dialog = self.agent.invite(
            now,
            Invite {
                to,
                from: "sip:anna@pbx.example.com".to_owned(),
                from_name: Some("Anna".to_owned()),
                via: Some(super::SIP.parse().unwrap()),
                offer,
                headers: self.headers.clone(),
            },
        );
        self.dialog = Some(dialog);
    }

    fn offer(&self, direction: Direction) -> Vec<u8> {
        confab_sdp::offer(&self.local, direction)
    }

    pub(crate) fn reoffer(&mut self, now: Instant, direction: Direction) {
        self.local.version += 1;
        let offer = self.offer(direction);
        self.agent.reoffer(now, self.dialog.unwrap(), offer);
    }

    pub(crate) fn move_to(&mut self, now: Instant, port: u16) {
        self.local.rtp_port = port;
        self.reoffer(now, Direction::SendRecv);
    }

    pub(crate) fn offer_nonsense(&mut self, now: Instant) {
        let offer = b"v=0\r\no=- 1 9 IN IP4 127.0.0.2\r\ns=-\r\nt=0 0\r\n".to_vec();
        self.agent.reoffer(now, self.dialog.unwrap(), offer);
    }

    /// Returns an RTP packet of loud audio, with its source address.
    pub(crate) fn talk(&mut self) -> (SocketAddr, Vec<u8>) {
        // −12 dBFS in PCMU (RFC 3551 §4.5.14), payload type 0.
        let mut packet = vec![0x9f; 12 + 160];
        packet[..2].copy_from_slice(&[0x80, 0]);
        packet[2..4].copy_from_slice(&self.said.to_be_bytes());
        packet[4..8].copy_from_slice(&(u32::from(self.said) * 160).to_be_bytes());
        packet[8..12].copy_from_slice(&[0, 0, 0, 77]);
        self.said += 1;
        let from = SocketAddr::new(self.local.address, self.local.rtp_port);
        (from, packet)
    }

    pub(crate) fn ring(&mut self, now: Instant) {
        self.agent.ring(now, self.dialog.unwrap());
    }

    pub(crate) fn pick_up(&mut self, now: Instant) {
        let answer = self.offer(Direction::SendRecv);
        self.agent.answer(now, self.dialog.unwrap(), answer);
    }

    pub(crate) fn refuse(&mut self, now: Instant, status: u16) {
        self.agent.reject(now, self.dialog.unwrap(), status);
    }

    pub(crate) fn hang_up(&mut self, now: Instant) {
        self.agent.hang_up(now, self.dialog.unwrap());
    }

    /// Returns the datagrams to send, and stores the events.
    pub(crate) fn poll(&mut self, _now: Instant) -> Vec<Vec<u8>> {
        let mut datagrams = Vec::new();
        while let Some(output) = self.agent.poll_output() {
            match output {
                Output::Datagram { bytes, .. } => datagrams.push(bytes),
                Output::Event(event) => self.note(event),
                Output::Connection { .. } | Output::Resolve { .. } => {}
            }
        }
        datagrams
    }

    fn note(&mut self, event: Event) {
        let text = |answer: Vec<u8>| String::from_utf8(answer).unwrap();
        self.told.push(match event {
            Event::Invited { dialog, to, .. } => {
                self.dialog = Some(dialog);
                Told::Invited(to)
            }
            Event::Ringing { .. } => Told::Ringing,
            Event::Answered { .. } => Told::Answered,
            Event::OfferAccepted { answer, .. } => Told::OfferAccepted(text(answer)),
            Event::OfferRefused { status, .. } => Told::OfferRefused(status),
            Event::Ended { how, .. } => Told::Ended(how),
            Event::EarlyAnswer { .. }
            | Event::Acknowledged { .. }
            | Event::Offered { .. }
            | Event::OfferWanted { .. }
            | Event::Refreshed { .. }
            | Event::Pressed { .. }
            | Event::LateAnswer { .. }
            | Event::Unusable { .. }
            | Event::Registered(_)
            | Event::Limited { .. }
            | Event::LoginFailed { .. } => return,
        });
    }
}
