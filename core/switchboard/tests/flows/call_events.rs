//! Status callbacks of a call: requested events only, numbered from 0 without gaps.

use std::collections::BTreeMap;

use confab_conference::Url;
use confab_switchboard::{CallCallback, CallEvent, CallUpdate, Request};
use confab_terms::{CallSid, Method};

use crate::harness::{Told, World, document};

const VOICE: &str = "http://app.example/voice";
const ROOM: &str = "<Dial><Conference>Room</Conference></Dial>";
const ALL: [CallEvent; 4] = [
    CallEvent::Initiated,
    CallEvent::Ringing,
    CallEvent::Answered,
    CallEvent::Completed,
];

/// Returns number and status of each event of a call.
fn told(world: &World, call: CallSid) -> Vec<(String, String)> {
    let call = call.to_string();
    let of_it = world
        .callbacks
        .iter()
        .filter(|c| c.field("CallSid") == call);
    of_it
        .filter(|c| c.field("CallbackSource") == "call-progress-events")
        .map(|c| {
            let number = c.field("SequenceNumber").to_owned();
            (number, c.field("CallStatus").to_owned())
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |&(number, status): &(&str, &str)| (number.to_owned(), status.to_owned());
    expected.iter().map(owned).collect()
}

#[test]
fn a_call_begins_rings_is_answered_and_ends() {
    let mut world = World::told_of(&ALL);
    let phone = world.call("x");
    let call = world.call_asked();
    let begun = [("0", "initiated"), ("1", "ringing")];
    assert_eq!(told(&world, call), pairs(&begun));
    world.seconds(2);
    world.answer(VOICE, document(ROOM));
    assert_eq!(told(&world, call).len(), 3);
    let answered = world.callbacks[2].clone();
    assert_eq!(answered.field("SipResultCode"), "200");
    assert_eq!(answered.field("SipInviteResultPhrase"), "OK");
    assert_eq!(answered.field("CallDuration"), "");
    assert_eq!(answered.field("AudioInMos"), "0.0");
    world.seconds(5);
    world.hang_up(phone);
    let whole = [
        ("0", "initiated"),
        ("1", "ringing"),
        ("2", "in-progress"),
        ("3", "completed"),
    ];
    assert_eq!(told(&world, call), pairs(&whole));
    let over = world.callbacks.last().unwrap();
    assert_eq!(over.field("CallDuration"), "5");
    // One packet per tick since the answer; no speech.
    assert_eq!(over.field("AudioOutMediaPacketCount"), "250");
    assert_eq!(over.field("AudioInMediaPacketCount"), "0");
    world.nothing_is_left();
}

#[test]
fn only_what_was_asked_for_is_told_and_numbered() {
    let mut world = World::told_of(&[CallEvent::Answered, CallEvent::Completed]);
    let phone = world.call("x");
    let first = world.call_asked();
    world.answer(VOICE, document(ROOM));
    world.hang_up(phone);
    assert_eq!(
        told(&world, first),
        pairs(&[("0", "in-progress"), ("1", "completed")])
    );
    // A call that is never answered sends the event of its end only.
    world.call("x");
    let second = world.call_asked();
    world.answer(VOICE, document("<Reject reason=\"busy\"/>"));
    assert_eq!(told(&world, second), pairs(&[("0", "busy")]));
    let over = world.callbacks.last().unwrap();
    assert_eq!(over.field("SipResultCode"), "486");
    assert_eq!(over.field("SipInviteResultPhrase"), "Busy Here");
    world.nothing_is_left();
}

#[test]
fn an_update_changes_who_is_told_and_of_what_and_the_numbers_go_on() {
    let mut world = World::told_of(&[CallEvent::Initiated]);
    let phone = world.call("x");
    let call = world.call_asked();
    let to = Url {
        url: "http://other.example/calls".to_owned(),
        method: Method::Get,
    };
    let update = CallUpdate {
        status_callback: Some(CallCallback::new(to, vec![CallEvent::Answered])),
        ..CallUpdate::default()
    };
    world.ask(Request::UpdateCall { call, update });
    world.answer(VOICE, document(ROOM));
    world.hang_up(phone);
    let expected = [("0", "initiated"), ("1", "in-progress")];
    assert_eq!(told(&world, call), pairs(&expected));
    let urls: Vec<_> = world.callbacks.iter().map(|c| c.url.as_str()).collect();
    let first = "http://app.example/calls";
    assert_eq!(urls, [first, "http://other.example/calls"]);
}

#[test]
fn the_end_is_told_without_figures_if_media_is_deaf() {
    let mut world = World::told_of(&[]);
    let phone = world.call("x");
    world.answer(VOICE, document(ROOM));
    world.deaf = true;
    world.hang_up(phone);
    assert!(world.callbacks.is_empty());
    assert!(!world.board.is_idle());
    world.seconds(1);
    assert_eq!(world.callbacks.len(), 1);
    assert_eq!(world.callbacks[0].field("AudioOutMediaPacketCount"), "0");
}

#[test]
fn every_event_has_every_figure() {
    let mut world = World::told_of(&ALL);
    let phone = world.call("x");
    world.answer(VOICE, document(ROOM));
    world.hang_up(phone);
    let names = |fields: &BTreeMap<String, String>| {
        let names = fields.keys().filter(|name| name.starts_with("Audio"));
        names.count()
    };
    assert_eq!(world.callbacks.len(), 4);
    assert!(world.callbacks.iter().all(|c| names(&c.fields) == 11));
}

#[test]
fn one_that_was_answered_for_a_seat_that_is_gone_does_not_ring_any_more() {
    let mut world = World::told_of(&ALL);
    let anna = world.call("room");
    world.answer(VOICE, document(ROOM));
    world.tick();
    world.slow = true;
    let clara = world.call_replacing("other", anna);
    world.hang_up(anna);
    let leg = world.legs_wanted[0];
    world.open(leg);
    world.tick();
    assert_eq!(world.phones[clara].told, [Told::Answered]);
    let call = world.call_asked();
    let expected = [("0", "initiated"), ("1", "in-progress")];
    assert_eq!(told(&world, call), pairs(&expected));
}
