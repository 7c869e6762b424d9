//! Random walks: with any inputs in any order, rules and room agree, and no state is left.

use std::time::Duration;

use confab_conference::{Key, Target, Update, Url};
use confab_media::Event;
use confab_switchboard::{
    CallUpdate, EndWish, FetchKind, Fetched, Input, NextDocument, Refusal, Reply, Request,
};
use confab_terms::{AudioId, CallSid, Digit, FetchId, LegId, Method, PlayerId, RoomId};

use crate::harness::{Answer, World, audio, document, failing};

/// Small pseudo-random generator (xorshift), reproducible by seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn maybe(&mut self) -> bool {
        self.roll(2) == 0
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let sides = u64::try_from(of.len()).unwrap();
        (sides > 0).then(|| of[usize::try_from(self.roll(sides)).unwrap()].clone())
    }
}

const EVERYTHING: &str = "statusCallback=\"/e\" \
    statusCallbackEvent=\"start end join leave mute hold modify announcement\"";

/// Returns a random document; most documents join a conference.
fn a_document(dice: &mut Dice) -> String {
    match dice.roll(16) {
        0..=6 => {
            format!("<Dial action=\"/after\"><Conference {EVERYTHING}>Room</Conference></Dial>")
        }
        7 => format!(
            "<Play>a.wav</Play><Dial><Conference {EVERYTHING} waitUrl=\"/wait\">Room</Conference>\
             </Dial><Say>x</Say>"
        ),
        8 => format!(
            "<Dial hangupOnStar=\"true\" timeLimit=\"3\"><Conference {EVERYTHING} \
             endConferenceOnExit=\"true\">Other</Conference></Dial><Redirect>/again</Redirect>"
        ),
        9 => "<Dial><Conference maxParticipants=\"2\" participantLabel=\"x\">Room</Conference>\
              </Dial>"
            .to_owned(),
        10 => "<Play loop=\"0\">b.wav</Play>".to_owned(),
        11 => "<Say>one</Say><Pause/><Play>c.wav</Play>".to_owned(),
        12 => "<Redirect>/more</Redirect>".to_owned(),
        13 => "<Pause/><Reject/>".to_owned(),
        14 => "<Hangup/>".to_owned(),
        _ => String::new(),
    }
}

/// Returns random content of a HoldUrl, WaitUrl or AnnounceUrl.
fn a_sound(dice: &mut Dice) -> Answer {
    match dice.roll(5) {
        0 => document("<Play>m.wav</Play><Pause/>"),
        1 => document("<Say>music</Say>"),
        2 => document("<Dial/>"),
        _ => audio(),
    }
}

fn update(dice: &mut Dice, calls: &[CallSid]) -> Update {
    let mut update = Update::default();
    if dice.maybe() {
        update.muted = Some(dice.maybe());
    }
    if dice.maybe() {
        update.hold = Some(dice.maybe());
        update.hold_url = dice
            .one(&[None, Some(String::new()), Some(url("hold"))])
            .flatten();
    }
    if dice.roll(3) == 0 {
        update.coaching = Some(dice.maybe());
        update.call_sid_to_coach = dice.one(calls).map(Target::Call);
    }
    if dice.roll(3) == 0 {
        update.announce_url = Some(url("announce"));
    }
    if dice.roll(4) == 0 {
        update.wait_url = Some(url("wait"));
        update.end_conference_on_exit = Some(dice.maybe());
    }
    update
}

fn url(path: &str) -> String {
    format!("http://app.example/{path}")
}

/// Returns (conference, call, leg) of all participants.
fn seated(world: &mut World) -> Vec<(confab_terms::ConferenceSid, CallSid, LegId)> {
    let mut all = Vec::new();
    for view in world.conferences() {
        let conference = view.sid;
        if let Reply::Participants(views) = world.ask(Request::ListParticipants { conference }) {
            all.extend(
                views
                    .iter()
                    .map(|v| (conference, v.state.call, v.state.leg)),
            );
        }
    }
    all
}

fn step(world: &mut World, dice: &mut Dice) {
    match dice.roll(18) {
        0 | 1 | 16 if world.phones.len() < 12 => {
            world.call("x");
        }
        2 => {
            let phones: Vec<usize> = (0..world.phones.len()).collect();
            if let Some(phone) = dice.one(&phones) {
                let now = world.now;
                world.phones[phone].hang_up(now);
                world.poll_phone(phone);
            }
        }
        3..=6 | 17 => answer(world, dice),
        7 | 8 => {
            if let Some(leg) = world.legs_wanted.pop() {
                world.open(leg);
            }
        }
        9 => {
            if let Some(decode) = world.decodes_wanted.pop() {
                let is_audio = dice.roll(4) > 0;
                world.decode(decode, is_audio);
            }
        }
        10..=12 => ask(world, dice),
        13 => nonsense(world, dice),
        _ => {
            let ms = dice.one(&[1, 20, 100, 500, 1_000, 3_000]).unwrap_or(1);
            world.run(Duration::from_millis(ms));
        }
    }
}

fn answer(world: &mut World, dice: &mut Dice) {
    let asked: Vec<_> = world
        .fetches
        .iter()
        .map(|f| (f.url.clone(), f.kind))
        .collect();
    let Some((url, kind)) = dice.one(&asked) else {
        return;
    };
    let result = match (dice.roll(8), kind) {
        (0, _) => failing(11217),
        (1, _) | (_, FetchKind::Audio) => audio(),
        (_, FetchKind::Document) => document(&a_document(dice)),
        (_, FetchKind::DocumentOrAudio) => a_sound(dice),
    };
    world.answer(&url, result);
}

