//! A user agent that is sent anything: each answer that it sends to a sound request is itself
//! sound, few things come of one datagram, and once time has passed nothing is left.

use confab_sip::message::{Message, parse};
use confab_sip::{Config, DialogId, Event, Framed, Output, UserAgent};
use confab_terms::{Instant, SocketAddr};

const SDP: &[u8] = b"v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
    m=audio 20000 RTP/AVP 0\r\n";
/// Of one datagram: an answer, what it ends, what the application says to it.
const OUTPUTS_MAX: usize = 16;
/// Deadlines until all has died down.
const DEADLINES_MAX: usize = 2_000;

pub(crate) fn run(datagram: &[u8], framed: &[Framed]) {
    let mut desk = Desk::new();
    desk.take(datagram);
    for one in framed {
        if let Framed::Message(bytes)
        | Framed::Broken {
            message: Some(bytes),
        } = one
        {
            desk.take(bytes);
        }
    }
    desk.close();
}

struct Desk {
    agent: UserAgent,
    now: Instant,
    dialogs: Vec<DialogId>,
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap_or_else(|_| unreachable!("an address"))
}

impl Desk {
    fn new() -> Self {
        let config = Config {
            address: address("127.0.0.1:5060"),
            product: "confab".into(),
            seed: [7; 32],
        };
        Self {
            agent: UserAgent::new(config),
            now: Instant(1_000_000_000),
            dialogs: Vec::new(),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.now.0 += 1_000_000;
        let message = parse(bytes);
        self.agent
            .handle(self.now, address("127.0.0.2:5060"), bytes);
        self.drain(matches!(message, Ok(Message::Request(_))));
    }

    /// Does what an application would; `sound`: what is sent must be.
    fn drain(&mut self, sound: bool) {
        let mut outputs = 0;
        while let Some(output) = self.agent.poll_output() {
            outputs += 1;
            assert!(outputs <= OUTPUTS_MAX, "too much comes of it: {output:?}");
            match output {
                Output::Datagram { bytes, .. } if sound => {
                    let told = parse(&bytes);
                    assert!(told.is_ok(), "{told:?}: {}", bytes.escape_ascii());
                }
                Output::Datagram { .. } => {}
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
            Event::Offered { dialog, offer } if offer.len() % 2 == 0 => {
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
            self.drain(false);
        }
        for _ in 0..DEADLINES_MAX {
            let Some(deadline) = self.agent.next_deadline() else {
                break;
            };
            self.now = self.now.max(deadline);
            self.agent.handle_deadline(self.now);
            self.drain(false);
        }
        assert_eq!(self.agent.leftovers(), (0, 0, 0), "never dies down");
    }
}
