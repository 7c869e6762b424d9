//! Serialization of the whole live state between inputs; the outputs are identical with and
//! without.

use std::time::Duration;

use confab_conference::{Target, Update, Url};
use confab_switchboard::{Output, Request};
use confab_terms::Method;

use crate::harness::{World, audio, document, failing};

const VOICE: &str = "http://app.example/voice";

/// Runs calls with all features and returns the outputs.
fn run(restore_every: Option<u64>) -> Vec<Output> {
    let mut world = World::with_voice();
    world.restore_every = restore_every;
    let dial = "<Dial action=\"after\"><Conference statusCallback=\"/e\" \
        statusCallbackEvent=\"start end join leave mute hold modify announcement\">\
        Room</Conference></Dial>";
    for _ in 0..3 {
        world.call("x");
        world.run(Duration::from_millis(30));
        world.answer(VOICE, document(&format!("<Play>hi.wav</Play>{dial}")));
        world.answer("http://app.example/hi.wav", audio());
        world.run(Duration::from_millis(1_500));
    }
    let sids = world.sids();
    let held = Update {
        hold: Some(true),
        hold_url: Some("http://app.example/hold".to_owned()),
        ..Update::default()
    };
    world.updated(sids[0], held);
    world.answer("http://app.example/hold", document("<Play>m.wav</Play>"));
    world.run(Duration::from_millis(700));
    world.answer("http://app.example/m.wav", failing(11217));
    let coaching = Update {
        coaching: Some(true),
        call_sid_to_coach: Some(Target::Call(sids[2])),
        announce_url: Some("http://app.example/hear".to_owned()),
        ..Update::default()
    };
    world.updated(sids[1], coaching);
    world.answer("http://app.example/hear", audio());
    let conference = world.conference();
    let announce = Some(Url {
        url: "http://app.example/all".to_owned(),
        method: Method::Post,
    });
    world.ask(Request::UpdateConference {
        conference,
        complete: false,
        announce,
    });
    world.answer("http://app.example/all", document("<Say>all</Say>"));
    world.call("x");
    world.answer(VOICE, document("<Record action=\"said\" timeout=\"2\"/>"));
    for _ in 0..40 {
        world.talk(3);
        world.tick();
    }
    world.seconds(3);
    world.answer("http://app.example/said", document("<Hangup/>"));
    assert_eq!(world.heard(), [(1, 2), (2, 1)]);
    let now = world.now;
    world.phones[2].hang_up(now);
    world.poll_phone(2);
    world.seconds(1);
    world.answer("http://app.example/after", document(""));
    world.ask(Request::UpdateConference {
        conference,
        complete: true,
        announce: None,
    });
    world.seconds(1);
    world.answer("http://app.example/after", document("<Hangup/>"));
    world.answer("http://app.example/after", document("<Say>Bye</Say>"));
    world.nothing_is_left();
    world.log
}

#[test]
fn written_out_and_read_back_the_run_is_the_same() {
    let uninterrupted = run(None);
    assert!(uninterrupted.len() > 80, "{}", uninterrupted.len());
    for every in [1, 7] {
        let restored = run(Some(every));
        for (at, (a, b)) in uninterrupted.iter().zip(&restored).enumerate() {
            assert_eq!(a, b, "output {at}, restored every {every}");
        }
        assert_eq!(uninterrupted.len(), restored.len());
    }
}
