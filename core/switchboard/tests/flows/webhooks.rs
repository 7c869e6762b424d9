//! Webhooks of a conference: in order, without gaps, each one once.

use confab_conference::Update;
use confab_media::Event;
use confab_switchboard::CallStatus;

use crate::harness::{World, document};

const VOICE: &str = "http://app.example/voice";

fn join(world: &mut World, attributes: &str) {
    world.call("x");
    let dial = format!("<Dial><Conference {attributes}>Room &amp; 1</Conference></Dial>");
    world.answer(VOICE, document(&dial));
}

const ALL: &str = "statusCallback=\"https://app.example/events\" \
    statusCallbackEvent=\"start end join leave mute hold modify announcement\" \
    eventCallbackUrl=\"/over\" participantLabel=\"agent\"";

#[test]
fn a_whole_life_in_order() {
    let mut world = World::with_voice();
    join(&mut world, ALL);
    join(&mut world, "statusCallback=\"http://ignored.example/\"");
    let sids = world.sids();
    for muted in [true, false] {
        let update = Update {
            muted: Some(muted),
            hold: Some(muted),
            ..Update::default()
        };
        world.updated(sids[0], update);
    }
    world.seconds(1);
    world.hang_up(1);
    world.hang_up(0);
    let expected = [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-mute",
        "participant-hold",
        "participant-unmute",
        "participant-unhold",
        "participant-leave",
        "participant-leave",
        "conference-end",
        "conference-end",
    ];
    assert_eq!(world.events(), expected);
    let numbers: Vec<_> = world
        .callbacks
        .iter()
        .map(|c| c.field("SequenceNumber"))
        .collect();
    assert_eq!(
        numbers,
        ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "10"]
    );
    let urls: Vec<_> = world.callbacks.iter().map(|c| c.url.as_str()).collect();
    assert_eq!(urls[10], "http://app.example/over");
    assert!(
        urls[..10]
            .iter()
            .all(|url| *url == "https://app.example/events")
    );

    let join = &world.callbacks[0];
    for (name, value) in [
        ("FriendlyName", "Room & 1"),
        ("CallSid", &sids[0].to_string()),
        ("CallStatus", "in-progress"),
        ("ApiVersion", "2010-04-01"),
        ("Direction", "inbound"),
        ("Muted", "false"),
        ("Hold", "false"),
        ("Coaching", "false"),
        ("EndConferenceOnExit", "false"),
        ("StartConferenceOnEnter", "true"),
        ("ParticipantLabel", "agent"),
    ] {
        assert_eq!(join.field(name), value, "{name}");
    }
    assert!(join.field("Timestamp").ends_with("+0000"));
    let leave = &world.callbacks[7];
    assert_eq!(leave.field("CallSid"), sids[1].to_string());
    assert_eq!(leave.field("ReasonParticipantLeft"), "participant_hung_up");
    assert_eq!(leave.field("ParticipantCallStatus"), "completed");
    let end = &world.callbacks[9];
    assert_eq!(end.field("ReasonConferenceEnded"), "last-participant-left");
    assert_eq!(end.field("CallSidEndingConference"), sids[0].to_string());
    assert_eq!(end.field("ParticipantLabelEndingConference"), "agent");
    assert_eq!(end.field("Duration"), "1");
    world.nothing_is_left();
}

#[test]
fn only_what_was_asked_for_and_still_without_a_gap() {
    let mut world = World::with_voice();
    let some = "statusCallback=\"/events\" statusCallbackEvent=\"leave mute\"";
    join(&mut world, some);
    join(&mut world, "");
    let sids = world.sids();
    let update = Update {
        muted: Some(true),
        hold: Some(true),
        ..Update::default()
    };
    world.updated(sids[1], update);
    world.hang_up(0);
    world.hang_up(1);
    let leave = "participant-leave";
    assert_eq!(world.events(), ["participant-mute", leave, leave]);
    let numbers: Vec<_> = world
        .callbacks
        .iter()
        .map(|c| c.field("SequenceNumber"))
        .collect();
    assert_eq!(numbers, ["1", "2", "3"]);
}

#[test]
fn no_events_named_no_events_told() {
    let mut world = World::with_voice();
    join(&mut world, "statusCallback=\"/events\"");
    join(&mut world, "");
    world.hang_up(0);
    world.hang_up(1);
    assert!(world.callbacks.is_empty());
}

#[test]
fn one_that_came_and_found_no_seat_is_told_of() {
    let mut world = World::with_voice();
    world.slow = true;
    let small = "maxParticipants=\"1\" statusCallback=\"/events\" \
        statusCallbackEvent=\"join leave speaker\"";
    join(&mut world, small);
    join(&mut world, small);
    let second = world.call_asked();
    for leg in std::mem::take(&mut world.legs_wanted) {
        world.open(leg);
    }
    assert_eq!(world.events(), ["participant-join", "participant-leave"]);
    let failed = &world.callbacks[1];
    assert_eq!(failed.field("CallSid"), second.to_string());
    assert_eq!(failed.field("SequenceNumber"), "2");
    let reason = failed.field("ReasonParticipantLeft");
    assert_eq!(reason, "participant_add_failed");
    assert_eq!(failed.field("ParticipantCallStatus"), "in-progress");
}

#[test]
fn speech_is_told_from_the_level_of_what_comes_in() {
    let mut world = World::with_voice();
    join(
        &mut world,
        "statusCallback=\"/events\" statusCallbackEvent=\"speaker\"",
    );
    join(&mut world, "");
    let sids = world.sids();
    let talk = |world: &mut World, ticks| {
        for _ in 0..ticks {
            world.talk(1);
            world.tick();
        }
    };
    talk(&mut world, 50);
    assert_eq!(world.events(), ["participant-speech-start"]);
    assert_eq!(world.callbacks[0].field("CallSid"), sids[1].to_string());
    let update = Update {
        muted: Some(true),
        ..Update::default()
    };
    world.updated(sids[1], update);
    talk(&mut world, 100);
    let told = ["participant-speech-start", "participant-speech-stop"];
    assert_eq!(world.events(), told);
    assert_eq!(world.callbacks[1].field("Muted"), "true");
    assert_eq!(world.callbacks[1].field("SequenceNumber"), "2");
}

#[test]
fn phone_that_answers_no_probe_leaves_for_a_media_timeout() {
    let mut world = World::with_voice();
    join(&mut world, ALL);
    join(&mut world, "");
    let silent = world.participants()[1].clone();
    world.phones[1].address = "127.0.0.9:1".parse().unwrap();
    let leg = silent.state.leg;
    world.media(Event::MediaTimeout { leg });
    let probe = world.strays.last().unwrap();
    assert!(
        probe.starts_with("UPDATE ") || probe.starts_with("INVITE "),
        "{probe}"
    );
    world.seconds(40);
    assert_eq!(world.sids().len(), 1);
    let leave = world.callbacks.last().unwrap();
    assert_eq!(leave.field("CallSid"), silent.state.call.to_string());
    assert_eq!(leave.field("ReasonParticipantLeft"), "media_timeout");
    assert_eq!(world.calls_ended[0].status, CallStatus::Completed);
    assert!(world.strays.last().unwrap().starts_with("BYE "));
}
