//! Players on the leg of a held participant during an announcement and after a removal.

use confab_conference::{Key, Update};
use confab_media::{Player, Source};
use confab_switchboard::{Output, Reply, Request};
use confab_terms::{CallSid, LegId};

use crate::harness::{World, audio, document};

const VOICE: &str = "http://app.example/voice";
const HOLD: &str = "http://app.example/hold";
const ANNOUNCED: &str = "http://app.example/announced";
const AFTER: &str = "http://app.example/after";

/// Returns two calls in a conference that requests announcement events. A call that leaves
/// continues at `/after`.
fn two() -> (World, Vec<CallSid>, LegId) {
    let mut world = World::with_voice();
    for _ in 0..2 {
        world.call("x");
        let dial = "<Dial action=\"/after\"><Conference statusCallback=\"/events\" \
            statusCallbackEvent=\"announcement\">Room</Conference></Dial>";
        world.answer(VOICE, document(dial));
    }
    let participants = world.participants();
    let sids = participants.iter().map(|view| view.state.call).collect();
    (world, sids, participants[0].state.leg)
}

fn hold(url: Option<&str>) -> Update {
    Update {
        hold: Some(true),
        hold_url: url.map(str::to_owned),
        ..Update::default()
    }
}

fn sources(players: &[Player]) -> Vec<Source> {
    players.iter().map(|player| player.source).collect()
}

/// Returns true if the last decoded sound is released.
fn is_released(world: &World) -> bool {
    let mut log = world.log.iter().rev();
    let decoded = log.find_map(|output| match output {
        Output::Decode { decode, .. } => Some(*decode),
        _ => None,
    });
    let decode = decoded.expect("a sound");
    world.log.contains(&Output::ReleaseSound { decode })
}

#[test]
fn announcement_plays_over_the_hold_music_which_goes_on_where_it_is() {
    for url in [None, Some(HOLD)] {
        let (mut world, sids, leg) = two();
        world.updated(sids[0], hold(url));
        if url.is_some() {
            world.answer(HOLD, audio());
            world.seconds(1);
        }
        let [music] = world.players(leg)[..] else {
            panic!("{:?}", world.players(leg));
        };
        let update = Update {
            announce_url: Some(ANNOUNCED.to_owned()),
            ..Update::default()
        };
        world.updated(sids[0], update);
        world.answer(ANNOUNCED, audio());
        world.tick();
        let [
            below,
            Player {
                source: Source::Sound(_),
                repeats: false,
                ..
            },
        ] = world.players(leg)[..]
        else {
            panic!("{:?}", world.players(leg));
        };
        assert_eq!((below.player, below.source), (music.player, music.source));
        assert!(world.participants()[0].state.hold);
        assert!(world.heard().is_empty(), "it hears nobody, and nobody it");
        world.seconds(2);
        assert_eq!(world.events(), ["announcement-end"]);
        let [after] = world.players(leg)[..] else {
            panic!("{:?}", world.players(leg));
        };
        assert_eq!((after.player, after.source), (music.player, music.source));
        // The sound lasts a second, so its position wraps.
        let advances = after.position > below.position && below.position > music.position;
        assert!(advances || url.is_some(), "{music:?} {below:?} {after:?}");
    }
}

#[test]
fn hold_music_of_a_removed_participant_ends() {
    for url in [None, Some(HOLD)] {
        let (mut world, sids, leg) = two();
        world.updated(sids[0], hold(url));
        if url.is_some() {
            world.answer(HOLD, audio());
        }
        world.tick();
        let music = world.players(leg);
        assert_eq!(music.len(), 1);
        let conference = world.conference();
        let key = Key::Call(sids[0]);
        let reply = world.ask(Request::RemoveParticipant { conference, key });
        assert_eq!(reply, Reply::Removed);
        // The call continues with the action of `<Dial>`.
        assert_eq!(world.players(leg), []);
        world.answer(AFTER, document("<Pause length=\"9\"/>"));
        world.seconds(2);
        let silent = |source: &Source| matches!(source, Source::Silence { .. });
        let plays = sources(&world.players(leg));
        assert!(plays.iter().all(silent), "{plays:?}");
        assert!(url.is_none() || is_released(&world));
        assert_eq!(world.calls_ended, []);
    }
}

#[test]
fn audio_for_a_hold_that_comes_after_the_removal_is_not_played() {
    let (mut world, sids, leg) = two();
    world.updated(sids[0], hold(Some(HOLD)));
    let fetch = world.fetches[0].fetch;
    let conference = world.conference();
    let key = Key::Call(sids[0]);
    world.ask(Request::RemoveParticipant { conference, key });
    let canceled = |output: &Output| *output == Output::CancelFetch { fetch };
    assert!(world.log.iter().any(canceled), "the fetch goes on");
    world.answer(HOLD, audio());
    world.seconds(1);
    assert_eq!(world.players(leg), []);
}
