//! Script of a run: selects and executes one action at a time, by the dice of the script.

use core::time::Duration;

use confab_rtp::DigitSender;
use confab_sdp::{Direction, Local};
use confab_sip::Invite;
use confab_switchboard::Input;
use confab_terms::Digit;

use crate::outcome::Checked;
use crate::phone::Line;
use crate::queue::Arrival;
use crate::secrecy::keys_of;
use crate::stray::{late_cancel, mutilated, options, stray_invite, with_new_branch};
use crate::tally::Kind;
use crate::world::{World, sip_address};

const LEGS_MIN: u64 = 4;

impl World {
    pub(crate) fn act(&mut self) -> Checked {
        self.acts += 1;
        let early = self.acts <= self.phones.len() as u64;
        let at = self.script.index(self.phones.len());
        if early || (self.legs_so_far() < LEGS_MIN && self.script.chance(900)) {
            return self.someone_calls();
        }
        // Order: inbound call, hangup, offer, DTMF, stray message, packet of a stranger, API
        // request, server event, outbound call.
        match self.script.weighted(&[90, 60, 70, 30, 60, 25, 650, 20, 60]) {
            0 => self.someone_calls(),
            1 => self.ends(at),
            2 => self.offers(at),
            3 => self.keys(at),
            4 => self.strays(at),
            5 => self.strangers(),
            6 => self.api(),
            7 => self.machine(),
            _ => self.dial(),
        }
    }

    /// Starts a call from an idle phone. If no phone is idle, hangs up a call while the run has too
    /// few legs; else sends an API request.
    fn someone_calls(&mut self) -> Checked {
        let idle: Vec<usize> = (0..self.phones.len())
            .filter(|at| self.phones[*at].line.is_none() && self.phones[*at].rings.is_none())
            .collect();
        let Some(&at) = self.script.pick(&idle) else {
            let busy = (0..self.phones.len()).filter(|at| self.phones[*at].line.is_some());
            let busy: Vec<usize> = busy.collect();
            if self.legs_so_far() < LEGS_MIN
                && let Some(&at) = self.script.pick(&busy)
            {
                return self.ends(at);
            }
            return self.api();
        };
        self.tally.count(Kind::Call);
        self.calls_made += 1;
        let number = self.calls_made;
        let phone = &mut self.phones[at];
        let public = phone.public_host();
        let local = Local {
            address: phone.sdp_host(),
            rtp_port: 30_000 + 2 * self.script.below(1_000) as u16,
            session_id: number,
            version: 1,
            srtp: keys_of(phone, self.seed, number),
            codecs: vec![phone.codec],
            numbers: confab_sdp::PayloadNumbers::default(),
        };
        let offer = confab_sdp::offer(&local, Direction::SendRecv);
        let user = ["Anna", "Boris", "Clara"][self.script.weighted(&[6, 2, 1])];
        let transport = if phone.streams { ";transport=tcp" } else { "" };
        let dialog = phone.agent.invite(
            self.now,
            Invite {
                to: format!("sip:{user}@confab.example{transport}"),
                from: format!("sip:c{number}@phones.example"),
                from_name: None,
                via: Some(sip_address()),
                offer,
                headers: vec![("X-Number".to_owned(), number.to_string())],
            },
        );
        phone.line = Some(Line::new(dialog, (local, public), &mut self.script));
        self.poll_phone(at)
    }

    fn ends(&mut self, at: usize) -> Checked {
        let Some(line) = &self.phones[at].line else {
            return self.someone_calls();
        };
        let (dialog, up) = (line.dialog, line.leg.is_some());
        if up && self.script.chance(150) {
            self.tally.count(Kind::Vanish);
            let seed = self.seed;
            self.streams_vanish(at);
            self.phones[at].reboot(seed);
            return Ok(());
        }
        self.tally
            .count(if up { Kind::HangUp } else { Kind::Cancel });
        let phone = &mut self.phones[at];
        phone.agent.hang_up(self.now, dialog);
        phone.line = None;
        self.poll_phone(at)
    }

    fn offers(&mut self, at: usize) -> Checked {
        let nonsense = self.script.chance(60);
        let moves = self.script.chance(250);
        let Some(line) = &mut self.phones[at].line else {
            return self.someone_calls();
        };
        if line.leg.is_none() || line.offering {
            return self.api();
        }
        let dialog = line.dialog;
        if nonsense {
            self.tally.count(Kind::NonsenseOffer);
            line.offering = true;
            let offer = b"v=0\r\no=- 1 9 IN IP4 10.0.0.9\r\ns=-\r\nt=0 0\r\n".to_vec();
            self.phones[at].agent.reoffer(self.now, dialog, offer);
            return self.poll_phone(at);
        }
        let direction = match line.direction {
            Direction::SendRecv if moves => {
                self.tally.count(Kind::Move);
                line.local.rtp_port += 2_000;
                Direction::SendRecv
            }
            Direction::SendRecv if self.script.chance(700) => {
                self.tally.count(Kind::Hold);
                Direction::SendOnly
            }
            Direction::SendRecv => {
                self.tally.count(Kind::HoldInactive);
                Direction::Inactive
            }
            _ => {
                self.tally.count(Kind::Resume);
                Direction::SendRecv
            }
        };
        self.reoffer(at, direction);
        self.poll_phone(at)
    }

