//! Announcements to one participant and to a whole conference.

use confab_conference::{Key, Refusal as Rule, Update, Url};
use confab_media::{Command, Source};
use confab_switchboard::{Refusal, Reply, Request};
use confab_terms::{CallSid, Method, limits};

use crate::harness::{World, audio, document, failing};

const ONE: &str = "http://app.example/one";
const TWO: &str = "http://app.example/two";
const VOICE: &str = "http://app.example/voice";

/// Returns two calls in a conference that requests announcement events.
fn two() -> (World, Vec<CallSid>) {
    let mut world = World::with_voice();
    for _ in 0..2 {
        world.call("x");
        let dial = "<Dial><Conference statusCallback=\"/events\" \
            statusCallbackEvent=\"announcement\">Room</Conference></Dial>";
        world.answer(VOICE, document(dial));
    }
    let sids = world.sids();
    (world, sids)
}

fn announce(url: &str) -> Update {
    Update {
        announce_url: Some(url.to_owned()),
        ..Update::default()
    }
}

/// Returns the sound of a participant's current announcement.
fn announced(world: &mut World, place: usize) -> Option<Source> {
    let leg = world.participants()[place].state.leg;
    world.players(leg).last().map(|p| p.source)
}

#[test]
fn one_after_the_other_and_each_is_told_at_its_end() {
    let (mut world, sids) = two();
    let (_, tick) = world.updated(sids[0], announce(ONE));
    assert_eq!(tick, None, "who hears whom is as before");
    world.updated(sids[0], announce(TWO));
    assert_eq!(world.fetches.len(), 1, "the second waits");
    assert_eq!(world.fetches[0].method, Method::Post);
    world.answer(ONE, audio());
    assert!(announced(&mut world, 0).is_some());
    assert!(announced(&mut world, 1).is_none());
    assert_eq!(world.heard().len(), 2);
    world.seconds(2);
    assert_eq!(world.events(), ["announcement-end"]);
    assert_eq!(world.callbacks[0].field("AnnounceUrl"), ONE);
    assert_eq!(world.callbacks[0].field("CallSid"), sids[0].to_string());
    world.answer(
        TWO,
        document("<Say>a</Say><Pause length=\"1\"/><Say>b</Say>"),
    );
    world.seconds(4);
    assert_eq!(world.said, ["a", "b"]);
    assert_eq!(world.events().len(), 2);
    assert_eq!(announced(&mut world, 0), None);
}

#[test]
fn what_fails_is_told_and_the_next_one_has_its_turn() {
    let (mut world, sids) = two();
    world.updated(sids[0], announce(ONE));
    world.updated(sids[0], announce(TWO));
    world.answer(ONE, failing(11217));
    assert_eq!(world.events(), ["announcement-fail"]);
    let reason = world.callbacks[0].field("ReasonAnnouncementFailed");
    assert!(reason.contains("11217"), "{reason}");
    assert_eq!(world.notices[0].code, 11217);
    world.answer(TWO, audio());
    assert!(announced(&mut world, 0).is_some());
}

#[test]
fn the_queue_is_bounded_and_says_so() {
    let (mut world, sids) = two();
    for _ in 0..=limits::ANNOUNCEMENTS_MAX {
        world.updated(sids[0], announce(ONE));
    }
    let muted = Update {
        muted: Some(true),
        ..announce(ONE)
    };
    let full = Refusal::Conference(Rule::TooManyAnnouncements(limits::ANNOUNCEMENTS_MAX));
    let reply = world.update(sids[0], muted);
    assert_eq!(reply, Reply::Refused(full.clone()));
    assert!(!world.participants()[0].state.muted);
    // One full queue is enough to refuse an announcement to the whole conference.
    let fetches = world.fetches.len();
    let conference = world.conference();
    let to_all = world.ask(Request::UpdateConference {
        conference,
        complete: false,
        announce: Some(Url {
            url: TWO.to_owned(),
            method: Method::Post,
        }),
    });
    assert_eq!(to_all, Reply::Refused(full));
    assert_eq!(world.fetches.len(), fetches, "nobody is told anything");
    assert!(world.notices.is_empty(), "{:?}", world.notices);
}

