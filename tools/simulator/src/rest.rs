//! Requests of an application to the REST API: updates of each field, invalid values of each kind,
//! removals, lists, and ends of conferences.

use confab_conference::{BeepWish, Key, Target, Update, Url};
use confab_switchboard::Request;
use confab_terms::{CallSid, ConferenceSid, Method};

use crate::outcome::Checked;
use crate::tally::Kind;
use crate::world::World;

impl World {
    pub(crate) fn api(&mut self) -> Checked {
        let live = self.oracle.live();
        let conference = self.script.pick(&live).map(|(sid, _)| *sid);
        let Some(conference) = conference else {
            self.tally.count(Kind::ListConferences);
            return self.ask(Request::ListConferences);
        };
        match self
            .script
            .weighted(&[640, 40, 40, 50, 15, 15, 12, 30, 20, 78, 60])
        {
            0 => self.update(conference),
            1 => {
                let Some((call, _)) = self.someone(conference) else {
                    return self.look();
                };
                self.tally.count(Kind::FetchParticipant);
                let key = Key::Call(call);
                self.ask(Request::FetchParticipant { conference, key })
            }
            2 => {
                self.tally.count(Kind::ListParticipants);
                self.ask(Request::ListParticipants { conference })
            }
            3 => {
                let Some((call, key)) = self.someone(conference) else {
                    return self.look();
                };
                self.tally.count(Kind::Remove);
                self.ask_removal(conference, key, call)
            }
            4 => {
                self.tally.count(Kind::ListConferences);
                self.ask(Request::ListConferences)
            }
            5 => {
                self.tally.count(Kind::FetchConference);
                self.ask(Request::FetchConference { conference })
            }
            6 => {
                self.tally.count(Kind::Complete);
                self.ask(Request::UpdateConference {
                    conference,
                    complete: true,
                    announce: None,
                })
            }
            7 => self.announce_to_all(conference),
            8 => {
                let known = self.books.known_calls();
                let call = self.script.pick(&known).copied();
                let call = call.unwrap_or_else(|| CallSid::from_random(5));
                self.tally.count(Kind::FetchCall);
                self.ask(Request::FetchCall { call })
            }
            9 => {
                self.tally.count(Kind::Audibility);
                self.ask(Request::TellAudibility { conference })
            }
            _ => self.update_call(),
        }
    }

    fn announce_to_all(&mut self, conference: ConferenceSid) -> Checked {
        self.tally.count(Kind::AnnounceToAll);
        let url = "http://app.example/all".to_owned();
        let method = Method::Post;
        self.ask(Request::UpdateConference {
            conference,
            complete: false,
            announce: Some(Url { url, method }),
        })
    }

    /// Returns a random seated participant of this conference, and a key for it.
    fn someone(&mut self, conference: ConferenceSid) -> Option<(CallSid, Key)> {
        let room = self.oracle.rooms.get(&self.oracle.of_sid(conference)?)?;
        let legs: Vec<_> = room.now.seated.iter().map(|person| person.leg).collect();
        let leg = self.script.pick(&legs)?;
        let call = *self.oracle.call_of.get(leg)?;
        let label = self
            .oracle
            .brings
            .get(&call)
            .map(|brings| brings.label.clone());
        match label.filter(|_| self.script.chance(150)) {
            Some(label) => {
                self.tally.count(Kind::ByLabel);
                Some((call, Key::Label(label)))
            }
            None => Some((call, Key::Call(call))),
        }
    }

    fn update(&mut self, conference: ConferenceSid) -> Checked {
        let Some((call, key)) = self.addressed(conference) else {
            return self.look();
        };
        let update = self.wishes(conference, call);
        let conference = if self.script.chance(15) {
            let others: Vec<_> = self.oracle.live().into_iter().collect();
            match others.iter().find(|(sid, _)| *sid != conference) {
                Some((other, _)) => {
                    self.tally.count(Kind::OtherConference);
                    *other
                }
                None => conference,
            }
        } else {
            conference
        };
        self.ask_update(conference, key, call, update)
    }

    fn addressed(&mut self, conference: ConferenceSid) -> Option<(CallSid, Key)> {
        if self.script.chance(60) {
            // A call that rings, is elsewhere, or has ended.
            let known = self.books.known_calls();
            let call = *self.script.pick(&known)?;
            let rings = !self.oracle.leg_of.contains_key(&call) && !self.books.has_ended(call);
            self.tally.count(match rings {
                true => Kind::WhileRinging,
                false => Kind::UnknownParticipant,
            });
            return Some((call, Key::Call(call)));
        }
        self.someone(conference)
    }

