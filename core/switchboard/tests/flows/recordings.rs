//! Recordings from a document or a REST request to their callbacks, with the commands to the media.

use confab_media::{Command, Recorded};
use confab_switchboard::{
    NewRecording, RecordingEnd, RecordingOf, RecordingStatus, RecordingUpdate, Refusal, Reply,
    Request,
};
use confab_terms::{PauseBehavior, Track};

use crate::harness::{World, document};

const VOICE: &str = "http://app.example/voice";
const RECORD: &str = "record=\"record-from-start\" recordingStatusCallback=\"/recorded#tt=700\" \
    recordingStatusCallbackEvent=\"in-progress completed absent\"";

fn join(world: &mut World, dial: &str, attributes: &str) {
    world.call("x");
    let dial = format!("<Dial {dial}><Conference {attributes}>Room</Conference></Dial>");
    world.answer(VOICE, document(&dial));
}

fn statuses(world: &World) -> Vec<RecordingStatus> {
    world.recordings.iter().map(|view| view.status).collect()
}

fn records(world: &World) -> usize {
    let is_one = |c: &&Command| matches!(c, Command::Record { .. });
    world.commands.iter().filter(is_one).count()
}

#[test]
fn a_conference_is_recorded_from_its_start_to_its_end() {
    let mut world = World::with_voice();
    join(&mut world, "", RECORD);
    assert_eq!(records(&world), 0, "nobody hears anybody");
    join(&mut world, "", RECORD);
    assert_eq!(records(&world), 1);
    assert!(world.recordings[0].trim, "the default");
    let first = world.sids()[0];
    world.hang_up(1);
    world.seconds(1);
    assert_eq!(statuses(&world), [RecordingStatus::InProgress]);
    world.hang_up(0);
    let over = [
        RecordingStatus::InProgress,
        RecordingStatus::Stopped,
        RecordingStatus::Completed,
    ];
    assert_eq!(statuses(&world), over);
    let told: Vec<_> = world.callbacks.iter().collect();
    assert_eq!(told.len(), 2);
    for (callback, status, seconds) in [(told[0], "in-progress", "0"), (told[1], "completed", "7")]
    {
        assert_eq!(callback.url, "http://app.example/recorded");
        assert_eq!(callback.time_outs.total_ms, 700);
        assert_eq!(callback.field("RecordingStatus"), status);
        assert_eq!(callback.field("RecordingDuration"), seconds);
        assert_eq!(callback.field("RecordingSource"), "Conference");
        assert_eq!(callback.field("CallSid"), first.to_string());
        let url = callback.field("RecordingUrl");
        assert!(url.starts_with("http://confab.example/api/laml/2010-04-01/Accounts/"));
        assert!(url.ends_with(&format!("/Recordings/{}", world.recordings[0].sid)));
    }
    world.nothing_is_left();
}

#[test]
fn a_disk_that_refuses_costs_the_recording_and_nobody_else() {
    let mut world = World::with_voice();
    world.recording_end = RecordingEnd::Failed {
        duration_ms: 500,
        message: "no space left on device".to_owned(),
    };
    join(&mut world, "", RECORD);
    join(&mut world, "", "");
    let recording = world.recordings[0].sid;
    let end = world.recording_end.clone();
    world.input(confab_switchboard::Input::Recorded { recording, end });
    assert_eq!(statuses(&world).last(), Some(&RecordingStatus::Failed));
    assert_eq!(world.callbacks[1].field("RecordingStatus"), "failed");
    let notice = world.notices.last().unwrap();
    assert!(notice.message.contains("no space left"), "{notice:?}");
    let stopped = |c: &Command| matches!(c, Command::StopRecording { .. });
    assert!(
        world.commands.iter().any(stopped),
        "nobody takes it any more"
    );
    world.hang_up(0);
    world.hang_up(1);
    world.nothing_is_left();
}

#[test]
fn a_call_is_recorded_by_order_paused_and_stopped() {
    let mut world = World::with_voice();
    join(&mut world, "", "");
    let of = RecordingOf::Call(world.sids()[0]);
    let start = || Request::StartRecording {
        of,
        wish: NewRecording {
            dual: true,
            ..NewRecording::default()
        },
    };
    let Reply::Recording(begun) = world.ask(start()) else {
        panic!("it begins");
    };
    assert_eq!(begun.channels, 2);
    let again = Refusal::RecordedAlready(begun.sid);
    assert_eq!(world.ask(start()), Reply::Refused(again));
    for (update, status) in [
        (
            RecordingUpdate::Pause(PauseBehavior::Skip),
            RecordingStatus::Paused,
        ),
        (RecordingUpdate::Resume, RecordingStatus::InProgress),
        (RecordingUpdate::Stop, RecordingStatus::Stopped),
    ] {
        let recording = Some(begun.sid).filter(|_| update != RecordingUpdate::Resume);
        let reply = world.ask(Request::UpdateRecording {
            of,
            recording,
            update,
        });
        let Reply::Recording(view) = reply else {
            panic!("{reply:?}");
        };
        assert_eq!(view.status, status);
    }
    assert_eq!(statuses(&world).last(), Some(&RecordingStatus::Completed));
    let Reply::Recording(second) = world.ask(start()) else {
        panic!("another one may begin");
    };
    world.hang_up(0);
    let last = world.recordings.last().unwrap();
    assert_eq!(
        (last.sid, last.status),
        (second.sid, RecordingStatus::Completed)
    );
    world.nothing_is_left();
}

