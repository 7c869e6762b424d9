//! Hold and wait music: content, timing, and late responses.

use std::time::Duration;

use confab_conference::Update;
use confab_media::{Player, Source};
use confab_switchboard::FetchKind;
use confab_terms::{CallSid, Method};

use crate::harness::{World, audio, document, failing};

const HOLD: &str = "http://app.example/hold.wav";

fn two() -> (World, Vec<CallSid>) {
    let mut world = World::new();
    world.call("room");
    world.call("room");
    let sids = world.sids();
    (world, sids)
}

fn held(url: Option<&str>) -> Update {
    Update {
        hold: Some(true),
        hold_url: url.map(str::to_owned),
        ..Update::default()
    }
}

fn released() -> Update {
    Update {
        hold: Some(false),
        ..Update::default()
    }
}

/// Returns the player of the first participant.
fn player(world: &mut World) -> Option<Player> {
    let leg = world.participants()[0].state.leg;
    let players: Vec<Player> = world.players(leg);
    assert!(players.len() <= 1, "{players:?}");
    players.first().copied()
}

fn source(world: &mut World) -> Option<Source> {
    player(world).map(|player| player.source)
}

#[test]
fn one_who_waits_alone_hears_the_built_in_music_until_the_start() {
    let mut world = World::new();
    world.call("room");
    world.tick();
    assert_eq!(source(&mut world), Some(Source::Music));
    world.call("room");
    world.tick();
    assert_eq!(source(&mut world), None);
    assert_eq!(world.heard().len(), 2);
}

#[test]
fn hold_without_a_url_is_the_built_in_music_at_once() {
    let (mut world, sids) = two();
    world.updated(sids[0], held(None));
    assert_eq!(source(&mut world), Some(Source::Music));
    assert!(world.heard().is_empty());
    world.updated(sids[0], released());
    assert_eq!(source(&mut world), None);
    assert_eq!(world.heard().len(), 2);
}

#[test]
fn audio_that_comes_in_time_plays_and_loops() {
    let (mut world, sids) = two();
    world.updated(sids[0], held(Some(HOLD)));
    assert_eq!(source(&mut world), None, "nothing yet");
    let fetch = &world.fetches[0];
    assert_eq!(
        (fetch.kind, fetch.method),
        (FetchKind::DocumentOrAudio, Method::Get)
    );
    let has = |name: &str, value: &str| fetch.fields.contains(&(name.to_owned(), value.to_owned()));
    assert!(has("Hold", "true") && has("Muted", "false") && has("FriendlyName", "room"));
    assert!(has("CallSid", &sids[0].to_string()) && has("CallStatus", "in-progress"));
    world.answer(HOLD, audio());
    world.seconds(10);
    let player = player(&mut world).unwrap();
    assert!(matches!(player.source, Source::Sound(_)) && player.repeats);
}

#[test]
fn silence_lasts_half_a_second_then_the_built_in_music_stands_in() {
    let (mut world, sids) = two();
    world.updated(sids[0], held(Some(HOLD)));
    world.run(Duration::from_millis(440));
    assert_eq!(source(&mut world), None);
    world.run(Duration::from_millis(60));
    assert_eq!(source(&mut world), Some(Source::Music));
    world.answer(HOLD, audio());
    assert!(matches!(source(&mut world), Some(Source::Sound(_))));
    world.seconds(2);
    assert!(matches!(source(&mut world), Some(Source::Sound(_))));
}

#[test]
fn when_it_fails_it_is_the_built_in_music_and_a_notice() {
    let (mut world, sids) = two();
    world.updated(sids[0], held(Some(HOLD)));
    world.answer(HOLD, failing(11210));
    assert_eq!(source(&mut world), Some(Source::Music));
    let notice = &world.notices[0];
    assert_eq!((notice.code, notice.url.as_deref()), (11210, Some(HOLD)));
    assert_eq!(notice.call, Some(sids[0]));
    world.updated(sids[0], released());
    assert_eq!(source(&mut world), None);
}

#[test]
fn late_answers_of_an_earlier_hold_are_dropped() {
    let (mut world, sids) = two();
    world.updated(sids[0], held(Some(HOLD)));
    world.updated(sids[0], held(Some("http://app.example/other.wav")));
    world.answer(HOLD, audio());
    assert_eq!(source(&mut world), None);
    world.answer("http://app.example/other.wav", audio());
    let other = source(&mut world);
    assert!(matches!(other, Some(Source::Sound(_))));
    world.updated(sids[0], held(Some("http://app.example/third.wav")));
    world.updated(sids[0], released());
    world.answer("http://app.example/third.wav", audio());
    world.seconds(1);
    assert_eq!(source(&mut world), None);
    assert_eq!(world.board.counters().stale_answers, 2);
}

#[test]
fn silence_can_be_wished_for() {
    let (mut world, sids) = two();
    world.updated(sids[0], held(Some("")));
    world.seconds(2);
    assert_eq!(source(&mut world), None);
    assert!(world.fetches.is_empty());
    assert!(world.heard().is_empty());
}

#[test]
fn a_document_that_plays_starts_over_a_second_after_it_began_at_the_earliest() {
    let (mut world, sids) = two();
    world.sound_samples = 800;
    world.updated(sids[0], held(Some("http://app.example/hold")));
    world.answer("http://app.example/hold", document("<Play>a.wav</Play>"));
    world.answer("http://app.example/a.wav", audio());
    world.run(Duration::from_millis(900));
    assert!(world.fetches.is_empty(), "a round lasts a second");
    world.run(Duration::from_millis(150));
    world.answer("http://app.example/hold", document("<Play>b.wav</Play>"));
    world.answer("http://app.example/b.wav", audio());
    assert!(matches!(source(&mut world), Some(Source::Sound(_))));
}

#[test]
fn a_document_that_only_speaks_runs_once() {
    let (mut world, sids) = two();
    world.updated(sids[0], held(Some("http://app.example/hold")));
    world.answer(
        "http://app.example/hold",
        document("<Say>Please wait</Say>"),
    );
    world.seconds(5);
    assert_eq!(world.said, ["Please wait"]);
    assert!(world.fetches.is_empty());
    assert_eq!(source(&mut world), None);
}

#[test]
fn a_verb_that_makes_no_sense_there_is_13238() {
    let (mut world, sids) = two();
    world.updated(sids[0], held(Some("http://app.example/hold")));
    world.answer("http://app.example/hold", document("<Hangup/>"));
    assert_eq!(world.notices[0].code, 13238);
    assert_eq!(source(&mut world), Some(Source::Music));
}

#[test]
fn whoever_is_held_before_the_start_is_not_released_by_it() {
    let mut world = World::new();
    world.call("room");
    let sids = world.sids();
    world.updated(sids[0], held(Some(HOLD)));
    world.answer(HOLD, audio());
    world.call("room");
    world.tick();
    assert!(matches!(source(&mut world), Some(Source::Sound(_))));
    assert!(world.heard().is_empty());
}
