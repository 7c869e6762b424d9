//! Release of sounds: once, and as soon as no player uses the sound.

use confab_conference::{Update, Url};
use confab_switchboard::{FetchKind, Output, Request};
use confab_terms::{CallSid, DecodeId, Method, SoundId};

use crate::harness::{World, audio, document, failing};

const RADIO: &str = "http://app.example/radio";

fn two() -> (World, Vec<CallSid>) {
    let mut world = World::new();
    world.call("room");
    world.call("room");
    let sids = world.sids();
    (world, sids)
}

fn hold(is_held: bool) -> Update {
    Update {
        hold: Some(is_held),
        hold_url: is_held.then(|| RADIO.to_owned()),
        ..Update::default()
    }
}

/// Returns the requested and the released decodings.
fn decodings(world: &World) -> (Vec<DecodeId>, Vec<DecodeId>) {
    let (mut ordered, mut released) = (Vec::new(), Vec::new());
    for output in &world.log {
        match output {
            Output::Decode { decode, .. } | Output::Say { decode, .. } => ordered.push(*decode),
            Output::ReleaseSound { decode } => released.push(*decode),
            _ => {}
        }
    }
    (ordered, released)
}

/// Returns the number of sounds in use.
fn in_use(world: &World) -> usize {
    let (ordered, released) = decodings(world);
    for decode in &released {
        assert!(ordered.contains(decode), "{decode:?} was never ordered");
    }
    ordered.len() - released.len()
}

fn cancelled(world: &World) -> usize {
    let outputs = world.log.iter();
    outputs
        .filter(|output| matches!(output, Output::CancelFetch { .. }))
        .count()
}

fn dropped(world: &World) -> usize {
    let outputs = world.log.iter();
    outputs
        .filter(|output| matches!(output, Output::DropAudio { .. }))
        .count()
}

#[test]
fn unhold_gives_the_sound_back_at_once() {
    let (mut world, sids) = two();
    world.updated(sids[0], hold(true));
    world.answer(RADIO, audio());
    world.seconds(5);
    assert_eq!(in_use(&world), 1);
    world.updated(sids[0], hold(false));
    assert_eq!(in_use(&world), 0);
    assert_eq!(cancelled(&world), 0);
}

#[test]
fn hold_again_replaces_the_sound_and_a_hang_up_gives_it_back() {
    let (mut world, sids) = two();
    for _ in 0..3 {
        world.updated(sids[0], hold(true));
        world.answer(RADIO, audio());
        world.tick();
        assert_eq!(in_use(&world), 1);
        world.updated(sids[0], hold(false));
        assert_eq!(in_use(&world), 0);
    }
    world.updated(sids[0], hold(true));
    world.answer(RADIO, audio());
    world.hang_up(0);
    assert_eq!(in_use(&world), 0);
    assert_eq!(world.board.leftovers().holds, 0);
}

#[test]
fn unhold_while_the_connection_is_made_cancels_the_fetch() {
    let (mut world, sids) = two();
    world.updated(sids[0], hold(true));
    world.updated(sids[0], hold(false));
    assert_eq!((cancelled(&world), in_use(&world)), (1, 0));
    // The response was in transit: its audio is released.
    world.answer(RADIO, audio());
    assert_eq!((dropped(&world), in_use(&world)), (1, 0));
}

#[test]
fn unhold_while_the_sound_is_decoded_gives_it_back() {
    let (mut world, sids) = two();
    world.slow = true;
    world.updated(sids[0], hold(true));
    world.answer(RADIO, audio());
    let decode = world.decodes_wanted.pop().unwrap();
    world.updated(sids[0], hold(false));
    assert_eq!(in_use(&world), 0);
    world.decode(decode, true);
    assert_eq!(in_use(&world), 0);
}

#[test]
fn a_document_gives_back_each_sound_when_its_verb_is_over() {
    let mut world = World::with_voice();
    world.sound_samples = 8_000;
    world.call("support");
    let verbs = "<Play loop='2'>a.wav</Play><Say>b</Say><Pause length='5'/>";
    world.answer("http://app.example/voice", document(verbs));
    world.answer("http://app.example/a.wav", audio());
    assert_eq!(in_use(&world), 1);
    world.seconds(1);
    assert_eq!(decodings(&world).0.len(), 1, "the second round of the same");
    world.run(std::time::Duration::from_millis(1_200));
    assert_eq!(decodings(&world).0.len(), 2, "the <Say>");
    assert_eq!(in_use(&world), 1);
    world.seconds(2);
    assert_eq!(in_use(&world), 0, "the <Pause>");
}

#[test]
fn an_announcement_to_all_is_held_until_its_last_listener_has_heard_it() {
    let (mut world, sids) = two();
    world.sound_samples = 16_000;
    let conference = world.conference();
    world.ask(Request::UpdateConference {
        conference,
        complete: false,
        announce: Some(Url {
            url: RADIO.to_owned(),
            method: Method::Post,
        }),
    });
    world.answer(RADIO, audio());
    world.seconds(1);
    assert_eq!(in_use(&world), 1);
    world.hang_up(0);
    assert_eq!(in_use(&world), 1);
    world.seconds(2);
    assert_eq!(in_use(&world), 0);
    assert_eq!(sids.len(), 2);
}

#[test]
fn music_whose_stream_is_gone_is_fetched_anew() {
    let (mut world, sids) = two();
    world.sound_samples = 80_000;
    world.updated(sids[0], hold(true));
    world.answer(RADIO, audio());
    world.seconds(3);
    // The stream has ended: the player finds no samples at its beginning.
    world.sound_samples = 0;
    world.seconds(40);
    assert_eq!(in_use(&world), 0);
    let fetch = world.fetches.last().unwrap();
    assert_eq!(
        (fetch.kind, fetch.method),
        (FetchKind::DocumentOrAudio, Method::Get)
    );
    world.sound_samples = 80_000;
    world.answer(RADIO, audio());
    world.seconds(1);
    assert_eq!(in_use(&world), 1);
    let leg = world.participants()[0].state.leg;
    let sources: Vec<_> = world.players(leg).iter().map(|p| p.source).collect();
    assert_eq!(sources, [confab_media::Source::Sound(SoundId(2))]);
}

#[test]
fn a_sound_that_cannot_be_decoded_is_given_back_too() {
    let (mut world, sids) = two();
    world.slow = true;
    world.updated(sids[0], hold(true));
    world.answer(RADIO, audio());
    let decode = world.decodes_wanted.pop().unwrap();
    world.decode(decode, false);
    assert_eq!(in_use(&world), 0);
    world.updated(sids[0], hold(false));
    world.updated(sids[0], hold(true));
    world.answer(RADIO, failing(11200));
    world.updated(sids[0], hold(false));
    assert_eq!((in_use(&world), cancelled(&world)), (0, 0));
}

#[test]
fn a_hold_document_gives_its_sound_back_at_unhold() {
    let (mut world, sids) = two();
    world.updated(sids[0], hold(true));
    world.answer(RADIO, document("<Play loop='0'>a.wav</Play>"));
    world.answer("http://app.example/a.wav", audio());
    world.seconds(3);
    assert_eq!(in_use(&world), 1);
    world.updated(sids[0], hold(false));
    assert_eq!(in_use(&world), 0);
}
