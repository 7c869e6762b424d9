//! Updates of calls: end, and redirect to another document and back.

use confab_conference::Url;
use confab_media::{Background, Command};
use confab_sip::Ending;
use confab_switchboard::{
    CallStatus, CallUpdate, CallView, EndWish, NextDocument, Refusal, Reply, Request,
};
use confab_terms::{CallSid, Method};

use crate::harness::{Told, World, audio, document, failing};

const VOICE: &str = "http://app.example/voice";
const ROOM: &str = "<Dial action=\"/after\"><Conference statusCallback=\"/events\" \
    statusCallbackEvent=\"join leave end\">Room</Conference></Dial>";

fn call(world: &mut World, verbs: &str) -> (usize, CallSid) {
    let phone = world.call("support");
    let sid = world.call_asked();
    world.answer(VOICE, document(verbs));
    (phone, sid)
}

fn update(world: &mut World, call: CallSid, update: CallUpdate) -> Reply {
    world.ask(Request::UpdateCall { call, update })
}

fn updated(world: &mut World, call: CallSid, what: CallUpdate) -> CallView {
    match update(world, call, what) {
        Reply::Call(view) => *view,
        other => panic!("{other:?}"),
    }
}

fn end(end: EndWish) -> CallUpdate {
    CallUpdate {
        end: Some(end),
        ..CallUpdate::default()
    }
}

fn to(url: &str) -> CallUpdate {
    CallUpdate {
        next: Some(NextDocument::From(Url {
            url: url.to_owned(),
            method: Method::Get,
        })),
        ..CallUpdate::default()
    }
}

fn inline(verbs: &str) -> CallUpdate {
    CallUpdate {
        next: Some(NextDocument::Inline(format!(
            "<Response>{verbs}</Response>"
        ))),
        ..CallUpdate::default()
    }
}

#[test]
fn the_list_is_newest_first() {
    let mut world = World::new();
    assert_eq!(world.ask(Request::ListCalls), Reply::Calls(vec![]));
    for _ in 0..3 {
        world.call("room");
        world.tick();
    }
    let Reply::Calls(calls) = world.ask(Request::ListCalls) else {
        panic!("no list");
    };
    let created: Vec<_> = calls.iter().map(|call| call.date_created).collect();
    assert!(created.windows(2).all(|pair| pair[0] > pair[1]));
    assert_eq!(created.len(), 3);
}

#[test]
fn a_call_sent_elsewhere_leaves_its_conference_and_can_come_back() {
    let mut world = World::with_voice();
    let (_, anna) = call(&mut world, ROOM);
    let (boris_phone, boris) = call(&mut world, ROOM);
    assert_eq!(world.heard(), [(0, 1), (1, 0)]);
    let view = updated(&mut world, boris, to("http://app.example/hall"));
    assert_eq!(view.status, CallStatus::InProgress);
    assert_eq!(world.sids(), [anna]);
    let leave = world.callbacks.last().unwrap();
    assert_eq!(leave.field("StatusCallbackEvent"), "participant-leave");
    let reason = leave.field("ReasonParticipantLeft");
    assert_eq!(reason, "participant_updated_via_api");
    assert_eq!(leave.field("ParticipantCallStatus"), "in-progress");
    // The update sets the next document: the action of `<Dial>` is not requested.
    let urls: Vec<_> = world.fetches.iter().map(|f| f.url.as_str()).collect();
    assert_eq!(urls, ["http://app.example/hall"]);
    let status = &world.fetches[0].fields;
    assert!(status.contains(&("CallStatus".to_owned(), "in-progress".to_owned())));
    world.answer("http://app.example/hall", document("<Say>wait</Say>"));
    assert_eq!(world.said, ["wait"]);

    updated(&mut world, boris, inline(ROOM));
    assert_eq!(world.sids(), [anna, boris]);
    assert_eq!(world.heard(), [(0, 1), (1, 0)]);
    // The running speech stops before the room becomes audible.
    let silent = world.commands.iter().any(|command| {
        matches!(command, Command::SetBackground { background, .. }
            if *background == Background::None)
    });
    assert!(silent);
    assert_eq!(world.phones[boris_phone].told.last(), Some(&Told::Answered));
    world.seconds(3);
    assert_eq!(world.sids(), [anna, boris]);
    for sid in [boris, anna] {
        updated(&mut world, sid, end(EndWish::Completed));
    }
    // The end of a call requests the action of `<Dial>`. In an inline document a relative action
    // URL has no base and is omitted.
    world.answer("http://app.example/after", document(""));
    world.nothing_is_left();
}

