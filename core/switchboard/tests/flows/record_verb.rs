//! `<Record>`: from the tone to the action, with interruptions.

use std::collections::BTreeMap;
use std::time::Duration;

use confab_conference::Url;
use confab_media::{Background, Command, Event, Recorded, Source};
use confab_switchboard::{
    CallUpdate, NewRecording, NextDocument, RecordingEnd, RecordingOf, RecordingStatus, Reply,
    Request,
};
use confab_terms::{CallSid, Digit, LegId, Method, RecordingSid, Track};

use crate::harness::{World, document, failing};

const VOICE: &str = "http://app.example/voice";
const SAID: &str = "http://app.example/said";

/// Runs a `<Record>` with these attributes up to the end of the tone.
fn asked_to_speak(world: &mut World, attributes: &str) {
    world.call("x");
    let verbs = format!("<Record action=\"said\" {attributes}/><Play>next.wav</Play>");
    world.answer(VOICE, document(&verbs));
    world.run(Duration::from_millis(400));
}

fn speak(world: &mut World, ms: u64) {
    for _ in 0..ms / 20 {
        world.talk(0);
        world.tick();
    }
}

fn press(world: &mut World, key: char) {
    let leg = leg(world);
    let digit = Digit(key);
    world.media(Event::Digit { leg, digit });
}

fn leg(world: &World) -> LegId {
    let mut commands = world.commands.iter().rev();
    let leg = commands.find_map(|command| match command {
        Command::AddLeg { leg, .. } => Some(*leg),
        _ => None,
    });
    leg.unwrap()
}

/// Returns the fields of the action request, if any.
fn told(world: &World) -> Option<BTreeMap<&str, &str>> {
    let asked = world.fetches.iter().find(|fetch| fetch.url == SAID)?;
    let fields = asked.fields.iter();
    Some(fields.map(|(n, v)| (n.as_str(), v.as_str())).collect())
}

fn went_on(world: &World) -> bool {
    world.fetches.iter().any(|f| f.url.ends_with("/next.wav"))
}

fn is_taken(world: &World) -> bool {
    let last = world.recordings.last();
    last.is_some_and(|view| view.status == RecordingStatus::InProgress)
}

#[test]
fn the_tone_comes_first_and_then_what_the_caller_says_until_it_presses_a_key() {
    let mut world = World::with_voice();
    let callback = "recordingStatusCallback=\"/recorded\" \
                    recordingStatusCallbackEvent=\"in-progress completed\"";
    world.call("x");
    world.answer(
        VOICE,
        document(&format!("<Record action=\"said\" {callback}/>")),
    );
    world.run(Duration::from_millis(200));
    let beeps = |command: &&Command| {
        let Command::SetBackground { background, .. } = command else {
            return false;
        };
        match background {
            Background::Playing(player) => player.source == Source::Beep,
            Background::None => false,
        }
    };
    assert_eq!(world.commands.iter().filter(beeps).count(), 1);
    assert!(world.recordings.is_empty(), "not before its end");
    press(&mut world, '1');
    world.run(Duration::from_millis(200));
    assert!(is_taken(&world), "a key during the tone is nobody's");
    let recorded = world.commands.iter().find_map(|command| match command {
        Command::Record { of, .. } => Some(*of),
        _ => None,
    });
    let only_said = Recorded::Leg {
        leg: leg(&world),
        dual: false,
        track: Track::Inbound,
        tells_voice: true,
    };
    assert_eq!(recorded, Some(only_said));
    assert!(world.recordings[0].trim, "the default");
    assert_eq!(world.recordings[0].source.word(), "RecordVerb");

    speak(&mut world, 500);
    press(&mut world, '#');
    let sid = world.recordings[0].sid;
    let url = format!(
        "http://confab.example/api/laml/2010-04-01/Accounts/{}/Recordings/{sid}",
        world.recordings[0].account
    );
    let told = told(&world).unwrap();
    assert_eq!(told["RecordingUrl"], url);
    assert_eq!(told["RecordingSid"], sid.to_string());
    assert_eq!((told["RecordingDuration"], told["Digits"]), ("7", "#"));
    assert_eq!(told["CallStatus"], "in-progress");
    let callbacks = world.callbacks.iter();
    let statuses: Vec<_> = callbacks.map(|c| c.field("RecordingStatus")).collect();
    assert_eq!(statuses, ["in-progress", "completed"]);
    world.answer(SAID, document("<Hangup/>"));
    world.nothing_is_left();
}

#[test]
fn silence_ends_it_counted_from_the_last_word() {
    let mut world = World::with_voice();
    asked_to_speak(&mut world, "timeout=\"3\"");
    speak(&mut world, 1_000);
    world.run(Duration::from_millis(2_500));
    speak(&mut world, 1_000);
    world.run(Duration::from_millis(2_900));
    assert!(is_taken(&world));
    world.run(Duration::from_millis(200));
    let told = told(&world).unwrap();
    assert_eq!((told["RecordingDuration"], told.get("Digits")), ("7", None));
    assert!(!went_on(&world), "what follows is not reached");
}

#[test]
fn where_nothing_was_said_the_next_verb_has_its_turn() {
    let mut world = World::with_voice();
    asked_to_speak(&mut world, "");
    world.run(Duration::from_millis(4_850));
    assert!(is_taken(&world));
    world.run(Duration::from_millis(200));
    assert_eq!((told(&world), went_on(&world)), (None, true));
    world.hang_up(0);
    assert_eq!(told(&world), None);
    world.nothing_is_left();
}

