//! Phone without its thread: a user agent, its sockets, the audio to send and the received packets.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use confab_sdp::{Direction, Local};
use confab_sip::{Config, DialogId, Event, Invite, Output, UserAgent};
use confab_sockets::{Batch, Pair, Udp, random_seed};
use confab_terms::Instant;

use crate::PhoneConfig;
use crate::machine::LATE;
use crate::order::LineOrder;
use crate::secrecy::{self, Secrecy};
use crate::speech::{Coding, Speech};
use crate::state::{Shared, State};
use crate::streams::Streams;
use crate::tape::Packet;

/// Duration of a frame.
const TICK: Duration = Duration::from_millis(20);

/// Negotiated media.
struct Media {
    remote: SocketAddr,
    coding: Coding,
    direction: Direction,
}

/// Phone with one call.
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) sip: Udp,
    pub(crate) pair: Pair,
    streams: Streams,
    pub(crate) shared: Arc<Shared>,
    agent: UserAgent,
    dialog: DialogId,
    local: Local,
    /// Direction of the phone's last offer.
    offered: Direction,
    media: Option<Media>,
    secrecy: Secrecy,
    speech: Speech,
    next_tick: Instant,
    pub(crate) forgotten: bool,
    /// True if the sockets are to be closed at once.
    pub(crate) vanished: bool,
}

impl Line {
    /// Binds the sockets, and prepares the INVITE.
    pub(crate) fn new(id: u64, config: &PhoneConfig, pair: Pair, now: Instant) -> io::Result<Self> {
        let sip = Udp::bind(SocketAddr::new(config.local, 0))?;
        pair.rtp.note_arrivals();
        let seed = random_seed();
        let mut agent = UserAgent::new(Config {
            address: sip.local()?,
            // No socket listens there: requests to the phone arrive on the connection of its call.
            tls_port: Some(sip.local()?.port()),
            product: String::new(),
            seed,
        });
        let speech_seed = random_seed();
        let local = Local {
            address: config.local,
            rtp_port: pair.port,
            session_id: u64::from(u32::from_be_bytes([seed[0], seed[1], seed[2], seed[3]])),
            version: 1,
            srtp: secrecy::keys(config.srtp),
            codecs: config.codecs.clone(),
            numbers: confab_sdp::PayloadNumbers::default(),
        };
        let invite = Invite {
            to: config.callee_uri(),
            from: config.caller_uri(),
            from_name: config.from_name.clone(),
            via: Some(config.server),
            offer: confab_sdp::offer(&local, Direction::SendRecv),
            headers: config.headers.clone(),
        };
        let dialog = agent.invite(now, invite);
        Ok(Self {
            id,
            sip,
            pair,
            streams: Streams::new(config.believes.clone()),
            shared: Arc::new(Shared::new()),
            agent,
            dialog,
            local,
            offered: Direction::SendRecv,
            media: None,
            secrecy: Secrecy::default(),
            speech: Speech::new(config.voice.clone(), &speech_seed),
            next_tick: now + TICK,
            forgotten: false,
            vanished: false,
        })
    }

    /// Returns the time at which `run_timers` is to be called next.
    pub(crate) fn next_deadline(&self) -> Instant {
        self.agent
            .next_deadline()
            .map_or(self.next_tick, |at| at.min(self.next_tick))
    }

    /// Returns whether the phone can be dropped: the call has ended, and no transaction is left.
    pub(crate) fn is_over(&self) -> bool {
        let quiet = self.agent.leftovers() == (0, 0, 0);
        quiet && matches!(self.shared.look().state, State::Ended(_))
    }

    pub(crate) fn obey(&mut self, now: Instant, order: LineOrder) {
        match order {
            LineOrder::HangUp => self.agent.hang_up(now, self.dialog),
            LineOrder::Hold => self.reoffer(now, Direction::SendOnly),
            LineOrder::Resume => self.reoffer(now, Direction::SendRecv),
            LineOrder::Say(voice) => self.speech.say(voice),
            LineOrder::Press(digits) => self.speech.press(&digits),
            LineOrder::Vanish => {
                self.vanished = true;
                return;
            }
            LineOrder::Forget => {
                self.agent.hang_up(now, self.dialog);
                self.forgotten = true;
            }
        }
        self.carry_out(now);
    }

    /// Returns whether the next packet is late by at least `LATE`.
    pub(crate) fn is_late(&self, now: Instant) -> bool {
        now.saturating_since(self.next_tick) >= LATE
    }

    /// Reads the SIP socket.
    pub(crate) fn read_sip(&mut self, now: Instant, batch: &mut Batch) {
        while batch.receive(&self.sip) > 0 {
            for datagram in batch.datagrams() {
                self.agent.handle(now, datagram.from, datagram.bytes);
            }
            self.carry_out(now);
        }
    }

    /// Reads the RTP socket.
    pub(crate) fn read_rtp(&mut self, batch: &mut Batch) {
        let coding = self.media.as_ref().map(|media| media.coding);
        let agreed = coding.map(|coding| (coding.payload_type, coding.codec));
        while batch.receive(&self.pair.rtp) > 0 {
            let secrecy = &mut self.secrecy;
            let packets = batch.datagrams().filter_map(|datagram| {
                let clear = secrecy.open(datagram.bytes)?;
                Packet::parse(datagram.arrived, &clear, agreed)
            });
            self.shared
                .change(|seen| packets.for_each(|packet| seen.tape.keep(packet)));
        }
    }