    fn wishes(&mut self, conference: ConferenceSid, call: CallSid) -> Update {
        let dice = &mut self.script;
        if dice.chance(15) {
            self.tally.count(Kind::NoFields);
            return Update::default();
        }
        // Most updates have few fields, some have nearly all.
        let much = if dice.chance(60) { 700 } else { 0 };
        let method = |dice: &mut crate::dice::Dice| [Method::Get, Method::Post][dice.index(2)];
        let url = |name: &'static str| {
            move |dice: &mut crate::dice::Dice| match dice.index(8) {
                0 => String::new(),
                n => format!("http://app.example/{name}{}#rt=900", n % 2),
            }
        };
        let hold = dice.maybe(much.max(250), |dice| dice.chance(500));
        let often = if hold == Some(true) { 500 } else { 60 };
        let mut update = Update {
            muted: dice.maybe(much.max(250), |dice| dice.chance(400)),
            hold,
            hold_url: dice.maybe(much.max(often), url("hold")),
            hold_method: dice.maybe(much.max(50), method),
            coaching: dice.maybe(much.max(250), |dice| dice.chance(600)),
            announce_url: dice.maybe(much.max(40), url("announce")),
            announce_method: dice.maybe(much.max(20), method),
            wait_url: dice.maybe(much.max(30), url("wait")),
            wait_method: dice.maybe(much.max(20), method),
            beep: dice.maybe(much.max(40), |dice| {
                let wishes = [
                    BeepWish::Both,
                    BeepWish::Never,
                    BeepWish::OnEnter,
                    BeepWish::OnExit,
                ];
                wishes[dice.index(4)]
            }),
            beep_on_exit: dice.maybe(much.max(30), crate::dice::Dice::coin),
            end_conference_on_exit: dice.maybe(much.max(25), |dice| dice.chance(200)),
            call_sid_to_coach: None,
        };
        let names = update.coaching == Some(true) || dice.chance(120);
        if names && !dice.chance(80) {
            update.call_sid_to_coach = Some(self.target(conference, call));
        }
        self.count_update(&update, call);
        update
    }

    fn target(&mut self, conference: ConferenceSid, call: CallSid) -> Target {
        match self.script.weighted(&[800, 90, 40, 40, 30]) {
            0 => match self.someone(conference) {
                // Another participant in most cases; a second draw may select the same.
                Some((target, _)) if target != call => Target::Call(target),
                _ => match self.someone(conference) {
                    Some((target, _)) => Target::Call(target),
                    None => Target::Nobody,
                },
            },
            1 => Target::Nobody,
            2 => Target::Unknown("somebody".to_owned()),
            3 => Target::Call(call),
            _ => {
                let known = self.books.known_calls();
                let target = self.script.pick(&known).copied();
                Target::Call(target.unwrap_or_else(|| CallSid::from_random(9)))
            }
        }
    }

    fn count_update(&mut self, update: &Update, call: CallSid) {
        let is = |set: bool, kind: Kind| set.then_some(kind);
        let target = update.call_sid_to_coach.as_ref();
        let named = matches!(target, Some(Target::Call(_)));
        let fields = [
            update.muted.is_some(),
            update.hold.is_some(),
            update.hold_url.is_some(),
            update.coaching.is_some(),
            target.is_some(),
            update.announce_url.is_some(),
            update.wait_url.is_some(),
            update.beep.is_some(),
            update.beep_on_exit.is_some(),
            update.end_conference_on_exit.is_some(),
        ];
        let many = fields.iter().filter(|set| **set).count() >= 5;
        let known = |of: &CallSid| self.oracle.leg_of.contains_key(of);
        let wrong = match target {
            Some(Target::Call(target)) => *target != call && !known(target),
            Some(Target::Unknown(_)) => true,
            Some(Target::Nobody) | None => false,
        };
        let silent = update.hold_url.as_deref() == Some("");
        for kind in [
            is(update.muted == Some(true), Kind::Mute),
            is(update.muted == Some(false), Kind::Unmute),
            is(update.hold == Some(true), Kind::HoldOn),
            is(update.hold == Some(false), Kind::HoldOff),
            is(update.hold_url.is_some() && !silent, Kind::HoldUrl),
            is(silent, Kind::SilentHold),
            is(update.coaching == Some(true) && named, Kind::Coach),
            is(
                update.coaching == Some(true) && target.is_none(),
                Kind::CoachAlone,
            ),
            is(update.coaching == Some(false), Kind::Barge),
            is(update.coaching.is_none() && named, Kind::Target),
            is(target == Some(&Target::Nobody), Kind::NoTarget),
            is(wrong, Kind::WrongTarget),
            is(target == Some(&Target::Call(call)), Kind::SelfTarget),
            is(update.announce_url.is_some(), Kind::Announce),
            is(update.wait_url.is_some(), Kind::WaitUrl),
            is(update.beep.is_some(), Kind::BeepAsked),
            is(update.beep_on_exit.is_some(), Kind::BeepOnExit),
            is(update.end_conference_on_exit.is_some(), Kind::EndOnExit),
            is(many, Kind::ManyFields),
        ]
        .into_iter()
        .flatten()
        {
            self.tally.count(kind);
        }
    }
}