#[test]
fn what_was_said_too_softly_to_be_kept_is_nothing() {
    let mut world = World::with_voice();
    world.recording_end = RecordingEnd::Absent;
    asked_to_speak(&mut world, "");
    speak(&mut world, 200);
    press(&mut world, '5');
    assert_eq!((told(&world), went_on(&world)), (None, true));
}

#[test]
fn only_the_keys_that_it_names_end_it_and_it_ends_at_its_length() {
    let mut world = World::with_voice();
    asked_to_speak(&mut world, "finishOnKey=\"#\" maxLength=\"2\"");
    speak(&mut world, 1_000);
    press(&mut world, '5');
    speak(&mut world, 800);
    assert!(is_taken(&world));
    speak(&mut world, 200);
    let told = told(&world).unwrap();
    assert_eq!(told.get("Digits"), None, "no key of it");
}

#[test]
fn who_hangs_up_has_spoken_all_the_same() {
    let mut world = World::with_voice();
    asked_to_speak(&mut world, "");
    speak(&mut world, 500);
    world.hang_up(0);
    let fields = told(&world).unwrap();
    assert_eq!(
        (fields["Digits"], fields["RecordingDuration"]),
        ("hangup", "7")
    );
    assert_eq!(fields["CallStatus"], "completed");
    world.answer(SAID, document("<Dial><Conference>x</Conference></Dial>"));
    assert_eq!(world.conferences(), [], "nobody is there to run it");
    world.nothing_is_left();
}

#[test]
fn who_hangs_up_without_a_word_is_not_told_of() {
    let mut world = World::with_voice();
    asked_to_speak(&mut world, "");
    world.hang_up(0);
    assert_eq!(told(&world), None);
    assert_eq!(world.recordings.len(), 2, "{:?}", world.recordings);
    world.nothing_is_left();
}

#[test]
fn without_an_action_the_document_is_asked_again_and_a_bad_one_is_noted() {
    let mut world = World::with_voice();
    world.call("x");
    world.answer(
        VOICE,
        document("<Record method=\"GET\" playBeep=\"false\"/>"),
    );
    assert!(is_taken(&world), "at once: there is no tone");
    speak(&mut world, 200);
    press(&mut world, '1');
    let again = world.fetches.iter().find(|fetch| fetch.url == VOICE);
    assert_eq!(again.unwrap().method, Method::Get);
    let bad = "<Record action=\"ftp://x/y\" playBeep=\"false\"/><Play>next.wav</Play>";
    world.answer(VOICE, document(bad));
    assert_eq!(world.notices.last().unwrap().code, 11100);
    speak(&mut world, 200);
    press(&mut world, '1');
    assert!(went_on(&world), "there is nobody to ask");
}

#[test]
fn a_call_that_is_recorded_already_goes_on_with_the_next_verb() {
    let mut world = World::with_voice();
    world.call("x");
    world.answer(
        VOICE,
        document("<Pause length=\"2\"/><Say>x</Say><Record/><Play>next.wav</Play>"),
    );
    world.run(Duration::from_millis(2_100));
    let of = RecordingOf::Call(world.call_asked());
    let wish = NewRecording::default();
    let begun = world.ask(Request::StartRecording { of, wish });
    assert!(matches!(begun, Reply::Recording(_)), "{begun:?}");
    world.seconds(3);
    assert!(went_on(&world));
    let notice = world.notices.last().unwrap();
    assert_eq!(notice.code, 16108);
    assert!(notice.message.starts_with("recording failed"), "{notice:?}");
}

#[test]
fn a_call_that_is_sent_elsewhere_keeps_what_it_said_and_its_action_is_not_asked() {
    let mut world = World::with_voice();
    asked_to_speak(&mut world, "");
    speak(&mut world, 300);
    let sid: CallSid = world.call_asked();
    let to = Url {
        url: "http://app.example/elsewhere".to_owned(),
        method: Method::Post,
    };
    let update = CallUpdate {
        next: Some(NextDocument::From(to)),
        ..CallUpdate::default()
    };
    world.ask(Request::UpdateCall { call: sid, update });
    let last = world.recordings.last().unwrap();
    assert_eq!(last.status, RecordingStatus::Completed);
    world.seconds(6);
    assert_eq!((told(&world), went_on(&world)), (None, false));
    world.answer("http://app.example/elsewhere", failing(11217));
    world.nothing_is_left();
}

#[test]
fn a_word_of_another_recording_changes_nothing() {
    let mut world = World::with_voice();
    asked_to_speak(&mut world, "timeout=\"2\"");
    let recording = RecordingSid::from_random(4);
    world.media(Event::Voice {
        recording,
        speaks: true,
    });
    world.seconds(2);
    assert_eq!((told(&world), went_on(&world)), (None, true));
}

#[test]
fn a_disk_that_refuses_does_not_stop_the_call() {
    let mut world = World::with_voice();
    world.recording_end = RecordingEnd::Failed {
        duration_ms: 1_200,
        message: "no space left on device".to_owned(),
    };
    asked_to_speak(
        &mut world,
        "recordingStatusCallback=\"/r\" recordingStatusCallbackEvent=\"absent\"",
    );
    speak(&mut world, 300);
    press(&mut world, '#');
    assert_eq!(told(&world).unwrap()["RecordingDuration"], "1");
    assert_eq!(world.callbacks[0].field("RecordingStatus"), "failed");
    let notice = &world.notices.last().unwrap().message;
    assert!(notice.contains("no space left on device"), "{notice}");
}
