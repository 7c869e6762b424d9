//! Random lives of a conference. A room that receives only the effects must agree with a second
//! implementation of the audibility rule. A coach is heard by its target only; effects are not
//! repeated.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use confab_conference::{
    Because, BeepWish, Conference, Effects, EventKind, Hears, Key, LeaveReason, ParticipantState,
    Settings, Status, Target, Update, Url,
};
use confab_terms::{Audibility, CallSid, ConferenceSid, LegId, Method, Voice, WallTime};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};

const CALLS: u8 = 6;

#[derive(Clone, Debug)]
enum Op {
    Expect(u8, Box<Settings>),
    Seat(u8),
    Leave(u8, LeaveReason),
    HandOver(u8, u8),
    Update(u8, Box<Update>),
    Speaks(u8, bool),
    Announce,
    Complete,
}

fn sid(n: u8) -> CallSid {
    CallSid::from_random(u128::from(n) + 1)
}

fn leg(n: u8) -> LegId {
    LegId(u64::from(n) + 1)
}

fn conference() -> Conference {
    let sid = ConferenceSid::from_random(7);
    Conference::new(sid, "room".into(), &Settings::default(), WallTime(0))
}

fn url() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("https://a/1".into()),
        Just("https://a/2".into())
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let wishes = (
        weighted(0.3, 0..CALLS),
        weighted(0.2, 1_u32..5),
        weighted(0.3, 0..3_u8),
    );
    (flags, wishes).prop_map(
        |((muted, start, end, more), (coach, max, label))| Settings {
            muted,
            coach: coach.map(sid),
            start_conference_on_enter: start,
            end_conference_on_exit: end && more,
            max_participants: max,
            label: label.map(|n| format!("label {n}")),
            ..Settings::default()
        },
    )
}

fn update() -> impl Strategy<Value = Update> {
    let flag = || weighted(0.3, any::<bool>());
    let target = prop_oneof![
        1 => Just(Target::Nobody),
        5 => (0..CALLS).prop_map(|n| Target::Call(sid(n))),
        1 => Just(Target::Unknown("nonsense".into())),
    ];
    let method = weighted(0.2, prop_oneof![Just(Method::Get), Just(Method::Post)]);
    let beep = prop_oneof![
        Just(BeepWish::Both),
        Just(BeepWish::OnExit),
        Just(BeepWish::Never)
    ];
    let flags = (flag(), flag(), flag(), flag(), flag());
    let urls = (
        weighted(0.2, url()),
        weighted(0.2, url()),
        weighted(0.1, url()),
    );
    let others = (weighted(0.3, target), method, weighted(0.1, beep));
    (flags, urls, others).prop_map(|(flags, urls, (target, method, beep))| Update {
        muted: flags.0,
        hold: flags.1,
        hold_url: urls.0,
        hold_method: method,
        coaching: flags.2,
        call_sid_to_coach: target,
        announce_url: urls.2,
        wait_url: urls.1,
        wait_method: method,
        beep,
        beep_on_exit: flags.3,
        end_conference_on_exit: flags.4.map(|yes| yes && flags.0.unwrap_or(false)),
        ..Update::default()
    })
}

fn op() -> impl Strategy<Value = Op> {
    let reason = prop_oneof![
        Just(LeaveReason::HungUp),
        Just(LeaveReason::UpdatedViaApi),
        Just(LeaveReason::AddFailed)
    ];
    prop_oneof![
        20 => (0..CALLS, settings()).prop_map(|(n, s)| Op::Expect(n, Box::new(s))),
        20 => (0..CALLS).prop_map(Op::Seat),
        5 => (0..CALLS, reason).prop_map(|(n, r)| Op::Leave(n, r)),
        5 => (0..CALLS, 0..CALLS).prop_map(|(from, to)| Op::HandOver(from, to)),
        40 => (0..CALLS, update()).prop_map(|(n, u)| Op::Update(n, Box::new(u))),
        10 => (0..CALLS, any::<bool>()).prop_map(|(n, speaks)| Op::Speaks(n, speaks)),
        2 => Just(Op::Announce),
        1 => Just(Op::Complete),
    ]
}

