//! User agent with any input, in datagrams and on a connection. Each response to a valid request is
//! valid, outputs per message are limited, and no state is left after some time.

use confab_sip::message::{Message, parse};
use confab_sip::{
    Config, ConnectionEvent, ConnectionId, ConnectionOrder, DialogId, Event, Framed, Output,
    Target, Transport, UserAgent,
};
use confab_terms::{Instant, SocketAddr};

const SDP: &[u8] = b"v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
    m=audio 20000 RTP/AVP 0\r\n";
/// Maximum number of outputs per message: a response, ended transactions, decisions of the
/// application.
const OUTPUTS_MAX: usize = 24;
/// Maximum number of deadlines until no state is left.
const DEADLINES_MAX: usize = 4_000;
/// Connection of the caller.
const CONNECTION: ConnectionId = ConnectionId::Theirs(1);

pub(crate) fn run(bytes: &[u8], framed: &[Framed]) {
    let mut desk = Desk::new();
    desk.datagram(bytes);
    for one in framed {
        if let Framed::Message(message)
        | Framed::Broken {
            message: Some(message),
        } = one
        {
            desk.datagram(message);
        }
    }
    desk.close();
    let mut desk = Desk::new();
    let peer = address("127.0.0.2:40000");
    desk.connection(ConnectionEvent::Opened {
        peer,
        transport: Transport::Tcp,
    });
    for piece in bytes.chunks(1 + bytes.len() / 2) {
        let bytes = piece.to_vec();
        desk.connection(ConnectionEvent::Received { bytes });
    }
    desk.connection(ConnectionEvent::Closed);
    desk.close();
}

struct Desk {
    agent: UserAgent,
    now: Instant,
    dialogs: Vec<DialogId>,
    /// Requested connections.
    opening: Vec<ConnectionId>,
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap_or_else(|_| unreachable!("an address"))
}

impl Desk {
    fn new() -> Self {
        let config = Config {
            address: address("127.0.0.1:5060"),
            tls_port: None,
            product: "confab".into(),
            seed: [7; 32],
        };
        Self {
            agent: UserAgent::new(config),
            now: Instant(1_000_000_000),
            dialogs: Vec::new(),
            opening: Vec::new(),
        }
    }

    fn datagram(&mut self, bytes: &[u8]) {
        self.now.0 += 1_000_000;
        let message = parse(bytes);
        let from = address("127.0.0.2:5060");
        self.agent.handle(self.now, from, bytes);
        let sound = matches!(message, Ok(Message::Request(_)));
        self.drain(sound, OUTPUTS_MAX);
    }

    /// Passes an event of a connection; a piece may contain many messages.
    fn connection(&mut self, event: ConnectionEvent) {
        self.now.0 += 1_000_000;
        self.agent.handle_connection(self.now, CONNECTION, event);
        self.drain(false, 100 * OUTPUTS_MAX);
    }

    /// Executes outputs as an application and its network; `sound`: sent messages must be valid.
    fn drain(&mut self, sound: bool, outputs_max: usize) {
        let mut outputs = 0;
        while let Some(output) = self.agent.poll_output() {
            outputs += 1;
            assert!(outputs <= outputs_max, "too much comes of it: {output:?}");
            match output {
                Output::Datagram { bytes, .. } if sound => {
                    let told = parse(&bytes);
                    assert!(told.is_ok(), "{told:?}: {}", bytes.escape_ascii());
                }
                Output::Connection {
                    connection,
                    order: ConnectionOrder::Open { .. },
                } => self.opening.push(connection),
                Output::Datagram { .. } | Output::Connection { .. } => {}
                Output::Resolve { lookup, .. } => {
                    let found = [Target::plain(address("127.0.0.3:5060"))];
                    self.agent.handle_resolved(self.now, lookup, &found);
                }
                Output::Event(event) => self.decide(event),
            }
        }
    }

    fn decide(&mut self, event: Event) {
        let (now, agent) = (self.now, &mut self.agent);
        match event {
            Event::Invited {
                dialog, to_user, ..
            } => {
                self.dialogs.push(dialog);
                agent.ring(now, dialog);
                match to_user.len() % 3 {
                    0 => agent.reject(now, dialog, 486),
                    1 => agent.answer(now, dialog, SDP.to_vec()),
                    _ => {}
                }
            }
            Event::Offered { dialog, offer, .. } if offer.len() % 2 == 0 => {
                agent.accept_offer(now, dialog, SDP.to_vec());
            }
            Event::Offered { dialog, .. } => agent.refuse_offer(now, dialog, 488),
            Event::OfferWanted { dialog } => agent.accept_offer(now, dialog, SDP.to_vec()),
            _ => {}
        }
    }

    fn close(&mut self) {
        for dialog in std::mem::take(&mut self.dialogs) {
            self.agent.hang_up(self.now, dialog);
            self.agent.reject(self.now, dialog, 480);
            self.drain(false, OUTPUTS_MAX);
        }
        for _ in 0..DEADLINES_MAX {
            // All connections fail.
            for connection in std::mem::take(&mut self.opening) {
                let closed = ConnectionEvent::Closed;
                self.agent.handle_connection(self.now, connection, closed);
                self.drain(false, OUTPUTS_MAX);
            }
            let Some(deadline) = self.agent.next_deadline() else {
                break;
            };
            self.now = self.now.max(deadline);
            self.agent.handle_deadline(self.now);
            self.drain(false, OUTPUTS_MAX);
        }
        assert_eq!(self.agent.leftovers(), (0, 0, 0), "never dies down");
        assert_eq!(self.agent.connections(), 0, "a connection is left");
    }
}
