//! SIP network in both directions, and the reactions of the phones.

use core::time::Duration;

use confab_sdp::Direction;
use confab_sip::{Event, Output};
use confab_switchboard::Input;
use confab_terms::SocketAddr;

use crate::outcome::Checked;
use crate::queue::Arrival;
use crate::tally::Kind;
use crate::weather::Weather;
use crate::world::{World, sip_address};

impl World {
    /// Sends a datagram of a phone or of the switchboard into the network.
    pub(crate) fn network_takes(&mut self, phone: Option<usize>, arrival: Arrival) {
        let own = phone
            .and_then(|at| self.phones.get(at))
            .map(|phone| phone.weather);
        let weather = match self.closing {
            true => Weather::CLEAR,
            false => own.unwrap_or(self.weather),
        };
        if self.network.chance(weather.loss) {
            self.tally.count(Kind::SipLost);
            return;
        }
        if self.network.chance(weather.twice) {
            self.tally.count(Kind::SipTwice);
            let copy = match &arrival {
                Arrival::Datagram { to, bytes } => Some(Arrival::Datagram {
                    to: *to,
                    bytes: bytes.clone(),
                }),
                Arrival::Input(input) => Some(Arrival::Input(input.clone())),
                _ => None,
            };
            if let Some(copy) = copy {
                self.sets_out(weather, copy);
            }
        }
        self.sets_out(weather, arrival);
    }

    fn sets_out(&mut self, weather: Weather, arrival: Arrival) {
        let (delay, late) = weather.delay(&mut self.network);
        if late {
            self.tally.count(Kind::SipOvertaken);
        }
        self.queue.push(self.now + delay, arrival);
    }

    /// Sends a datagram from a phone to the switchboard.
    pub(crate) fn phone_sends(&mut self, at: usize, bytes: Vec<u8>) {
        let from = self.phones[at].address;
        let arrival = Arrival::Input(Input::Datagram { from, bytes });
        self.network_takes(Some(at), arrival);
    }

    pub(crate) fn phone_gets(&mut self, to: SocketAddr, bytes: &[u8]) -> Checked {
        if self
            .phones
            .iter()
            .any(|phone| phone.is_inside(to) && !phone.mutilated)
        {
            let text = String::from_utf8_lossy(bytes);
            return Err(format!("sent to {to}, behind a NAT: {text}"));
        }
        let Some(at) = self.phones.iter().position(|phone| phone.address == to) else {
            return Ok(());
        };
        if bytes.starts_with(b"OPTIONS") {
            self.tally.count(Kind::KeptOpen);
        }
        self.phones[at].agent.handle(self.now, sip_address(), bytes);
        self.poll_phone(at)
    }

    /// Executes the outputs of a phone's user agent.
    pub(crate) fn poll_phone(&mut self, at: usize) -> Checked {
        while let Some(output) = self.phones[at].agent.poll_output() {
            match output {
                Output::Datagram { bytes, .. } => {
                    let phone = &mut self.phones[at];
                    phone.last_any = Some(bytes.clone());
                    if bytes.starts_with(b"INVITE") {
                        phone.last_invite = Some(bytes.clone());
                    } else if bytes.starts_with(b"BYE") {
                        phone.last_bye = Some(bytes.clone());
                    }
                    self.phone_sends(at, bytes);
                }
                Output::Connection { connection, order } => {
                    self.phone_orders(at, connection, order);
                }
                // The phone uses addresses only; names are not resolved.
                Output::Resolve { .. } => {}
                Output::Event(event) => self.phone_told(at, event)?,
            }
        }
        Ok(())
    }