/// Room state derived from effects only.
#[derive(Default)]
struct Room {
    legs: BTreeMap<LegId, Audibility>,
    music: BTreeMap<CallSid, Hears>,
    started: bool,
    ended: bool,
}

impl Room {
    fn apply(&mut self, effects: &Effects) {
        assert!(
            !self.ended || *effects == Effects::default(),
            "nothing follows the end"
        );
        for leg in &effects.unseat {
            assert!(self.legs.remove(leg).is_some());
        }
        for (leg, audibility) in &effects.seat {
            assert!(self.legs.insert(*leg, *audibility).is_none());
        }
        let mut named = BTreeSet::new();
        for (leg, audibility) in &effects.audibility {
            assert!(named.insert(*leg), "one leg named twice");
            let before = self.legs.insert(*leg, *audibility);
            assert!(before.is_some_and(|before| before != *audibility));
        }
        for (call, hears) in &effects.hears {
            let before = self
                .music
                .insert(*call, hears.clone())
                .unwrap_or(Hears::Room);
            assert_ne!(&before, hears, "music is not restarted by itself");
        }
        for (call, _) in &effects.left {
            self.music.remove(call);
        }
        for event in &effects.events {
            self.started |= event.kind == EventKind::Start;
        }
        self.ended |= effects.ended;
    }

    fn hears(&self, l: LegId, s: LegId) -> bool {
        let reaches = match self.legs[&s].voice {
            Voice::ToNobody => false,
            Voice::ToEveryone => true,
            Voice::Only(leg) => leg == l,
        };
        self.legs[&l].hears && reaches
    }
}

/// Returns the audibility as specified.
fn hears(started: bool, l: &ParticipantState, s: &ParticipantState) -> bool {
    started
        && !l.hold
        && !s.hold
        && !s.muted
        && (if s.coaching {
            s.call_sid_to_coach == Some(l.call)
        } else {
            true
        })
}

fn carry_out(conference: &mut Conference, op: &Op, now: WallTime) -> Option<Effects> {
    match op {
        Op::Expect(n, settings) => {
            let settings = Settings::clone(settings);
            conference.expect(sid(*n), leg(*n), settings, now).ok()?;
            Some(Effects::default())
        }
        Op::Seat(n) => conference.seat(sid(*n), now).ok(),
        Op::Leave(n, reason) => Some(conference.leave(sid(*n), *reason, now)),
        Op::HandOver(from, to) => {
            let (from, leg, to) = (sid(*from), leg(*to), sid(*to));
            conference.hand_over(from, to, leg, now).ok()
        }
        Op::Update(n, update) => conference.update(&Key::Call(sid(*n)), update, now).ok(),
        Op::Speaks(n, speaks) => Some(conference.speaks(sid(*n), *speaks)),
        Op::Announce => {
            let url = Url {
                url: "https://a/all".into(),
                method: Method::Post,
            };
            conference.announce(&url, now).ok()
        }
        Op::Complete => conference.complete(now).ok(),
    }
}