#[test]
fn the_last_one_that_is_sent_elsewhere_ends_the_conference() {
    let mut world = World::with_voice();
    let (_, anna) = call(&mut world, ROOM);
    updated(&mut world, anna, inline("<Pause length=\"60\"/>"));
    let end = world.callbacks.last().unwrap();
    assert_eq!(
        end.field("ReasonConferenceEnded"),
        "last-participant-kicked"
    );
    assert!(world.fetches.is_empty());
    assert_eq!(world.calls_ended.len(), 0);
    updated(&mut world, anna, inline(ROOM));
    assert_eq!(world.sids(), [anna]);
    assert_eq!(world.conferences_ended.len(), 1);
}

#[test]
fn completed_hangs_up_wherever_the_call_is() {
    let mut world = World::with_voice();
    let (phone, sid) = call(&mut world, ROOM);
    let view = updated(&mut world, sid, end(EndWish::Completed));
    assert_eq!(view.status, CallStatus::Completed);
    assert!(view.end_time.is_some());
    assert_eq!(
        world.phones[phone].told.last(),
        Some(&Told::Ended(Ending::Bye))
    );
    let leave = &world.callbacks[1];
    let reason = leave.field("ReasonParticipantLeft");
    assert_eq!(reason, "participant_updated_via_api");
    assert_eq!(leave.field("ParticipantCallStatus"), "completed");
    let gone = update(&mut world, sid, end(EndWish::Completed));
    assert_eq!(gone, Reply::Refused(Refusal::NoSuchCall(sid)));

    let phone = world.call("support");
    let sid = world.call_asked();
    let view = updated(&mut world, sid, end(EndWish::Completed));
    assert_eq!(view.status, CallStatus::Canceled);
    let told = world.phones[phone].told.last();
    assert_eq!(told, Some(&Told::Ended(Ending::Refused(603))));
}

#[test]
fn canceled_spares_a_call_that_was_answered() {
    let mut world = World::with_voice();
    let (_, sid) = call(&mut world, ROOM);
    let view = updated(&mut world, sid, end(EndWish::Canceled));
    assert_eq!(view.status, CallStatus::InProgress);
    assert_eq!(world.sids(), [sid]);
    world.call("support");
    let sid = world.call_asked();
    let view = updated(&mut world, sid, end(EndWish::Canceled));
    assert_eq!(view.status, CallStatus::Canceled);
    assert_eq!(world.calls_ended.len(), 1);
}

#[test]
fn a_call_that_rings_or_pauses_is_sent_elsewhere_too() {
    let mut world = World::with_voice();
    let phone = world.call("support");
    let sid = world.call_asked();
    updated(&mut world, sid, inline("<Pause length=\"5\"/><Reject/>"));
    updated(&mut world, sid, inline(ROOM));
    assert_eq!(world.phones[phone].told, [Told::Ringing, Told::Answered]);
    assert_eq!(world.sids(), [sid]);
    world.answer(VOICE, document("<Hangup/>"));
    world.seconds(20);
    assert_eq!(world.sids(), [sid]);
}

#[test]
fn a_document_that_cannot_be_read_changes_nothing() {
    let mut world = World::with_voice();
    let (_, sid) = call(&mut world, ROOM);
    let refused = update(&mut world, sid, inline("<Dial>"));
    let Reply::Refused(Refusal::BadDocument { code, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(code, 12100);
    assert_eq!(world.sids(), [sid]);
    updated(&mut world, sid, CallUpdate::default());
    assert_eq!(world.sids(), [sid]);
}

#[test]
fn a_call_sent_to_nothing_is_hung_up() {
    let mut world = World::with_voice();
    let (phone, sid) = call(&mut world, "<Play loop=\"0\">a.wav</Play>");
    world.answer("http://app.example/a.wav", audio());
    updated(&mut world, sid, to("http://app.example/none"));
    world.seconds(2);
    world.answer("http://app.example/none", failing(11217));
    assert_eq!(
        world.phones[phone].told.last(),
        Some(&Told::Ended(Ending::Bye))
    );
    assert_eq!(world.notices[0].code, 11217);
    world.nothing_is_left();
}