    /// Sends audio if a frame is due, and runs the timers of SIP.
    pub(crate) fn run_timers(&mut self, now: Instant, scratch: &mut Batch) {
        for (connection, event) in self.streams.look() {
            self.agent.handle_connection(now, connection, event);
            self.carry_out(now);
        }
        if self.agent.next_deadline().is_some_and(|at| at <= now) {
            self.agent.handle_deadline(now);
            self.carry_out(now);
        }
        while self.next_tick <= now {
            self.next_tick += TICK;
            self.speak();
            // RTCP is read only to keep the queue short.
            scratch.receive(&self.pair.rtcp);
        }
    }

    fn speak(&mut self) {
        let Some(media) = &self.media else { return };
        if matches!(media.direction, Direction::RecvOnly | Direction::Inactive) {
            return;
        }
        let Some(packet) = self.speech.next(media.coding) else {
            return;
        };
        let Some(packet) = self.secrecy.seal(packet) else {
            return;
        };
        if self.pair.rtp.send_to(&packet, media.remote) {
            self.shared.look().sent += 1;
        }
    }

    fn reoffer(&mut self, now: Instant, direction: Direction) {
        self.local.version += 1;
        self.offered = direction;
        let offer = confab_sdp::offer(&self.local, direction);
        self.agent.reoffer(now, self.dialog, offer);
    }

    /// Sends the output of the user agent, and handles its events.
    pub(crate) fn carry_out(&mut self, now: Instant) {
        self.note_place();
        while let Some(output) = self.agent.poll_output() {
            match output {
                Output::Datagram { to, bytes } => {
                    self.sip.send_to(&bytes, to);
                }
                Output::Connection { connection, order } => self.streams.obey(connection, order),
                // Calls and responses use addresses: no name is resolved.
                Output::Resolve { lookup, .. } => self.agent.handle_resolved(now, lookup, &[]),
                Output::Event(event) => self.take(now, event),
            }
        }
    }

    fn take(&mut self, now: Instant, event: Event) {
        match event {
            // The phone only makes calls: an incoming call is rejected as busy.
            Event::Invited { dialog, .. } => self.agent.reject(now, dialog, 486),
            Event::Acknowledged { .. }
            | Event::LateAnswer { .. }
            | Event::Pressed { .. }
            | Event::Refreshed { .. }
            | Event::Unusable { .. }
            | Event::Registered(_)
            | Event::Limited { .. }
            | Event::LoginFailed { .. } => {}
            // The phone makes and answers offers, but makes none on demand.
            Event::OfferWanted { dialog } => self.agent.refuse_offer(now, dialog, 488),
            Event::Offered { dialog, offer, .. } => self.take_offer(now, dialog, &offer),
            Event::Ringing { .. } => self.become_state(State::Ringing),
            // Not answered yet, but a tone or an announcement may be audible.
            Event::EarlyAnswer { answer, .. } => {
                self.agree(&answer);
            }
            Event::Answered { answer, .. } => {
                if self.agree(&answer) {
                    self.become_state(State::Talking);
                } else {
                    self.agent.hang_up(now, self.dialog);
                }
            }
            Event::OfferAccepted { answer, .. } => {
                self.agree(&answer);
                let holding = matches!(self.offered, Direction::SendOnly);
                self.shared.change(|seen| {
                    seen.offers_answered += 1;
                    seen.state = if holding {
                        State::Holding
                    } else {
                        State::Talking
                    };
                });
            }
            Event::OfferRefused { status, .. } => self.shared.change(|seen| {
                seen.offers_answered += 1;
                seen.last_refusal = Some(status);
            }),
            Event::Ended { dialog, how } if dialog == self.dialog => {
                self.media = None;
                self.become_state(State::Ended(how));
            }
            Event::Ended { .. } => {}
        }
    }

    /// Stores the value of `Replaces` with which another phone takes this call over.
    fn note_place(&self) {
        let place = self.agent.replaces(self.dialog);
        if self.shared.look().place != place {
            self.shared.change(|seen| seen.place = place);
        }
    }

    fn become_state(&self, state: State) {
        self.shared.change(|seen| seen.state = state);
    }

    fn take_offer(&mut self, now: Instant, dialog: DialogId, offer: &[u8]) {
        self.local.version += 1;
        let answered = confab_sdp::parse(offer)
            .ok()
            .and_then(|offer| confab_sdp::answer(&offer, &self.local).ok());
        let Some((answer, agreed)) = answered else {
            self.agent.refuse_offer(now, dialog, 488);
            return;
        };
        self.set_media(&agreed);
        self.agent.accept_offer(now, dialog, answer);
        self.shared.change(|seen| seen.offers_taken += 1);
    }

    fn agree(&mut self, answer: &[u8]) -> bool {
        let agreed = confab_sdp::parse(answer)
            .ok()
            .and_then(|answer| confab_sdp::agree(&self.local, &answer).ok());
        if let Some(agreed) = &agreed {
            self.set_media(agreed);
        }
        agreed.is_some()
    }

    fn set_media(&mut self, agreed: &confab_sdp::Agreed) {
        self.secrecy.agree(agreed.srtp);
        let encrypted = agreed.srtp.is_some();
        self.shared.change(|seen| seen.encrypted = encrypted);
        self.media = Some(Media {
            remote: agreed.remote_rtp,
            coding: Coding {
                codec: agreed.codec,
                payload_type: agreed.payload_type,
                digits: agreed
                    .digits_payload_type
                    .map(|number| (number, agreed.digits_clock_rate)),
            },
            direction: agreed.direction,
        });
    }
}
