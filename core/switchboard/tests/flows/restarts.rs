//! Kill during calls: the rows contain all state for the next start to send the missing events,
//! numbered without gaps.

use confab_conference::{EndReason, Status, Update};
use confab_media::Event;
use confab_switchboard::{
    CallEvent, CallStatus, CallView, ConferenceView, Input, MendedRecording, OpenRows, Output,
    RecordingEnd, RecordingStatus, RowChange,
};
use confab_terms::{CallSid, LegId, WallTime};

use crate::harness::{Callback, World, document};

const VOICE: &str = "http://app.example/voice";
const ALL: &str = "statusCallback=\"https://app.example/events\" \
    statusCallbackEvent=\"start end join leave mute hold modify speaker\" \
    eventCallbackUrl=\"/over\"";
const RESTART: WallTime = WallTime(1_794_999_000_000);

fn join(world: &mut World, attributes: &str) {
    world.call("x");
    let dial = format!("<Dial><Conference {attributes}>Room</Conference></Dial>");
    world.answer(VOICE, document(&dial));
}

/// Outputs of the start after a kill.
#[derive(Default)]
struct Closed {
    callbacks: Vec<Callback>,
    calls: Vec<CallView>,
    conferences: Vec<ConferenceView>,
    rows: Vec<RowChange>,
}

impl Closed {
    fn of(world: &World, recordings: &[MendedRecording]) -> Self {
        let left: OpenRows = world.rows.left();
        let bytes = postcard::to_stdvec(&left).unwrap();
        let left: OpenRows = postcard::from_bytes(&bytes).unwrap();
        let mut closed = Self::default();
        for output in left.close(RESTART, "http://api.example", recordings) {
            match output {
                Output::Callback {
                    url,
                    fields,
                    time_outs,
                    ..
                } => closed.callbacks.push(Callback {
                    url,
                    fields: fields.into_iter().collect(),
                    time_outs,
                }),
                Output::CallEnded(view) => closed.calls.push(view),
                Output::ConferenceEnded(view) => closed.conferences.push(view),
                Output::Row { change, .. } => closed.rows.push(change),
                Output::News(_) => {}
                other => panic!("{other:?}"),
            }
        }
        closed
    }

    /// Returns name and number of each conference event.
    fn events(&self) -> Vec<(&str, &str)> {
        let events = self.callbacks.iter();
        let events = events.filter(|event| !event.field("ConferenceSid").is_empty());
        events
            .map(|c| (c.field("StatusCallbackEvent"), c.field("SequenceNumber")))
            .collect()
    }

    fn of_calls(&self) -> Vec<&Callback> {
        let events = self.callbacks.iter();
        events
            .filter(|c| !c.field("CallbackSource").is_empty())
            .collect()
    }
}

/// Returns the names of conference events, without call events.
fn conference_events(world: &World) -> Vec<&str> {
    let mut events = world.events();
    events.retain(|name| !name.is_empty());
    events
}

/// Returns a conference of two calls: one muted, one held.
fn conference_of_two() -> World {
    let mut world = World::told_of(&[CallEvent::Answered, CallEvent::Completed]);
    join(&mut world, &format!("{ALL} participantLabel=\"agent\""));
    join(&mut world, "endConferenceOnExit=\"true\"");
    let sids = world.sids();
    let muted = Update {
        muted: Some(true),
        ..Update::default()
    };
    world.updated(sids[0], muted);
    let held = Update {
        hold: Some(true),
        ..Update::default()
    };
    world.updated(sids[1], held);
    world
}

fn conference_leg(world: &mut World, call: CallSid) -> LegId {
    let participants = world.participants();
    let found = participants.iter().find(|one| one.state.call == call);
    found.unwrap().state.leg
}

