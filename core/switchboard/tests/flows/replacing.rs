//! Replacement of a call by another one (RFC 3891): seat, document, and end of the replaced call.

use confab_conference::{Target, Update};
use confab_sip::Ending;
use confab_switchboard::{CallStatus, Reply};
use confab_terms::CallSid;

use crate::harness::{Told, World, document};

const ROOM: &str = "<Dial action='/after'>\
    <Conference statusCallback='http://app.example/events' statusCallbackEvent='join leave end' \
    endConferenceOnExit='true'>Room</Conference></Dial>";

fn ended_by_us(world: &World, phone: usize) -> bool {
    world.phones[phone].told.last() == Some(&Told::Ended(Ending::Bye))
}

fn coach(world: &mut World, coach: CallSid, target: CallSid) {
    let update = Update {
        call_sid_to_coach: Some(Target::Call(target)),
        ..Update::default()
    };
    assert!(matches!(
        world.update(coach, update),
        Reply::Participant { .. }
    ));
}

#[test]
fn the_seat_goes_over_and_the_old_call_ends() {
    let mut world = World::new();
    let anna = world.call("room");
    world.call("room");
    world.tick();
    let before = world.sids();
    let muted = Update {
        muted: Some(true),
        ..Update::default()
    };
    world.updated(before[0], muted);
    let carla = world.call_replacing("elsewhere", anna);
    world.tick();
    assert_eq!(world.phones[carla].told, [Told::Answered]);
    assert!(ended_by_us(&world, anna), "{:?}", world.phones[anna].told);
    let seated = world.participants();
    assert_eq!(seated.len(), 2);
    assert_eq!(seated[0].state.call, before[1]);
    let new = &seated[1].state;
    assert!(new.muted && !before.contains(&new.call), "{new:?}");
    // Pairs are (listener, speaker): the new call is muted, the other one is not.
    assert_eq!(world.heard(), [(1, 0)]);
    let old = &world.calls_ended[0];
    assert_eq!((old.sid, old.status), (before[0], CallStatus::Completed));
    for phone in [1, carla] {
        let now = world.now;
        world.phones[phone].hang_up(now);
        world.poll_phone(phone);
    }
    world.nothing_is_left();
    assert_eq!(
        world.conferences_ended.len(),
        1,
        "it never was another conference"
    );
}

#[test]
fn the_document_goes_on_and_the_application_is_told() {
    let mut world = World::with_operator();
    let anna = world.call("x");
    world.answer("http://app.example/voice", document(ROOM));
    let old = world.sids()[0];
    let fetches = world.fetches.len();
    let carla = world.call_replacing("x", anna);
    world.tick();
    let new = world.sids()[0];
    assert_eq!(
        world.fetches.len(),
        fetches,
        "nobody is asked what it is to do"
    );
    let told: Vec<(&str, CallSid)> = world
        .callbacks
        .iter()
        .map(|told| {
            (
                told.field("StatusCallbackEvent"),
                told.field("CallSid").parse().unwrap(),
            )
        })
        .collect();
    let events = [
        ("participant-join", old),
        ("participant-join", new),
        ("participant-leave", old),
        ("", old),
    ];
    assert_eq!(told, events);
    assert_eq!(world.callbacks[3].field("CallStatus"), "completed");
    // The new call hangs up: the action of `<Dial>` names the new call, and the conference ends.
    let now = world.now;
    world.phones[carla].hang_up(now);
    world.poll_phone(carla);
    let action = world.fetches.last().unwrap();
    assert_eq!(action.url, "http://app.example/after");
    assert!(
        action
            .fields
            .contains(&("CallSid".to_owned(), new.to_string()))
    );
    assert_eq!(world.conferences_ended.len(), 1);
    world.answer("http://app.example/after", document(""));
    world.nothing_is_left();
}

#[test]
fn a_coach_is_replaced_by_a_coach_and_a_target_by_nobody_s_target() {
    let mut world = World::new();
    for _ in 0..3 {
        world.call("room");
    }
    world.tick();
    let sids = world.sids();
    coach(&mut world, sids[2], sids[0]);
    let new_coach = world.call_replacing("x", 2);
    world.tick();
    // Order: anna, boris, new coach. boris does not hear the coach.
    assert_eq!(world.heard(), [(0, 1), (0, 2), (1, 0), (2, 0), (2, 1)]);
    world.call_replacing("x", 0);
    world.tick();
    // Order: boris, coach, replacement of anna.
    assert_eq!(world.heard(), [(0, 2), (1, 0), (1, 2), (2, 0)]);
    let states = world.participants();
    let coach = &states[1].state;
    assert!(
        coach.coaching && coach.call_sid_to_coach.is_none(),
        "{coach:?}"
    );
    assert!(!ended_by_us(&world, new_coach));
}

#[test]
fn a_call_without_a_seat_is_ended_and_the_new_one_begins_as_any_other() {
    let mut world = World::with_voice();
    let anna = world.call("x");
    world.answer(
        "http://app.example/voice",
        document("<Say>a</Say><Pause length='60'/>"),
    );
    world.seconds(5);
    let carla = world.call_replacing("x", anna);
    assert!(!ended_by_us(&world, anna), "not before the new one is up");
    world.answer(
        "http://app.example/voice",
        document("<Dial><Conference>R</Conference></Dial>"),
    );
    world.tick();
    assert!(ended_by_us(&world, anna));
    assert_eq!(world.phones[carla].told.last(), Some(&Told::Answered));
    assert_eq!(world.participants().len(), 1);
}

#[test]
fn who_left_meanwhile_leaves_a_call_like_any_other() {
    let mut world = World::new();
    let anna = world.call("room");
    world.call("room");
    world.tick();
    world.slow = true;
    let carla = world.call_replacing("other", anna);
    let now = world.now;
    world.phones[anna].hang_up(now);
    world.poll_phone(anna);
    let leg = world.legs_wanted[0];
    world.open(leg);
    world.tick();
    assert_eq!(world.phones[carla].told, [Told::Answered]);
    let mut names: Vec<String> = Vec::new();
    names.extend(
        world
            .conferences()
            .into_iter()
            .map(|view| view.friendly_name),
    );
    names.sort();
    assert_eq!(names, ["other", "room"], "it is where it dialled");
}

#[test]
fn no_answer_to_its_offer_leaves_the_other_where_it_is() {
    let mut world = World::new();
    let anna = world.call("room");
    world.tick();
    world.ports_left = 0;
    let carla = world.call_replacing("x", anna);
    assert_eq!(
        world.phones[carla].told,
        [Told::Ended(Ending::Refused(503))]
    );
    world.tick();
    assert!(!ended_by_us(&world, anna));
    assert_eq!(world.participants().len(), 1);
}
