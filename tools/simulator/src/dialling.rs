//! Outbound calls: the API creates a call, a phone rings, and its user answers, rejects, lets it
//! ring, or reboots the phone.

use core::time::Duration;

use confab_conference::Url;
use confab_sdp::{Direction, Local};
use confab_sip::DialogId;
use confab_switchboard::{CallCallback, NewCall, NextDocument, Output, Refusal, Reply, Request};
use confab_terms::{DigitString, Method};

use crate::application::Brings;
use crate::documents;
use crate::outcome::Checked;
use crate::phone::{Line, Phone, Rings};
use crate::questions::{Expects, refused};
use crate::queue::Arrival;
use crate::tally::Kind;
use crate::world::{CALL_EVENTS, World, calls_url};

/// Reaction of a user to a ringing phone.
#[derive(Clone, Copy)]
pub(crate) enum Decision {
    PicksUp,
    Refuses(u16),
    WalksOff,
}

impl World {
    /// Sends `POST …/Calls`.
    pub(crate) fn dial(&mut self) -> Checked {
        let is_idle = |phone: &Phone| phone.line.is_none() && phone.rings.is_none();
        let idle: Vec<usize> = (0..self.phones.len())
            .filter(|at| is_idle(&self.phones[*at]))
            .collect();
        let any = self.script.index(self.phones.len());
        let at = match self.script.chance(100) {
            true => any,
            false => self.script.pick(&idle).copied().unwrap_or(any),
        };
        let number = self.books.dialled.next_number();
        let phone = &self.phones[at];
        let transport = if phone.streams { ";transport=tcp" } else { "" };
        let to = match self.script.weighted(&[800, 150, 50]) {
            0 => format!("sip:o{number}@{}{transport}", phone.home()),
            // Routed through the first trunk.
            1 => format!("+{number}"),
            _ => format!("sip:o{number}@nowhere.example"),
        };
        let nobody = to.ends_with("nowhere.example");
        let (first, brings) = self.first_document();
        let rings = Duration::from_millis(self.script.between(1_000, 6_000));
        let keys = self.script.chance(250).then_some("w7W8#");
        let send_digits = keys.and_then(|keys| DigitString::parse(keys, keys.len()));
        let request = self.question(Expects::Anything);
        let wish = NewCall {
            to,
            from: "+4912345".to_owned(),
            first,
            fallback: None,
            status_callback: Some(CallCallback::new(calls_url(), CALL_EVENTS.to_vec())),
            rings,
            record: None,
            send_digits,
            caller_id: None,
            time_limit: None,
            credentials: None,
        };
        let outputs = self.handled(request, Request::CreateCall(Box::new(wish)))?;
        self.tally.count(match nobody {
            true => Kind::DialNobody,
            false => Kind::Dial,
        });
        match refused(&outputs, request) {
            Some(Refusal::NobodyToCall(_)) if nobody => return self.carry_out_all(outputs),
            Some(Refusal::Busy) if self.drained => return self.carry_out_all(outputs),
            Some(refusal) => return Err(format!("call {number} is refused with {refusal}")),
            None if nobody => return Err(format!("call {number} to nobody is taken up")),
            None => {}
        }
        self.begins(number, rings, brings, &outputs)?;
        self.carry_out_all(outputs)
    }

    /// Records an outbound call; its SID and its leg exist from the start.
    fn begins(
        &mut self,
        number: u64,
        rings: Duration,
        brings: Option<Brings>,
        outputs: &[Output],
    ) -> Checked {
        let call = outputs.iter().find_map(|output| match output {
            Output::Reply {
                reply: Reply::Call(view),
                ..
            } => Some(view.sid),
            _ => None,
        });
        let leg = outputs.iter().find_map(|output| match output {
            Output::OpenLeg { leg, .. } => Some(*leg),
            _ => None,
        });
        let Some((call, leg)) = call.zip(leg) else {
            return Err(format!("call {number} has no sid or no leg: {outputs:?}"));
        };
        self.books.know_call(call, "");
        self.books.dialled.begins(self.now, number, call, rings);
        self.oracle.link(call, leg)?;
        self.oracle.comes(call, brings);
        Ok(())
    }

