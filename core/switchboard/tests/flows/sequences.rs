//! Random sequences of actions: the events of a conference are numbered from 1 without gaps and
//! limited to the requested ones. Each participant's join precedes the leave.

use std::collections::{BTreeMap, BTreeSet};

use confab_conference::{Key, Target, Update};
use confab_media::Event;
use confab_switchboard::{CallUpdate, EndWish, NextDocument, Reply, Request};
use confab_terms::CallSid;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::test_runner::Config;
use proptest::{prop_assert, prop_assert_eq, proptest};

use crate::harness::{World, document};

const WORDS: [(&str, &[&str]); 9] = [
    ("start", &["conference-start"]),
    ("end", &["conference-end"]),
    ("join", &["participant-join"]),
    ("leave", &["participant-leave"]),
    ("mute", &["participant-mute", "participant-unmute"]),
    ("hold", &["participant-hold", "participant-unhold"]),
    ("modify", &["participant-modify"]),
    (
        "speaker",
        &["participant-speech-start", "participant-speech-stop"],
    ),
    ("announcement", &["announcement-end", "announcement-fail"]),
];

/// Action; a number selects a present call.
#[derive(Clone, Debug)]
enum Step {
    Joins,
    HangsUp(usize),
    Muted(usize, bool),
    Held(usize, bool),
    Coaches(usize, usize),
    Speaks(usize, bool),
    Announced(usize),
    SentElsewhere(usize),
    ComesBack(usize),
    Ended(usize),
    Removed(usize),
    Completed,
    Time,
}

fn step() -> impl Strategy<Value = Step> {
    let who = 0..8_usize;
    prop_oneof![
        4 => proptest::strategy::Just(Step::Joins),
        1 => who.clone().prop_map(Step::HangsUp),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, is)| Step::Muted(who, is)),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, is)| Step::Held(who, is)),
        2 => (who.clone(), who.clone()).prop_map(|(who, whom)| Step::Coaches(who, whom)),
        2 => (who.clone(), any::<bool>()).prop_map(|(who, is)| Step::Speaks(who, is)),
        1 => who.clone().prop_map(Step::Announced),
        1 => who.clone().prop_map(Step::SentElsewhere),
        1 => who.clone().prop_map(Step::ComesBack),
        1 => who.clone().prop_map(Step::Ended),
        1 => who.prop_map(Step::Removed),
        1 => proptest::strategy::Just(Step::Completed),
        1 => proptest::strategy::Just(Step::Time),
    ]
}

struct Play {
    world: World,
    calls: Vec<CallSid>,
    document: String,
}

impl Play {
    fn new(words: &[bool]) -> Self {
        let asked: Vec<_> = WORDS.iter().zip(words).filter(|(_, is)| **is).collect();
        let asked: Vec<_> = asked.iter().map(|((word, _), _)| *word).collect();
        let events = asked.join(" ");
        let document = format!(
            "<Dial><Conference statusCallback=\"http://app.example/events\" \
             statusCallbackEvent=\"{events}\" eventCallbackUrl=\"http://app.example/over\">Room\
             </Conference></Dial><Pause length=\"600\"/>"
        );
        Self {
            world: World::with_voice(),
            calls: Vec::new(),
            document,
        }
    }

    fn call(&self, who: usize) -> Option<CallSid> {
        let count = self.calls.len();
        (count > 0).then(|| self.calls[who % count])
    }

