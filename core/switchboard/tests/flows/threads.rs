//! Placement of conferences on media threads: opening and moves of legs.

use confab_media::Engine;
use confab_sip::Ending;
use confab_switchboard::{Input, Output};

use super::harness::{Told, World, document};

/// Returns the openings and moves of legs in their order.
fn places(world: &World) -> Vec<String> {
    let place = |output: &Output| match output {
        Output::OpenLeg { thread, .. } => Some(format!("opens on {thread}")),
        Output::MoveLeg { from, to, .. } => Some(format!("moves from {from} to {to}")),
        _ => None,
    };
    world.log.iter().filter_map(place).collect()
}

fn load(thread: u16, busy_percent: u8, overloaded: bool) -> Input {
    Input::Load {
        thread,
        busy_percent,
        overloaded,
    }
}

fn dial(room: &str) -> String {
    format!("<Dial><Conference>{room}</Conference></Dial>")
}

#[test]
fn who_dials_a_conference_is_opened_where_it_is() {
    let mut world = World::new();
    world.call("red");
    world.call("blue");
    world.call("red");
    world.call("red");
    // Two of three legs are on the first thread.
    world.call("green");
    world.call("green");
    let expected = [0, 1, 0, 0, 1, 1].map(|thread| format!("opens on {thread}"));
    assert_eq!(places(&world), expected);
    assert_eq!(world.board.counters().legs_moved, 0);
}

#[test]
fn a_busy_thread_gets_no_new_conference() {
    let mut world = World::new();
    world.input(load(0, 40, false));
    world.call("red");
    world.call("blue");
    assert_eq!(places(&world), ["opens on 1", "opens on 1"]);
    world.input(load(0, 4, false));
    world.call("green");
    assert_eq!(places(&world)[2], "opens on 0");
}

#[test]
fn who_has_played_something_moves_to_its_conference_and_is_heard_there() {
    let mut world = World::with_voice();
    let anna = world.call("a");
    world.answer("http://app.example/voice", document(&dial("room")));
    let boris = world.call("b");
    let played = "<Play>http://app.example/hello.wav</Play>\
                  <Dial><Conference>room</Conference></Dial>";
    world.answer("http://app.example/voice", document(played));
    world.answer("http://app.example/hello.wav", super::harness::audio());
    assert_eq!(places(&world), ["opens on 0", "opens on 1"]);
    world.seconds(2);
    assert_eq!(places(&world)[2..], ["moves from 1 to 0"]);
    assert_eq!(world.heard(), [(0, 1), (1, 0)]);
    for _ in 0..10 {
        world.talk(anna);
        world.talk(boris);
        world.tick();
    }
    let counts = world.engines.iter().map(Engine::leg_count);
    assert_eq!(counts.collect::<Vec<_>>(), [2, 0]);
    world.hang_up(anna);
    world.hang_up(boris);
    world.nothing_is_left();
}

#[test]
fn a_full_thread_takes_nobody_into_its_conferences_but_others_go_on() {
    let mut world = World::new();
    world.call("red");
    world.input(load(0, 70, true));
    let late = world.call("red");
    let refused = Told::Ended(Ending::Refused(503));
    assert_eq!(world.phones[late].told, [refused]);
    world.call("blue");
    assert_eq!(places(&world), ["opens on 0", "opens on 1"]);
    assert_eq!(world.board.counters().calls_refused, 1);
    assert_eq!(world.conferences().len(), 2);
}
