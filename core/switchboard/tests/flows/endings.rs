//! End of calls and conferences for any cause at any time; no state is left.

use std::time::Duration;

use confab_conference::{EndReason, Key, Target, Update};
use confab_sip::Ending;
use confab_switchboard::{CallStatus, Input, Refusal, Reply, Request};
use confab_terms::SocketAddr;

use crate::harness::{Told, World, document};

#[test]
fn a_hang_up_leaves_the_conference_and_nothing_behind() {
    let mut world = World::new();
    let anna = world.call("room");
    world.call("room");
    world.seconds(2);
    world.hang_up(anna);
    assert_eq!(world.participants().len(), 1);
    let call = &world.calls_ended[0];
    assert_eq!(call.status, CallStatus::Completed);
    assert_eq!(call.sip_result_code, Some(200));
    let lasted = call.end_time.unwrap().0 - call.start_time.unwrap().0;
    assert!((2_000..2_100).contains(&lasted), "{lasted}");
    world.hang_up(1);
    let conference = &world.conferences_ended[0];
    assert_eq!(conference.end_reason, Some(EndReason::LastParticipantLeft));
    world.nothing_is_left();
    assert_eq!(
        (world.calls_ended.len(), world.conferences_ended.len()),
        (2, 1)
    );
}

#[test]
fn a_cancel_while_the_document_is_fetched() {
    let mut world = World::with_voice();
    let anna = world.call("x");
    world.hang_up(anna);
    assert_eq!(world.calls_ended[0].status, CallStatus::Canceled);
    assert_eq!(world.calls_ended[0].start_time, None);
    world.answer("http://app.example/voice", document("<Say>late</Say>"));
    assert!(world.said.is_empty());
    world.nothing_is_left();
}

#[test]
fn the_end_in_the_middle_of_anything() {
    let verbs = "<Play>a.wav</Play><Dial><Conference>Room</Conference></Dial>";
    for ms in [0, 10, 100, 600, 1_000, 1_020, 1_500] {
        let mut world = World::with_voice();
        let anna = world.call("x");
        world.answer("http://app.example/voice", document(verbs));
        if ms > 0 {
            world.answer("http://app.example/a.wav", crate::harness::audio());
        }
        world.run(Duration::from_millis(ms));
        world.hang_up(anna);
        assert_eq!(world.calls_ended.len(), 1, "after {ms} ms");
        world.nothing_is_left();
    }
}

#[test]
fn a_conference_is_completed_by_the_api_and_its_name_is_free() {
    let mut world = World::new();
    world.call("room");
    world.call("room");
    let conference = world.conference();
    let complete = Request::UpdateConference {
        conference,
        complete: true,
        announce: None,
    };
    let reply = world.ask(complete);
    let Reply::Conference(view) = reply else {
        panic!("{reply:?}");
    };
    assert_eq!(view.end_reason, Some(EndReason::EndedViaApi));
    world.seconds(1);
    for phone in &world.phones {
        assert_eq!(phone.told.last(), Some(&Told::Ended(Ending::Bye)));
    }
    let reply = world.ask(Request::FetchConference { conference });
    assert_eq!(reply, Reply::Refused(Refusal::NoSuchConference(conference)));
    world.call("room");
    assert_ne!(world.conference(), conference);
}

#[test]
fn whoever_ends_it_on_exit_takes_all_along() {
    let mut world = World::new();
    world.call("room");
    world.call("room");
    let sids = world.sids();
    let ends = Update {
        end_conference_on_exit: Some(true),
        ..Update::default()
    };
    world.updated(sids[0], ends);
    world.hang_up(0);
    assert!(world.conferences().is_empty());
    let conference = &world.conferences_ended[0];
    assert_eq!(conference.end_reason, Some(EndReason::EndOnExitLeft));
    assert_eq!(conference.call_ending, Some(sids[0]));
    world.nothing_is_left();
    assert_eq!(world.calls_ended.len(), 2);
}

#[test]
fn a_removed_participant_goes_on_or_is_hung_up() {
    let mut world = World::new();
    world.call("room");
    world.call("room");
    let sids = world.sids();
    let conference = world.conference();
    let key = Key::Call(sids[0]);
    let reply = world.ask(Request::RemoveParticipant { conference, key });
    assert_eq!(reply, Reply::Removed);
    assert_eq!(world.phones[0].told.last(), Some(&Told::Ended(Ending::Bye)));
    let key = Key::Call(sids[1]);
    let reply = world.ask(Request::RemoveParticipant { conference, key });
    assert_eq!(
        reply,
        Reply::Removed,
        "the last one, and with it the conference"
    );
    world.nothing_is_left();
    let conference = &world.conferences_ended[0];
    assert_eq!(
        conference.end_reason,
        Some(EndReason::LastParticipantKicked)
    );
}