    fn keys(&mut self, at: usize) -> Checked {
        let key = self.script.weighted(&[3, 2, 2, 3]);
        let Some(line) = self.phones[at]
            .line
            .as_mut()
            .filter(|line| line.leg.is_some())
        else {
            return self.api();
        };
        let mouth = &mut line.mouth;
        let kind = match key {
            0 | 1 => {
                let digit = if key == 0 { '*' } else { '5' };
                mouth.digit = DigitSender::new(Digit(digit), mouth.timestamp, 100);
                if key == 0 {
                    Kind::Star
                } else {
                    Kind::OtherDigit
                }
            }
            2 => {
                mouth.talks = false;
                Kind::Silent
            }
            _ => {
                mouth.talks = true;
                Kind::Talks
            }
        };
        self.tally.count(kind);
        Ok(())
    }

    fn strays(&mut self, at: usize) -> Checked {
        let phone = &self.phones[at];
        let (invite, bye) = (phone.last_invite.as_deref(), phone.last_bye.as_deref());
        let dice = &mut self.script;
        let (kind, bytes) = match dice.index(7) {
            0 => (Kind::LateCancel, invite.and_then(late_cancel)),
            1 => (Kind::SecondBye, bye.map(<[u8]>::to_vec)),
            2 => (
                Kind::SecondByeAnew,
                bye.map(|bye| with_new_branch(bye, dice)),
            ),
            3 => {
                let last = phone
                    .last_any
                    .as_deref()
                    .filter(|last| !last.starts_with(b"INVITE"));
                (
                    Kind::MutilatedDatagram,
                    last.map(|last| mutilated(last, dice)),
                )
            }
            4 => (Kind::OptionsAsked, Some(options(phone.address, dice))),
            5 => (
                Kind::StrayInvite,
                invite.map(|invite| stray_invite(invite, dice)),
            ),
            _ => {
                let n = dice.index(400);
                (Kind::JunkDatagram, Some(dice.bytes(n)))
            }
        };
        match bytes {
            Some(bytes) => {
                self.tally.count(kind);
                self.phones[at].mutilated |= kind == Kind::MutilatedDatagram;
                self.stray(at, bytes);
                Ok(())
            }
            None => self.api(),
        }
    }

    fn strangers(&mut self) -> Checked {
        let legs: Vec<_> = self.ports.legs.keys().copied().collect();
        let Some(&leg) = self.script.pick(&legs) else {
            return self.api();
        };
        let here = self.ports.legs.get(&leg);
        let own = here
            .and_then(|here| here.media)
            .map(|media| media.remote_rtp);
        match (self.script.index(3), own) {
            (0, _) | (_, None) => {
                self.tally.count(Kind::Intruder);
                let packets = self.script.between(1, 40);
                self.ports.intrusions.push((leg, packets));
            }
            (which, Some(from)) => {
                let n = self.script.index(60);
                let junk = self.script.bytes(n);
                let component = if which == 1 {
                    self.tally.count(Kind::JunkRtp);
                    confab_media::Component::Rtp
                } else {
                    self.tally.count(Kind::JunkRtcp);
                    confab_media::Component::Rtcp
                };
                // Cut to 11 octets: too short for an audible payload.
                let junk = &junk[..junk.len().min(11)];
                if let Some(thread) = self.ports.thread_of(leg) {
                    let engine = &mut self.threads[thread].engine;
                    engine.receive(self.now, leg, component, from, junk);
                    return self.poll_engine(thread);
                }
            }
        }
        Ok(())
    }

    fn machine(&mut self) -> Checked {
        let late = self.acts * 3 > self.options.inputs as u64 * 2;
        if late && !self.drained && self.script.chance(150) && self.legs_so_far() >= LEGS_MIN {
            self.tally.count(Kind::Drain);
            self.drained = true;
            if self.script.chance(300) {
                let at = self.now + Duration::from_millis(self.script.between(100, 2_000));
                self.tally.count(Kind::HangUpAll);
                self.queue.push(at, Arrival::Input(Input::HangUpAll));
            }
            return self.input(Input::Drain);
        }
        self.tally.count(Kind::ThreadStalls);
        self.stall();
        Ok(())
    }
}