#[test]
fn kill_in_a_conference_sends_every_missing_event_numbered_without_a_gap() {
    let mut world = conference_of_two();
    world.seconds(25);
    let sent = world.callbacks.len();
    assert_eq!(
        conference_events(&world).len(),
        5,
        "join, join, start, mute, hold"
    );
    let closed = Closed::of(&world, &[]);
    let expected = [
        ("participant-leave", "6"),
        ("participant-leave", "7"),
        ("conference-end", "8"),
        ("conference-end", "8"),
    ];
    assert_eq!(closed.events(), expected);
    let [first, second, end, also, ..] = &closed.callbacks[..] else {
        panic!("{:?}", closed.callbacks);
    };
    assert_eq!(first.url, "https://app.example/events");
    assert_eq!(also.url, "http://app.example/over");
    for leave in [first, second] {
        assert_eq!(leave.field("ReasonParticipantLeft"), "server_restarted");
        assert_eq!(leave.field("ParticipantCallStatus"), "completed");
        assert_eq!(leave.field("Timestamp"), RESTART.to_string());
        assert_eq!(leave.field("From"), "sip:anna@pbx.example.com");
    }
    let state =
        |event: &Callback| ["Muted", "Hold", "ParticipantLabel"].map(|n| event.field(n).to_owned());
    assert_eq!(state(first), ["true", "false", "agent"]);
    assert_eq!(state(second), ["false", "true", ""]);
    assert_eq!(end.field("ReasonConferenceEnded"), "server-restarted");
    assert_eq!(end.field("CallSidEndingConference"), "");
    assert_eq!(end.field("FriendlyName"), "Room");
    let seconds: i64 = end.field("Duration").parse().unwrap();
    assert!((15..=25).contains(&seconds), "{seconds}");
    // The same holds for each call.
    let ends = closed.of_calls();
    assert_eq!(ends.len(), 2);
    for call in ends {
        assert_eq!(call.field("CallStatus"), "completed");
        assert_eq!(call.field("SequenceNumber"), "1");
        assert_eq!(call.field("HangupDirection"), "outbound");
        let seconds: i64 = call.field("CallDuration").parse().unwrap();
        assert!((15..=25).contains(&seconds), "{seconds}");
        assert_eq!(call.field("AudioInMos"), "0.0");
    }
    // A normal end has the same fields.
    world.hang_up(0);
    let normal = &world.callbacks[sent];
    assert_eq!(normal.field("StatusCallbackEvent"), "participant-leave");
    let names = |event: &Callback| event.fields.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(first), names(normal));
}