#[test]
fn a_drain_takes_no_new_call_and_then_ends_the_others() {
    let mut world = World::new();
    let anna = world.call("room");
    world.input(Input::Drain);
    let boris = world.call("room");
    let refused = Told::Ended(Ending::Refused(503));
    assert_eq!(world.phones[boris].told, [refused]);
    assert!(!world.board.is_idle());
    assert_eq!(world.participants().len(), 1);
    world.input(Input::HangUpAll);
    assert_eq!(
        world.phones[anna].told.last(),
        Some(&Told::Ended(Ending::Bye))
    );
    assert!(world.board.is_idle());
    assert_eq!(world.board.counters().calls_refused, 1);
    world.nothing_is_left();
}

#[test]
fn a_thread_that_is_full_takes_no_new_call_until_it_has_room() {
    let mut world = World::new();
    let anna = world.call("room");
    let is = |overloaded| Input::Load {
        thread: 0,
        busy_percent: 60,
        overloaded,
    };
    // A repeated report changes nothing.
    world.input(is(true));
    world.input(is(true));
    let boris = world.call("room");
    let refused = Told::Ended(Ending::Refused(503));
    assert_eq!(world.phones[boris].told, [refused]);
    assert!(
        world.phones[anna]
            .told
            .iter()
            .all(|told| !matches!(told, Told::Ended(_)))
    );
    world.input(is(false));
    let clara = world.call("room");
    assert!(
        world.phones[clara]
            .told
            .iter()
            .all(|told| !matches!(told, Told::Ended(_)))
    );
    assert_eq!(world.participants().len(), 2);
    assert_eq!(world.board.counters().calls_refused, 1);
}

#[test]
fn an_ack_that_never_comes_ends_the_call() {
    let mut world = World::new();
    let anna = world.call("room");
    // The ACK of the second phone is lost, because all datagrams to that phone are lost.
    let now = world.now;
    let at = world.phones.len();
    world.phones.push(crate::harness::Phone::new(at));
    world.phones[at].call(now, "room");
    let invite = world.phones[at].poll(now).remove(0);
    let from = "127.0.0.3:9".parse().unwrap();
    world.input(Input::Datagram {
        from,
        bytes: invite,
    });
    assert_eq!(world.participants().len(), 1, "expected, not seated");
    world.seconds(40);
    assert_eq!(world.board.counters().calls, 1);
    assert_eq!(world.calls_ended[0].status, CallStatus::Failed);
    world.hang_up(anna);
    world.phones.pop();
    world.nothing_is_left();
}

/// Seats one call, and answers another one whose 200 is lost until the returned address is
/// restored.
fn one_seated_one_expected(world: &mut World) -> SocketAddr {
    world.call("room");
    let now = world.now;
    let at = world.phones.len();
    world.phones.push(crate::harness::Phone::new(at));
    world.phones[at].call(now, "room");
    let datagrams = world.phones[at].poll(now);
    let from = world.phones[at].address;
    world.phones[at].address = "127.0.0.9:1".parse().unwrap();
    for bytes in datagrams {
        world.input(Input::Datagram { from, bytes });
    }
    from
}

fn complete(world: &mut World) {
    let conference = world.conference();
    world.ask(Request::UpdateConference {
        conference,
        complete: true,
        announce: None,
    });
}

#[test]
fn one_that_is_expected_when_the_conference_ends_comes_to_the_next() {
    let mut world = World::new();
    let from = one_seated_one_expected(&mut world);
    let conference = world.conference();
    complete(&mut world);
    world.phones[1].address = from;
    world.seconds(1);
    assert_ne!(world.conference(), conference);
    assert_eq!(world.participants().len(), 1);
}

#[test]
fn one_that_was_to_whisper_in_a_conference_that_ended_speaks_in_no_other() {
    let mut world = World::new();
    let from = one_seated_one_expected(&mut world);
    let anna = world.sids()[0];
    let Reply::Calls(calls) = world.ask(Request::ListCalls) else {
        panic!("a list of calls");
    };
    let coach = calls.iter().map(|call| call.sid).find(|sid| *sid != anna);
    let update = Update {
        call_sid_to_coach: Some(Target::Call(anna)),
        ..Update::default()
    };
    let (told, _) = world.updated(coach.unwrap(), update);
    assert!(told.state.coaching && !told.state.seated);
    complete(&mut world);
    world.phones[1].address = from;
    world.seconds(2);
    assert!(world.conferences().is_empty(), "it joined another");
    assert_eq!(world.board.counters().calls, 0);
}