#[test]
fn a_dial_records_its_call_while_it_lasts_and_its_action_tells_where() {
    let mut world = World::with_voice();
    join(
        &mut world,
        "record=\"record-from-answer-dual\" action=\"/after\"",
        "",
    );
    join(&mut world, "", "");
    let leg = |c: &Command| match c {
        Command::Record { of, .. } => Some(*of),
        _ => None,
    };
    let taken: Vec<_> = world.commands.iter().filter_map(leg).collect();
    assert!(
        matches!(taken[..], [Recorded::Leg { dual: true, .. }]),
        "{taken:?}"
    );
    let conference = world.conference();
    let removed = world.ask(Request::UpdateConference {
        conference,
        complete: true,
        announce: None,
    });
    assert!(matches!(removed, Reply::Conference(_)));
    assert_eq!(statuses(&world)[1], RecordingStatus::Stopped);
    let after = world
        .fetches
        .iter()
        .find(|f| f.url.ends_with("/after"))
        .unwrap();
    let url = after.fields.iter().find(|(name, _)| name == "RecordingUrl");
    let sid = world.recordings[0].sid.to_string();
    assert!(
        url.is_some_and(|(_, url)| url.ends_with(&sid)),
        "{:?}",
        after.fields
    );
}

#[test]
fn one_direction_of_a_call_has_one_channel() {
    for (track, channels) in [(Track::Inbound, 1), (Track::Outbound, 1), (Track::Both, 2)] {
        let mut world = World::with_voice();
        join(&mut world, "", "");
        let of = RecordingOf::Call(world.sids()[0]);
        let wish = NewRecording {
            dual: true,
            track,
            ..NewRecording::default()
        };
        let begun = world.ask(Request::StartRecording { of, wish });
        let Reply::Recording(view) = begun else {
            panic!("{begun:?}");
        };
        assert_eq!(view.channels, channels, "{track:?}");
    }
}

#[test]
fn who_takes_a_recorded_seat_is_recorded_there() {
    let mut world = World::with_voice();
    join(
        &mut world,
        "record=\"record-from-answer\" action=\"/after\"",
        "",
    );
    let carla = world.call_replacing("x", 0);
    world.tick();
    assert_eq!(records(&world), 2);
    let of = RecordingOf::Call(world.sids()[0]);
    let taken = world.recordings.iter().find(|view| view.of == of);
    let sid = taken.expect("it is recorded").sid.to_string();
    world.hang_up(carla);
    let after = world.fetches.iter().find(|f| f.url.ends_with("/after"));
    let fields = &after.unwrap().fields;
    let url = fields.iter().find(|(name, _)| name == "RecordingUrl");
    assert!(
        url.is_some_and(|(_, url)| url.ends_with(&sid)),
        "{fields:?}"
    );
}

#[test]
fn who_hangs_up_in_a_recorded_dial_leaves_where_its_recording_is() {
    let mut world = World::with_voice();
    join(
        &mut world,
        "record=\"record-from-answer\" action=\"/after\"",
        "",
    );
    world.hang_up(0);
    let after = world.fetches.iter().find(|f| f.url.ends_with("/after"));
    let fields = &after.unwrap().fields;
    let url = fields.iter().find(|(name, _)| name == "RecordingUrl");
    let sid = world.recordings[0].sid.to_string();
    assert!(
        url.is_some_and(|(_, url)| url.ends_with(&sid)),
        "{fields:?}"
    );
}

#[test]
fn a_dial_that_could_not_record_names_no_recording_of_somebody_else() {
    let mut world = World::with_voice();
    world.call("x");
    let verbs = document(
        "<Pause length=\"1\"/><Play>hall.wav</Play>\
         <Dial record=\"record-from-answer\" action=\"/after\">\
         <Conference>Room</Conference></Dial>",
    );
    world.answer(VOICE, verbs);
    world.seconds(2);
    let of = RecordingOf::Call(world.call_asked());
    let wish = NewRecording::default();
    let begun = world.ask(Request::StartRecording { of, wish });
    assert!(matches!(begun, Reply::Recording(_)), "{begun:?}");
    let url = "http://app.example/hall.wav";
    world.answer(url, crate::harness::failing(11_200));
    world.tick();
    let conference = world.conference();
    world.ask(Request::UpdateConference {
        conference,
        complete: true,
        announce: None,
    });
    let after = world.fetches.iter().find(|f| f.url.ends_with("/after"));
    let fields = &after.unwrap().fields;
    assert!(
        fields.iter().all(|(name, _)| name != "RecordingUrl"),
        "{fields:?}"
    );
}