    fn happens(&mut self, step: &Step) -> Option<()> {
        // A queued announcement is requested after the previous one.
        let announce = "http://app.example/announce";
        while self.world.fetches.iter().any(|f| f.url == announce) {
            self.world.answer(announce, document("<Say>x</Say>"));
        }
        match *step {
            Step::Joins => {
                self.world.call("x");
                self.calls.push(self.world.call_asked());
                let document = document(&self.document);
                self.world.answer("http://app.example/voice", document);
            }
            Step::HangsUp(who) => {
                let phone = (!self.calls.is_empty()).then(|| who % self.calls.len())?;
                let now = self.world.now;
                self.world.phones[phone].hang_up(now);
                self.world.poll_phone(phone);
            }
            Step::Muted(who, muted) => self.update(who, |update| update.muted = Some(muted))?,
            Step::Held(who, hold) => self.update(who, |update| update.hold = Some(hold))?,
            Step::Coaches(who, whom) => {
                let target = self.call(whom).map(Target::Call);
                self.update(who, |update| update.call_sid_to_coach = target)?;
            }
            Step::Speaks(who, speaks) => {
                let call = self.call(who)?;
                let conference = self.world.conferences().first()?.sid;
                let list = Request::ListParticipants { conference };
                let Reply::Participants(views) = self.world.ask(list) else {
                    return None;
                };
                let leg = views.iter().find(|view| view.state.call == call)?.state.leg;
                self.world.media(Event::Speech { leg, speaks });
            }
            Step::Announced(who) => {
                let url = "http://app.example/announce".to_owned();
                self.update(who, |update| update.announce_url = Some(url))?;
            }
            Step::SentElsewhere(who) => self.inline(who, "<Pause length=\"600\"/>")?,
            Step::ComesBack(who) => {
                let document = self.document.clone();
                self.inline(who, &document)?;
            }
            Step::Ended(who) => {
                let end = Some(EndWish::Completed);
                self.call_update(
                    who,
                    CallUpdate {
                        end,
                        ..CallUpdate::default()
                    },
                )?;
            }
            Step::Removed(who) => {
                let key = Key::Call(self.call(who)?);
                let conference = self.world.conferences().first()?.sid;
                self.world
                    .ask(Request::RemoveParticipant { conference, key });
            }
            Step::Completed => {
                let conference = self.world.conferences().first()?.sid;
                self.world.ask(Request::UpdateConference {
                    conference,
                    complete: true,
                    announce: None,
                });
            }
            Step::Time => self.world.seconds(1),
        }
        Some(())
    }

    /// Updates a participant. Returns `None` without a participant and after a refusal.
    fn update(&mut self, who: usize, change: impl FnOnce(&mut Update)) -> Option<()> {
        let key = Key::Call(self.call(who)?);
        let conference = self.world.conferences().first()?.sid;
        let mut update = Update::default();
        change(&mut update);
        let reply = self.world.ask(Request::UpdateParticipant {
            conference,
            key,
            update,
        });
        matches!(reply, Reply::Participant { .. }).then_some(())
    }

    fn inline(&mut self, who: usize, verbs: &str) -> Option<()> {
        let text = format!("<Response>{verbs}</Response>");
        let next = Some(NextDocument::Inline(text));
        self.call_update(
            who,
            CallUpdate {
                next,
                ..CallUpdate::default()
            },
        )
    }

    fn call_update(&mut self, who: usize, update: CallUpdate) -> Option<()> {
        let call = self.call(who)?;
        self.world.ask(Request::UpdateCall { call, update });
        Some(())
    }
}

proptest! {
    #![proptest_config(Config { cases: 96, failure_persistence: None, ..Config::default() })]

    #[test]
    fn events_are_numbered_without_a_gap(
        words in vec(any::<bool>(), WORDS.len()),
        steps in vec(step(), 1..40),
    ) {
        let mut play = Play::new(&words);
        for step in &steps {
            play.happens(step);
        }
        let asked = WORDS.iter().zip(&words).filter(|(_, is)| **is);
        let asked = asked.flat_map(|((_, events), _)| events.iter().copied());
        let asked: BTreeSet<&str> = asked.collect();
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        let (mut inside, mut speaking) = (BTreeSet::new(), BTreeSet::new());
        for callback in &play.world.callbacks {
            let conference = callback.field("ConferenceSid").to_owned();
            let number: u64 = callback.field("SequenceNumber").parse().unwrap();
            let event = callback.field("StatusCallbackEvent").to_owned();
            let before = last.get(&conference).copied().unwrap_or(0);
            let is_copy = callback.url.ends_with("/over");
            if is_copy {
                // The conference-end to `eventCallbackUrl` has the number of the conference-end to
                // the status callback, if the latter was requested.
                prop_assert_eq!(&event, "conference-end");
                let told = u64::from(!asked.contains("conference-end"));
                prop_assert_eq!(number, before + told);
            } else {
                prop_assert_eq!(number, before + 1);
                prop_assert!(asked.contains(event.as_str()), "{} was not asked for", event);
            }
            last.insert(conference.clone(), number);
            let who = (conference, callback.field("CallSid").to_owned());
            let failed = callback.field("ReasonParticipantLeft") == "participant_add_failed";
            if event == "participant-leave" {
                prop_assert!(!speaking.contains(&who), "left without an end of its speech");
            }
            match event.as_str() {
                "participant-speech-start" => prop_assert!(speaking.insert(who)),
                "participant-speech-stop" => prop_assert!(speaking.remove(&who)),
                "participant-join" if asked.contains("participant-leave") => {
                    prop_assert!(inside.insert(who));
                }
                "participant-leave" if asked.contains("participant-join") => {
                    prop_assert!(inside.remove(&who) || failed);
                }
                _ => {}
            }
        }
    }
}
