//! Requests to the REST API, each with its expected response.

use confab_conference::{Key, Update};
use confab_switchboard::{Input, Output, Refusal, Reply, Request};
use confab_terms::{CallSid, ConferenceSid, Instant, LegId, RequestId, RoomId};

use crate::oracle::{Person, Picture, Verdict};
use crate::outcome::Checked;
use crate::world::World;

/// Pending request with the expected response.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) asked_at: Instant,
    pub(crate) expects: Expects,
}

#[derive(Debug)]
pub(crate) enum Expects {
    /// Any response.
    Anything,
    /// The updated participant, and the room and number of the change that applies it.
    Updated(Option<Person>, Option<(RoomId, u64)>),
    /// The participant, unchanged.
    Participant(Person),
    Removed,
    Seated(Picture),
    Audibility(Picture),
}

impl World {
    pub(crate) fn ask(&mut self, what: Request) -> Checked {
        let expects = self.expects(&what);
        let request = self.question(expects);
        self.input(Input::Asked { request, what })
    }

    pub(crate) fn question(&mut self, expects: Expects) -> RequestId {
        self.books.asked += 1;
        let request = RequestId(self.books.asked);
        let asked_at = self.now;
        self.books
            .questions
            .insert(request, Question { asked_at, expects });
        request
    }

    fn expects(&self, what: &Request) -> Expects {
        let picture = |sid: &ConferenceSid| {
            let room = self.oracle.rooms.get(&self.oracle.of_sid(*sid)?)?;
            (!room.over).then(|| room.now.clone())
        };
        let expects = match what {
            Request::ListParticipants { conference } => picture(conference).map(Expects::Seated),
            Request::TellAudibility { conference } => picture(conference).map(Expects::Audibility),
            Request::FetchParticipant {
                conference,
                key: Key::Call(call),
            } => picture(conference).and_then(|picture| {
                let leg = self.oracle.leg_of.get(call)?;
                Some(Expects::Participant(picture.person(*leg)?.clone()))
            }),
            _ => None,
        };
        expects.unwrap_or(Expects::Anything)
    }

    /// Sends an update of a participant, and checks its effects against the oracle's expectation.
    pub(crate) fn ask_update(
        &mut self,
        conference: ConferenceSid,
        key: Key,
        call: CallSid,
        update: Update,
    ) -> Checked {
        let room = self.oracle.of_sid(conference);
        let verdict = self.oracle.judge(room, call, &update);
        if update.hold_url.is_some() {
            self.books.hold_urls.insert(call);
        }
        let request = self.question(Expects::Anything);
        let what = Request::UpdateParticipant {
            conference,
            key,
            update,
        };
        let outputs = self.handled(request, what)?;
        let refusal = refused(&outputs, request);
        let change = change_of(&outputs, room);
        match (&verdict, refusal) {
            (Verdict::Seated(..), Some(refusal)) if !is_busy(refusal) => {
                return Err(format!("refused with {refusal}, though it is right"));
            }
            (_, Some(_)) if change.is_some() => {
                return Err("refused, and the room was told of a change".to_owned());
            }
            (_, Some(_)) => {}
            (Verdict::Refused, None) => return Err("accepted, though it is wrong".to_owned()),
            (Verdict::Expected(_, None), None) => {
                return Err("accepted of one who rings, though it is wrong".to_owned());
            }
            (Verdict::Seated(room, person), None) => {
                self.oracle.accepted(&verdict);
                let expects = Expects::Updated(Some(person.clone()), change.map(|n| (*room, n)));
                self.expect(request, expects);
            }
            (Verdict::Expected(..), None) => {
                self.oracle.accepted(&verdict);
                self.expect(request, Expects::Updated(None, None));
            }
        }
        self.carry_out_all(outputs)
    }

    /// Sends a removal of a participant: it must leave within the same input.
    pub(crate) fn ask_removal(
        &mut self,
        conference: ConferenceSid,
        key: Key,
        call: CallSid,
    ) -> Checked {
        let room = self.oracle.of_sid(conference);
        let leg = self.oracle.leg_of.get(&call).copied();
        let sits = leg.is_some() && leg.and_then(|leg| self.oracle.room_of(leg)) == room;
        let request = self.question(Expects::Removed);
        let outputs = self.handled(request, Request::RemoveParticipant { conference, key })?;
        let refusal = refused(&outputs, request);
        let unseats = outputs.iter().any(|output| unseats(output, leg));
        match (sits, refusal) {
            (true, Some(refusal)) if !is_busy(refusal) => {
                return Err(format!("not removed: {refusal}"));
            }
            (true, None) if !unseats => return Err("removed, and still seated".to_owned()),
            (_, Some(_)) => self.expect(request, Expects::Anything),
            _ => {}
        }
        self.books.fields.removing = sits.then_some(call);
        let carried_out = self.carry_out_all(outputs);
        self.books.fields.removing = None;
        carried_out
    }

    fn expect(&mut self, request: RequestId, expects: Expects) {
        if let Some(question) = self.books.questions.get_mut(&request) {
            question.expects = expects;
        }
    }

    pub(crate) fn handled(
        &mut self,
        request: RequestId,
        what: Request,
    ) -> Result<Vec<Output>, String> {
        let input = Input::Asked { request, what };
        self.trace(|| format!("<- {}", crate::trace::input(&input)));
        self.board.handle(self.both(), input);
        self.restore_board()?;
        let mut outputs = Vec::new();
        while let Some(output) = self.board.poll_output() {
            outputs.push(output);
        }
        Ok(outputs)
    }

    /// Lists the conferences, and the participants of conferences with unlinked calls; links these
    /// calls to their legs.
    pub(crate) fn look(&mut self) -> Checked {
        self.ask(Request::ListConferences)?;
        for (conference, name) in core::mem::take(&mut self.seen) {
            if self.oracle.of_sid(conference).is_some_and(|room| {
                self.oracle.rooms[&room]
                    .now
                    .seated
                    .iter()
                    .all(|person| self.oracle.call_of.contains_key(&person.leg))
            }) {
                continue;
            }
            self.seated_seen.clear();
            self.ask(Request::ListParticipants { conference })?;
            for (call, leg) in core::mem::take(&mut self.seated_seen) {
                self.oracle.link(call, leg)?;
                self.books.know_call(call, "");
                let room = self.oracle.room_of(leg);
                if let Some(room) = room.and_then(|room| self.oracle.rooms.get_mut(&room)) {
                    room.sid = Some(conference);
                    room.name = Some(name.clone());
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn refused(outputs: &[Output], to: RequestId) -> Option<&Refusal> {
    outputs.iter().find_map(|output| match output {
        Output::Reply {
            request,
            reply: Reply::Refused(refusal),
        } if *request == to => Some(refusal),
        _ => None,
    })
}

fn change_of(outputs: &[Output], of: Option<RoomId>) -> Option<u64> {
    outputs.iter().find_map(|output| match output {
        Output::Media {
            command: confab_media::Command::Change { room, number, .. },
            ..
        } if Some(*room) == of => Some(*number),
        _ => None,
    })
}

pub(crate) fn unseats(output: &Output, leg: Option<LegId>) -> bool {
    match output {
        Output::Media {
            command: confab_media::Command::Change { change, .. },
            ..
        } => leg.is_some_and(|leg| change.unseat.contains(&leg)),
        _ => false,
    }
}

pub(crate) fn is_busy(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::Busy | Refusal::Conference(confab_conference::Refusal::TooManyAnnouncements(_))
    )
}