proptest! {
    #[test]
    fn effects_are_complete_and_coach_is_audible_to_its_target_only(ops in vec(op(), 1..80)) {
        let mut conference = conference();
        let mut room = Room::default();
        let mut could_start = false;
        for (i, op) in (1_i64..).zip(&ops) {
            let before = conference.clone();
            let effects = carry_out(&mut conference, op, WallTime(i));
            match &effects {
                None => prop_assert_eq!(&conference, &before, "a refusal changed something"),
                Some(effects) => room.apply(effects),
            }
            let bytes = postcard::to_stdvec(&conference).unwrap();
            conference = postcard::from_bytes(&bytes).unwrap();

            let seated: Vec<_> = conference.participants().cloned().collect();
            could_start |= seated.len() >= 2 && seated.iter().any(|p| p.start_conference_on_enter);
            prop_assert_eq!(room.started, could_start);
            prop_assert_eq!(room.ended, conference.status() == Status::Completed);
            prop_assert_eq!(conference.seated(), room.legs.len());
            if room.ended {
                prop_assert!(conference.is_empty() && seated.is_empty());
            }
            for l in &seated {
                let audibility = conference.audibility(l.call);
                prop_assert_eq!(room.legs[&l.leg], audibility, "effects are complete");
                let music = room.music.get(&l.call).cloned().unwrap_or(Hears::Room);
                prop_assert_eq!(music, conference.hears(l.call));
                for s in seated.iter().filter(|s| s.call != l.call) {
                    let heard = room.hears(l.leg, s.leg);
                    prop_assert_eq!(heard, hears(could_start, l, s), "{:?} hears {:?}", l, s);
                    let because = conference.because(l.call, s.call);
                    prop_assert_eq!(heard, because == Because::Heard);
                    if s.coaching && heard {
                        prop_assert_eq!(s.call_sid_to_coach, Some(l.call), "a whisper leaked");
                    }
                }
                // Fail closed: only an update makes a coach an ordinary voice again.
                let sat = match op {
                    Op::HandOver(from, to) if effects.is_some() && sid(*to) == l.call => sid(*from),
                    _ => l.call,
                };
                let was = before.participant(&Key::Call(sat));
                if was.is_ok_and(|was| was.coaching) && !matches!(op, Op::Update(..)) {
                    prop_assert!(l.coaching);
                }
                // A target that is set is seated.
                if let Some(target) = l.call_sid_to_coach {
                    prop_assert!(l.coaching);
                    prop_assert!(seated.iter().any(|p| p.call == target && p.call != l.call));
                }
            }
        }
    }

    #[test]
    fn repeated_update_has_no_effect(
        ops in vec(op(), 1..40), wished in update(), n in 0..CALLS
    ) {
        let mut conference = conference();
        for op in &ops {
            carry_out(&mut conference, op, WallTime(1));
        }
        // These two fields have an effect each time.
        let wished = Update {
            announce_url: None,
            beep: wished.beep.filter(|beep| *beep != BeepWish::Both),
            ..wished
        };
        let key = Key::Call(sid(n));
        if conference.update(&key, &wished, WallTime(2)).is_ok() {
            let after = conference.clone();
            let again = conference.update(&key, &wished, WallTime(3));
            prop_assert_eq!(again, Ok(Effects::default()));
            prop_assert_eq!(conference, after);
        }
    }

    #[test]
    fn every_join_is_sent_once_and_every_leave_after_it(ops in vec(op(), 1..80)) {
        let mut conference = conference();
        let (mut inside, mut speaking) = (BTreeSet::new(), BTreeSet::new());
        let (mut starts, mut ends) = (0, 0);
        for op in &ops {
            for event in carry_out(&mut conference, op, WallTime(1)).unwrap_or_default().events {
                prop_assert_eq!(ends, 0, "conference-end is the last event");
                let of = event.participant.as_ref().map(|p| p.call);
                match event.kind {
                    EventKind::Start => starts += 1,
                    EventKind::End { .. } => ends += 1,
                    EventKind::Join => prop_assert!(inside.insert(of)),
                    EventKind::Leave(reason) => {
                        prop_assert!(inside.remove(&of) || reason == LeaveReason::AddFailed);
                        prop_assert!(!speaking.contains(&of), "what begins ends");
                    }
                    EventKind::SpeechStart => {
                        prop_assert!(inside.contains(&of) && speaking.insert(of));
                        let heard = of.map(|of| conference.audibility(of).voice);
                        prop_assert!(heard != Some(Voice::ToNobody));
                    }
                    EventKind::SpeechStop => prop_assert!(speaking.remove(&of)),
                    _ => prop_assert!(inside.contains(&of), "told of one who is not in"),
                }
            }
        }
        prop_assert!(starts <= 1);
        prop_assert_eq!(inside.len(), conference.seated());
    }
}