#[test]
fn to_all_is_fetched_once_and_told_once() {
    let (mut world, _) = two();
    let conference = world.conference();
    let what = Request::UpdateConference {
        conference,
        complete: false,
        announce: Some(Url {
            url: ONE.to_owned(),
            method: Method::Post,
        }),
    };
    assert!(matches!(world.ask(what), Reply::Conference(_)));
    assert_eq!(world.fetches.len(), 1);
    let fields = &world.fetches[0].fields;
    assert!(
        fields.iter().all(|(name, _)| name != "CallSid"),
        "{fields:?}"
    );
    world.answer(ONE, audio());
    let first = announced(&mut world, 0);
    assert!(first.is_some());
    assert_eq!(first, announced(&mut world, 1), "decoded once");
    world.seconds(2);
    assert_eq!(world.events(), ["announcement-end"]);
    assert_eq!(world.board.leftovers().announcements, 0);
}

#[test]
fn to_all_that_fails_is_told_once() {
    let (mut world, _) = two();
    let conference = world.conference();
    let what = Request::UpdateConference {
        conference,
        complete: false,
        announce: Some(Url {
            url: ONE.to_owned(),
            method: Method::Get,
        }),
    };
    world.ask(what);
    world.answer(ONE, failing(11200));
    assert_eq!(world.events(), ["announcement-fail"]);
    assert_eq!(world.notices.len(), 1);
    assert_eq!(world.board.leftovers().announcements, 0);
}

#[test]
fn it_outlives_a_hold_and_ends_with_the_participant() {
    let (mut world, sids) = two();
    world.updated(sids[0], announce(ONE));
    world.answer(ONE, audio());
    let hold = Update {
        hold: Some(true),
        ..Update::default()
    };
    world.updated(sids[0], hold);
    assert!(matches!(announced(&mut world, 0), Some(Source::Sound(_))));
    let conference = world.conference();
    let key = Key::Call(sids[0]);
    world.commands.clear();
    let reply = world.ask(Request::RemoveParticipant { conference, key });
    assert_eq!(reply, Reply::Removed);
    let ends = |c: &Command| matches!(c, Command::SetAnnouncement { player: None, .. });
    assert!(world.commands.iter().any(ends));
    world.seconds(2);
    assert!(world.events().is_empty(), "it was not heard to its end");
}

/// The second listener still has an earlier announcement when the first has heard the shared one.
#[test]
fn one_to_all_ends_with_the_last_listener_even_if_that_one_leaves() {
    let (mut world, sids) = two();
    let conference = world.conference();
    world.updated(sids[1], announce(TWO));
    world.ask(Request::UpdateConference {
        conference,
        complete: false,
        announce: Some(Url {
            url: ONE.to_owned(),
            method: Method::Post,
        }),
    });
    world.answer(ONE, audio());
    world.seconds(2);
    assert!(world.events().is_empty(), "the second has not heard it yet");
    let key = Key::Call(sids[1]);
    let reply = world.ask(Request::RemoveParticipant { conference, key });
    assert_eq!(reply, Reply::Removed);
    assert_eq!(world.events(), ["announcement-end"]);
    assert_eq!(world.callbacks[0].field("AnnounceUrl"), ONE);
    assert_eq!(world.board.leftovers().announcements, 0);
}

#[test]
fn a_document_to_all_whose_audio_is_gone_fails_once() {
    let (mut world, _) = two();
    let conference = world.conference();
    world.ask(Request::UpdateConference {
        conference,
        complete: false,
        announce: Some(Url {
            url: ONE.to_owned(),
            method: Method::Post,
        }),
    });
    world.answer(ONE, document("<Play>x.wav</Play>"));
    world.answer("http://app.example/x.wav", failing(11217));
    world.answer("http://app.example/x.wav", failing(11217));
    assert_eq!(world.events(), ["announcement-fail"]);
    assert_eq!(world.board.leftovers().announcements, 0);
}

#[test]
fn what_was_announced_before_the_answer_is_heard_after_it() {
    let mut world = World::with_voice();
    world.slow = true;
    world.call("x");
    world.answer(
        VOICE,
        document("<Dial><Conference>Room</Conference></Dial>"),
    );
    let conference = world.conference();
    let call = world.call_asked();
    let reply = world.ask(Request::UpdateParticipant {
        conference,
        key: Key::Call(call),
        update: announce(ONE),
    });
    assert!(matches!(reply, Reply::Participant { .. }), "{reply:?}");
    assert!(world.fetches.is_empty());
    let leg = world.legs_wanted[0];
    world.open(leg);
    assert_eq!(world.fetches[0].url, ONE);
}
