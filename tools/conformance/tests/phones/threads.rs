//! Conferences on several media threads: phones that move to the thread of their conference during
//! a call are audible there, and lose no packet.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::Application;
use confab_conformance::party::{Caller, TONES, call, matrix, settle};
use confab_conformance::server::{Server, pause};
use confab_phone::{Packet, Phones};

use crate::audio::tone;

const HALL_HZ: f64 = 1_777.0;
const LEFT_OUT: &str = "confab_ticks_skipped_total";
const MOVED: &str = "confab_legs_moved_total";

/// Returns a document that dials a room.
fn dial(room: &str) -> String {
    format!("<Response><Dial><Conference>{room}</Conference></Dial></Response>")
}

#[test]
fn a_phone_that_moves_to_another_thread_is_heard_there_and_hears() {
    let app = Application::start().unwrap();
    app.serve("/hall.wav", "audio/wav", tone(HALL_HZ, 1.0));
    let hall = "<Response><Play loop=\"0\">/hall.wav</Play></Response>";
    app.serve("/voice", "text/xml", hall);
    let settings = [
        ("CONFAB_VOICE_URL", app.url("/voice")),
        ("CONFAB_MEDIA_THREADS", "3".to_owned()),
    ];
    let server = Server::start(
        &settings
            .each_ref()
            .map(|(name, value)| (*name, value.as_str())),
    );
    let server = server.unwrap();
    let api = Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();
    // Each call starts on a thread of its own.
    let names = ["agent", "customer", "supervisor"];
    let callers = names.into_iter().zip(TONES);
    let callers: Vec<Caller> = callers
        .map(|(name, hz)| call(&phones, &server, "x", name, hz).unwrap())
        .collect();
    settle();
    assert_eq!(server.metric(MOVED).unwrap(), 0);
    let calls = api.get("/Calls").unwrap().json["calls"].clone();
    let calls: Vec<String> = (calls.as_array().unwrap().iter())
        .map(|call| call["sid"].as_str().unwrap().to_owned())
        .collect();
    let all: Vec<&Caller> = callers.iter().collect();
    // Each round moves all calls into another room.
    for round in ["one", "two", "three"] {
        let from = confab_phone::now();
        for (place, call) in calls.iter().enumerate() {
            let twiml = dial(round);
            let answer = api.post(&format!("/Calls/{call}"), &[("Twiml", &twiml)]);
            assert_eq!(answer.unwrap().status, 200);
            api.seated(round, place + 1).unwrap();
        }
        settle();
        let hall = [("hall", HALL_HZ)];
        let heard = matrix(&all, &hall).unwrap();
        assert_eq!(
            heard,
            "agent: customer supervisor\ncustomer: agent supervisor\nsupervisor: agent customer\n"
        );
        let now = confab_phone::now();
        for caller in &callers {
            // No packet is missing during the move: each one follows the former one.
            let packets = caller.phone.packets_between(from, now);
            let follows = |pair: &[Packet]| {
                pair[1].sequence == pair[0].sequence.wrapping_add(1)
                    && pair[1].timestamp == pair[0].timestamp.wrapping_add(160)
            };
            let gaps = packets.windows(2).filter(|pair| !follows(pair)).count() as u64;
            // Except for ticks that a busy machine skipped.
            let left_out = server.metric(LEFT_OUT).unwrap();
            assert!(
                gaps <= left_out,
                "{}: {gaps} gaps, round {round}",
                caller.name
            );
        }
        // Back to the hall: audible to all, on each thread.
        for call in &calls {
            let answer = api.post(&format!("/Calls/{call}"), &[("Url", &app.url("/voice"))]);
            assert_eq!(answer.unwrap().status, 200);
        }
        pause(Duration::from_secs(1));
        let heard = matrix(&all, &hall).unwrap();
        assert_eq!(heard, "agent: hall\ncustomer: hall\nsupervisor: hall\n");
    }
    assert!(server.metric(MOVED).unwrap() >= 2);
    for caller in callers {
        caller.phone.hang_up().unwrap();
    }
    let within = Duration::from_secs(5);
    server
        .wait_until_none_of(&["confab_legs", "confab_calls"], within)
        .unwrap();
}