fn ask(world: &mut World, dice: &mut Dice) {
    let all = seated(world);
    let calls: Vec<CallSid> = all.iter().map(|(_, call, _)| *call).collect();
    let Some((conference, call, leg)) = dice.one(&all) else {
        return;
    };
    let key = Key::Call(call);
    let what = match dice.roll(9) {
        3 => update_of_call(dice, call),
        0 => Request::RemoveParticipant { conference, key },
        1 => Request::UpdateConference {
            conference,
            complete: dice.roll(3) == 0,
            announce: Some(Url {
                url: url("all"),
                method: Method::Post,
            }),
        },
        2 => {
            let digit = Digit('*');
            return world.media(Event::Digit { leg, digit });
        }
        _ => Request::UpdateParticipant {
            conference,
            key,
            update: update(dice, &calls),
        },
    };
    world.begin_ask(what);
}

fn update_of_call(dice: &mut Dice, call: CallSid) -> Request {
    let next = match dice.roll(4) {
        0 => None,
        1 => Some(NextDocument::From(Url {
            url: url("next"),
            method: Method::Get,
        })),
        _ => {
            let verbs = a_document(dice);
            let text = format!("<Response>{verbs}</Response>");
            Some(NextDocument::Inline(text))
        }
    };
    let end = match (&next, dice.roll(2)) {
        (Some(_), _) => None,
        (None, 0) => Some(EndWish::Canceled),
        (None, _) => Some(EndWish::Completed),
    };
    let update = CallUpdate {
        end,
        next,
        ..CallUpdate::default()
    };
    Request::UpdateCall { call, update }
}

/// Sends a random response without a request.
fn nonsense(world: &mut World, dice: &mut Dice) {
    let number = dice.roll(200);
    let fetched = Fetched::Audio {
        audio: AudioId(number),
    };
    match dice.roll(4) {
        0 => world.input(Input::LegOpened {
            leg: LegId(number),
            port: None,
        }),
        1 => world.input(Input::Fetched {
            fetch: FetchId(1_000_000 + number),
            result: Ok(fetched),
            cookies: Vec::new(),
        }),
        2 => world.media(Event::PlayerEnded {
            leg: LegId(number),
            player: PlayerId(1_000_000 + number),
        }),
        _ => world.media(Event::Applied {
            room: RoomId(1_000_000 + number),
            number: 1,
            tick: 1,
        }),
    }
}

fn walk(seed: u64) -> World {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut world = World::with_voice();
    world.slow = true;
    world.restore_every = Some(1 + dice.roll(40));
    for _ in 0..250 {
        step(&mut world, &mut dice);
        for view in world.conferences() {
            let conference = view.sid;
            let reply = world.ask(Request::TellAudibility { conference });
            assert!(
                !matches!(reply, Reply::Refused(Refusal::Disagreement { .. })),
                "seed {seed}: {reply:?}"
            );
        }
    }
    world.input(Input::HangUpAll);
    // Every pending request gets a response eventually.
    while let Some(fetch) = world.fetches.first() {
        let url = fetch.url.clone();
        world.answer(&url, failing(11200));
    }
    while let Some(decode) = world.decodes_wanted.pop() {
        world.decode(decode, true);
    }
    world.nothing_is_left();
    let counters = world.board.counters();
    assert_eq!(counters.disagreements, 0, "seed {seed}");
    let ended = u64::try_from(world.calls_ended.len()).unwrap();
    assert_eq!(
        ended, counters.calls_total,
        "seed {seed}: each call ends once"
    );
    gapless(&world, seed);
    world
}

/// Asserts that the events of each conference are numbered from 1 without gaps.
fn gapless(world: &World, seed: u64) {
    let mut last = std::collections::BTreeMap::new();
    for callback in &world.callbacks {
        let number: u64 = callback.field("SequenceNumber").parse().unwrap();
        let before = last.insert(callback.field("ConferenceSid").to_owned(), number);
        assert_eq!(number, before.unwrap_or(0) + 1, "seed {seed}");
    }
}

#[test]
fn whatever_comes_in_whatever_order_nothing_is_left() {
    let mut seen = std::collections::BTreeMap::new();
    for seed in 1..=seeds() {
        let world = walk(seed);
        let counters = world.board.counters();
        let conferences = world.conferences_ended.len();
        for (what, count) in [
            ("calls", counters.calls_total),
            ("conferences ended", u64::try_from(conferences).unwrap()),
            ("callbacks", counters.callbacks),
            ("notices", counters.notices),
            ("stale answers", counters.stale_answers),
            ("said", u64::try_from(world.said.len()).unwrap()),
        ] {
            *seen.entry(what).or_insert(0) += count;
        }
        for event in world.events() {
            *seen
                .entry(EVENTS.iter().find(|e| **e == event).unwrap())
                .or_insert(0) += 1;
        }
    }
    // The walks must cover every event.
    assert_eq!(seen.len(), 6 + EVENTS.len(), "{seen:?}");
    assert!(seen.values().all(|count| *count > 0), "{seen:?}");
}

const EVENTS: [&str; 11] = [
    "conference-start",
    "conference-end",
    "participant-join",
    "participant-leave",
    "participant-mute",
    "participant-unmute",
    "participant-hold",
    "participant-unhold",
    "participant-modify",
    "announcement-end",
    "announcement-fail",
];

/// Returns the number of walks, set by `CONFAB_SEEDS`.
fn seeds() -> u64 {
    let wished = std::env::var("CONFAB_SEEDS").ok();
    wished.and_then(|seeds| seeds.parse().ok()).unwrap_or(150)
}