    fn first_document(&mut self) -> (NextDocument, Option<Brings>) {
        if self.script.coin() {
            let url = "http://app.example/voice".to_owned();
            let method = Method::Post;
            return (NextDocument::From(Url { url, method }), None);
        }
        let (body, brings) = documents::of_call(&mut self.script, None, false);
        (NextDocument::Inline(body), brings)
    }

    /// Handles an INVITE at a phone.
    pub(crate) fn rings(
        &mut self,
        at: usize,
        dialog: DialogId,
        to_user: &str,
        offer: Vec<u8>,
    ) -> Checked {
        let number = to_user.trim_start_matches(['o', '+']).parse().unwrap_or(0);
        let phone = &mut self.phones[at];
        if phone.line.is_some() || phone.rings.is_some() || self.closing {
            self.books.dialled.refuses(number, 486);
            phone.agent.reject(self.now, dialog, 486);
            return Ok(());
        }
        phone.rings = Some(Rings {
            dialog,
            number,
            offer,
        });
        let dice = &mut self.ringing;
        if !dice.chance(100) {
            phone.agent.ring(self.now, dialog);
        }
        let statuses = [486, 600, 480, 403, 404, 503, 603];
        let decision = match dice.weighted(&[550, 170, 60, 120]) {
            0 => Decision::PicksUp,
            1 => Decision::Refuses(*dice.pick(&statuses).unwrap_or(&486)),
            2 => Decision::WalksOff,
            _ => {
                self.tally.count(Kind::RingsOn);
                return Ok(());
            }
        };
        // Some decisions come as late as the ring timeout of the caller.
        let ms = *dice.pick(&[50, 1_500, 6_500]).unwrap_or(&50);
        let after = Duration::from_micros(dice.below(ms * 1_000));
        let arrival = Arrival::Decided {
            phone: at,
            dialog,
            decision,
        };
        self.queue.push(self.now + after, arrival);
        Ok(())
    }

    pub(crate) fn decided(&mut self, at: usize, dialog: DialogId, decision: Decision) -> Checked {
        let phone = &mut self.phones[at];
        let Some(rings) = phone.rings.take_if(|rings| rings.dialog == dialog) else {
            return Ok(());
        };
        match decision {
            Decision::PicksUp => return self.picks_up(at, &rings),
            Decision::Refuses(status) => {
                self.tally.count(Kind::DialRefused);
                self.books.dialled.refuses(rings.number, status);
                phone.agent.reject(self.now, dialog, status);
            }
            Decision::WalksOff => {
                self.tally.count(Kind::WalksOff);
                let seed = self.seed;
                self.streams_vanish(at);
                self.phones[at].reboot(seed);
                return Ok(());
            }
        }
        self.poll_phone(at)
    }

    fn picks_up(&mut self, at: usize, rings: &Rings) -> Checked {
        self.tally.count(Kind::PicksUp);
        let text = String::from_utf8_lossy(&rings.offer);
        let Some(leg) = self.ports.leg_of(&text) else {
            return Err(format!(
                "phone {at} is offered a port that is not open: {text}"
            ));
        };
        let phone = &mut self.phones[at];
        let public = phone.public_host();
        let local = Local {
            srtp: None,
            address: phone.sdp_host(),
            rtp_port: 40_000 + 2 * self.ringing.below(1_000) as u16,
            session_id: 1_000_000 + rings.number,
            version: 1,
            codecs: vec![phone.codec],
            numbers: confab_sdp::PayloadNumbers::default(),
        };
        // The answer has the phone's only codec.
        let answer = confab_sdp::offer(&local, Direction::SendRecv);
        phone.agent.answer(self.now, rings.dialog, answer);
        let mut line = Line::new(rings.dialog, (local, public), &mut self.ringing);
        line.leg = Some(leg);
        phone.line = Some(line);
        if let Some(here) = self.ports.legs.get_mut(&leg) {
            here.phone = Some(at);
            here.voice = Some(phone.number);
        }
        self.poll_phone(at)
    }
}