    fn phone_told(&mut self, at: usize, event: Event) -> Checked {
        self.trace(|| {
            format!("   phone {at}: {event:?}")
                .chars()
                .take(200)
                .collect()
        });
        let phone = &mut self.phones[at];
        let line = phone.line.as_mut();
        match event {
            Event::Answered { dialog, answer } => {
                if line.is_some_and(|line| line.dialog == dialog) {
                    return self.answered(at, &answer);
                }
            }
            Event::OfferAccepted { dialog, answer } => {
                if let Some(line) = line.filter(|line| line.dialog == dialog) {
                    line.offering = false;
                    line.agreed = (line.direction, line.local.rtp_port);
                    line.agreed_mapping = line.mapping;
                    let wanted = line.direction.mirrored().attribute();
                    let text = String::from_utf8_lossy(&answer).into_owned();
                    if !text.contains(&format!("a={wanted}")) {
                        return Err(format!("offered {:?}, answered {text}", line.direction));
                    }
                }
            }
            Event::OfferRefused { dialog, .. } => {
                if let Some(line) = line.filter(|line| line.dialog == dialog) {
                    line.offering = false;
                    (line.direction, line.local.rtp_port) = line.agreed;
                    line.mapping = line.agreed_mapping;
                }
            }
            Event::Ended { dialog, .. } => {
                if line.is_some_and(|line| line.dialog == dialog) {
                    phone.line = None;
                }
                phone.rings.take_if(|rings| rings.dialog == dialog);
            }
            Event::Invited {
                dialog,
                to_user,
                offer,
                ..
            } => return self.rings(at, dialog, &to_user, offer),
            Event::Ringing { .. }
            | Event::EarlyAnswer { .. }
            | Event::Acknowledged { .. }
            | Event::Offered { .. }
            | Event::OfferWanted { .. }
            | Event::Refreshed { .. }
            | Event::Pressed { .. }
            | Event::LateAnswer { .. }
            | Event::Unusable { .. }
            | Event::Registered(_)
            | Event::Limited { .. }
            | Event::LoginFailed { .. } => {}
        }
        Ok(())
    }

    /// Links a call to its leg by the switchboard's 200 of an INVITE.
    pub(crate) fn tap(&mut self, bytes: &[u8]) -> Checked {
        let text = String::from_utf8_lossy(bytes);
        self.ports.named(&text);
        if !text.starts_with("SIP/2.0 200") {
            return Ok(());
        }
        let number = between(&text, "<sip:c", "@phones.example").and_then(|n| n.parse().ok());
        let call = number.and_then(|number: u64| self.books.call_of_number.get(&number));
        match (call, self.ports.leg_of(&text)) {
            (Some(call), Some(leg)) => self.oracle.link(*call, leg),
            _ => Ok(()),
        }
    }

    /// Handles the answer of a phone's call: its RTP goes to the port in the SDP.
    fn answered(&mut self, at: usize, answer: &[u8]) -> Checked {
        let text = String::from_utf8_lossy(answer);
        let Some(leg) = self.ports.leg_of(&text) else {
            return Err(format!(
                "phone {at} is answered with a port that is not open: {text}"
            ));
        };
        let local = self.phones[at].line.as_ref().map(|line| line.local.clone());
        if let Some(local) = local {
            self.check_keys(leg, &local, answer)?;
        }
        let phone = &mut self.phones[at];
        let Some(line) = &mut phone.line else {
            return Ok(());
        };
        line.leg = Some(leg);
        if let Some(here) = self.ports.legs.get_mut(&leg) {
            here.phone = Some(at);
            here.voice = Some(phone.number);
        }
        if self.script.chance(150) {
            self.tally.count(Kind::ReinviteAtOnce);
            self.reoffer(at, Direction::SendRecv);
        }
        Ok(())
    }

    /// Sends a new offer, unless one is pending.
    pub(crate) fn reoffer(&mut self, at: usize, direction: Direction) -> bool {
        let phone = &mut self.phones[at];
        let Some(line) = phone
            .line
            .as_mut()
            .filter(|line| line.leg.is_some() && !line.offering)
        else {
            return false;
        };
        line.offering = true;
        line.direction = direction;
        line.local.version += 1;
        // A NAT may have changed the port of the RTP.
        line.mapping += 1;
        let dialog = line.dialog;
        if let Some(offer) = phone.offer(direction) {
            phone.agent.reoffer(self.now, dialog, offer);
        }
        true
    }

    /// Sends a message that no phone would send.
    pub(crate) fn stray(&mut self, at: usize, bytes: Vec<u8>) {
        let from = self.phones[at].address;
        let delay = Duration::from_micros(self.network.below(20_000));
        let arrival = Arrival::Input(Input::Datagram { from, bytes });
        self.queue.push(self.now + delay, arrival);
    }
}

pub(crate) fn port_of(text: &str) -> Option<u16> {
    between(text, "m=audio ", " ")?.parse().ok()
}

/// Returns the session id of a session description.
pub(crate) fn session_of(text: &str) -> Option<&str> {
    between(text, "o=- ", " ")
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(inside, _)| inside)
}
