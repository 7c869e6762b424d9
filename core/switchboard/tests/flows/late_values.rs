//! Values that arrive late: file of a conference's recording, figures of a call's audio.

use confab_media::{Event, LegFigures, Spread};
use confab_switchboard::{CallAudio, CallView, Input, Output, RecordingEnd, Reply, Request};
use confab_terms::CallSid;

use crate::harness::{Callback, World, document};

const VOICE: &str = "http://app.example/voice";
const RECORDED: &str = "record=\"record-from-start\" statusCallback=\"/events\" \
    statusCallbackEvent=\"start end leave\"";

/// Returns a recorded conference of two calls.
fn recorded() -> World {
    let mut world = World::with_voice();
    for _ in 0..2 {
        world.call("x");
        let dial = format!("<Dial><Conference {RECORDED}>Room</Conference></Dial>");
        world.answer(VOICE, document(&dial));
    }
    world.seconds(1);
    world
}

fn ends(world: &World) -> Vec<Callback> {
    let ends = world.callbacks.iter();
    let is_end = |c: &&Callback| c.field("StatusCallbackEvent") == "conference-end";
    ends.filter(is_end).cloned().collect()
}

fn hang_up_both(world: &mut World) {
    world.hang_up(0);
    world.hang_up(1);
}

#[test]
fn the_end_of_a_recorded_conference_names_its_file() {
    for restore_every in [None, Some(1)] {
        let mut world = recorded();
        world.restore_every = restore_every;
        hang_up_both(&mut world);
        world.seconds(1);
        let [end] = &ends(&world)[..] else {
            panic!("{:?}", world.callbacks);
        };
        let sid = world.recordings[0].sid.to_string();
        assert!(end.field("RecordingUrl").ends_with(&sid), "{end:?}");
        assert_eq!(end.field("RecordingFileSize"), "126444");
        assert_eq!(end.field("EventName"), "conference-end");
        world.nothing_is_left();
    }
}

#[test]
fn every_conference_event_has_its_name_and_the_end_comes_last() {
    let mut world = recorded();
    hang_up_both(&mut world);
    world.seconds(1);
    for (number, callback) in (1..).zip(&world.callbacks) {
        let event = callback.field("StatusCallbackEvent");
        assert_eq!(callback.field("EventName"), event);
        assert_eq!(callback.field("SequenceNumber"), number.to_string());
    }
    let last = world.callbacks.last().unwrap();
    assert_eq!(last.field("EventName"), "conference-end");
}

#[test]
fn the_end_of_a_conference_waits_for_its_file_and_not_for_ever() {
    let mut world = recorded();
    // The final report about the file never arrives.
    world.deaf_recorder = true;
    hang_up_both(&mut world);
    world.seconds(4);
    assert!(ends(&world).is_empty());
    world.seconds(2);
    let [end] = &ends(&world)[..] else {
        panic!("{:?}", world.callbacks);
    };
    assert_eq!(end.field("RecordingUrl"), "");
    let recording = world.recordings[0].sid;
    let end = RecordingEnd::Written {
        duration_ms: 1,
        lost_ms: 0,
        bytes: 60,
    };
    world.input(Input::Recorded { recording, end });
    assert_eq!(ends(&world).len(), 1, "told once");
    world.nothing_is_left();
}

#[test]
fn the_end_of_a_conference_without_a_file_names_none() {
    let mut world = recorded();
    world.recording_end = RecordingEnd::Absent;
    hang_up_both(&mut world);
    world.seconds(1);
    let [end] = &ends(&world)[..] else {
        panic!("{:?}", world.callbacks);
    };
    assert_eq!(
        (end.field("RecordingUrl"), end.field("RecordingFileSize")),
        ("", "")
    );
}

fn fetch(world: &mut World, call: CallSid) -> CallView {
    match world.ask(Request::FetchCall { call }) {
        Reply::Call(view) => *view,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_audio_of_a_call_is_measured_while_it_lasts_and_at_its_end() {
    let mut world = World::new();
    let phone = world.call("Room");
    world.tick();
    let call = world.sids()[0];
    assert_eq!(fetch(&mut world, call).audio, None);
    let leg = world.participants()[0].state.leg;
    let spread = Spread {
        min: 1,
        max: 9,
        avg: 4,
    };
    let figures = LegFigures {
        mos_tenths: 41,
        round_trip_ms: Some(spread),
        jitter_out_ms: Some(spread),
        lost_out: Some(3),
        ..LegFigures::default()
    };
    world.media(Event::Figures { leg, figures });
    let audio = CallAudio {
        mos_tenths: Some(41),
        round_trip_ms: Some(spread),
        jitter_out_ms: Some(spread),
        lost_out: Some(3),
    };
    assert_eq!(fetch(&mut world, call).audio, Some(audio));
    for _ in 0..100 {
        world.talk(phone);
        world.tick();
    }
    world.hang_up(phone);
    world.seconds(1);
    assert_eq!(world.calls_ended[0].audio.map(|_| ()), Some(()));
    let [measured] = &world.calls_measured[..] else {
        panic!("{:?}", world.calls_measured);
    };
    // The figures of the engine at the removal of the leg.
    let at_end = measured.audio.unwrap();
    assert!(at_end.mos_tenths.is_some_and(|mos| mos > 40), "{at_end:?}");
    assert_eq!(at_end.lost_out, None, "the phone sends no RTCP");
    let order = world.log.iter().filter_map(|output| match output {
        Output::CallEnded(_) => Some("ended"),
        Output::CallMeasured(_) => Some("measured"),
        _ => None,
    });
    assert_eq!(order.collect::<Vec<_>>(), ["ended", "measured"]);
}