#[test]
fn kill_completes_the_views_of_calls_and_conferences() {
    let mut world = conference_of_two();
    world.seconds(25);
    let closed = Closed::of(&world, &[]);
    let [conference] = &closed.conferences[..] else {
        panic!("{:?}", closed.conferences);
    };
    assert_eq!(conference.status, Status::Completed);
    assert_eq!(conference.end_reason, Some(EndReason::ServerRestarted));
    assert_eq!(conference.date_updated, RESTART);
    assert_eq!(closed.calls.len(), 2);
    for call in &closed.calls {
        assert_eq!(call.status, CallStatus::Completed);
        let lasted = call.end_time.unwrap().0 - call.start_time.unwrap().0;
        assert!((15_000..=25_000).contains(&lasted), "{lasted}");
        assert_eq!(call.seconds, Some(lasted / 1_000));
    }
    // The conference's row is removed first, because the rows of the calls contain the
    // participants.
    let removed: Vec<_> = closed
        .rows
        .iter()
        .map(|change| match change {
            RowChange::CallClosed(_) => "call",
            RowChange::ConferenceClosed(_) => "conference",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(removed, ["conference", "call", "call"]);
}

#[test]
fn kill_while_a_call_rings_fails_the_call() {
    let mut world = World::told_of(&[CallEvent::Completed]);
    world.call("x");
    world.seconds(2);
    let closed = Closed::of(&world, &[]);
    let [call] = &closed.calls[..] else {
        panic!("{:?}", closed.calls);
    };
    assert_eq!(call.status, CallStatus::Failed);
    assert_eq!((call.start_time, call.seconds), (None, Some(0)));
    let [end] = &closed.callbacks[..] else {
        panic!("{:?}", closed.callbacks);
    };
    assert_eq!(end.field("CallStatus"), "failed");
    assert_eq!(end.field("CallDuration"), "0");
}

#[test]
fn nobody_who_requested_no_events_gets_any_after_a_kill() {
    let mut world = World::with_voice();
    join(&mut world, "");
    join(&mut world, "");
    let closed = Closed::of(&world, &[]);
    assert!(closed.callbacks.is_empty(), "{:?}", closed.callbacks);
    assert_eq!((closed.calls.len(), closed.conferences.len()), (2, 1));
}

#[test]
fn kill_between_the_end_of_a_call_and_its_figures_sends_the_last_callback_once() {
    let mut world = World::told_of(&[CallEvent::Completed]);
    join(&mut world, "");
    world.seconds(3);
    world.deaf = true;
    world.hang_up(0);
    assert!(world.callbacks.is_empty(), "waits for the figures");
    let closed = Closed::of(&world, &[]);
    let [end] = &closed.callbacks[..] else {
        panic!("{:?}", closed.callbacks);
    };
    assert_eq!(end.field("CallDuration"), "3");
    assert_eq!(end.field("HangupDirection"), "inbound", "the phone hung up");
    assert_eq!(closed.calls, world.calls_ended, "as it had ended");
    world.seconds(2);
    assert_eq!(world.callbacks.len(), 1);
    assert!(Closed::of(&world, &[]).callbacks.is_empty(), "sent once");
}

#[test]
fn kill_before_the_file_of_a_recording_is_whole_sends_conference_end_with_the_file() {
    let mut world = World::with_voice();
    for _ in 0..2 {
        join(&mut world, &format!("{ALL} record=\"record-from-start\""));
    }
    world.seconds(1);
    world.deaf_recorder = true;
    world.hang_up(0);
    world.hang_up(1);
    let ends = |events: &[&str]| events.iter().filter(|e| **e == "conference-end").count();
    assert_eq!(ends(&conference_events(&world)), 0, "waits for the file");
    let number = world
        .callbacks
        .last()
        .unwrap()
        .field("SequenceNumber")
        .to_owned();
    let mut view = world.recordings.last().unwrap().clone();
    view.status = RecordingStatus::Completed;
    let recordings = [MendedRecording {
        view: view.clone(),
        bytes: Some(16_044),
    }];
    let closed = Closed::of(&world, &recordings);
    let next = (number.parse::<u64>().unwrap() + 1).to_string();
    let expected = [("conference-end", next.as_str()); 2];
    assert_eq!(closed.events(), expected);
    let end = &closed.callbacks[0];
    assert_eq!(end.field("ReasonConferenceEnded"), "last-participant-left");
    assert!(end.field("RecordingUrl").ends_with(&view.sid.to_string()));
    assert_eq!(end.field("RecordingFileSize"), "16044");
    world.input(Input::Recorded {
        recording: view.sid,
        end: RecordingEnd::Absent,
    });
    assert_eq!(ends(&conference_events(&world)), 2);
    assert!(Closed::of(&world, &[]).events().is_empty(), "sent once");
}

#[test]
fn time_is_stored_every_ten_seconds_while_calls_are_up_and_not_later() {
    let mut world = World::new();
    world.call("room");
    world.seconds(1);
    let changes = world.rows.changes;
    world.seconds(35);
    assert_eq!(
        world.rows.changes,
        changes + 3,
        "a write for each ten seconds"
    );
    let alive = world.rows.alive.unwrap();
    assert!(alive.instant + confab_terms::limits::ALIVE_INTERVAL >= world.now);
    world.hang_up(0);
    world.nothing_is_left();
    let changes = world.rows.changes;
    world.seconds(60);
    assert_eq!(world.rows.changes, changes);
}

#[test]
fn speech_that_a_kill_interrupts_ends_before_the_leave() {
    let mut world = conference_of_two();
    let unmuted = Update {
        muted: Some(false),
        ..Update::default()
    };
    let sids = world.sids();
    world.updated(sids[0], unmuted);
    let leg = conference_leg(&mut world, sids[0]);
    world.media(Event::Speech { leg, speaks: true });
    assert_eq!(
        conference_events(&world).last(),
        Some(&"participant-speech-start")
    );
    let closed = Closed::of(&world, &[]);
    let names: Vec<_> = closed.events().iter().map(|(name, _)| *name).collect();
    let expected = [
        "participant-speech-stop",
        "participant-leave",
        "participant-leave",
        "conference-end",
        "conference-end",
    ];
    assert_eq!(names, expected);
}
