//! A phone that replaces another one (RFC 3891): audibility before and after, and the effects on
//! the others.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::party::{Caller, DBFS, TONES, call, matrix, settle};
use confab_conformance::server::Server;
use confab_phone::{PhoneConfig, Phones, State, Voice};

/// Returns whether a call was rejected with this status.
fn is_refused_with(state: State, status: u16) -> bool {
    format!("{state:?}").contains(&format!("Refused({status})"))
}

/// Calls from a phone with this value of `Replaces`.
fn replacing(phones: &Phones, server: &Server, place: &str) -> Caller {
    let voice = Voice::Tone {
        hz: TONES[2],
        dbfs: DBFS,
    };
    let mut config = PhoneConfig::new(server.sip.parse().unwrap(), "anywhere", "carla");
    config.headers.push(("Replaces".into(), place.into()));
    Caller {
        name: "carla",
        hz: TONES[2],
        phone: phones.call(&config.saying(voice)).unwrap(),
    }
}

#[test]
fn the_new_phone_is_heard_where_the_old_one_was() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();
    let anna = call(&phones, &server, "desk", "anna", TONES[0]).unwrap();
    let boris = call(&phones, &server, "desk", "boris", TONES[1]).unwrap();
    let (conference, before) = api.seated("desk", 2).unwrap();
    settle();
    let heard = matrix(&[&anna, &boris], &[("carla", TONES[2])]).unwrap();
    assert_eq!(heard, "anna: boris\nboris: anna\n");

    let place = boris.phone.place().unwrap();
    let carla = replacing(&phones, &server, &place);
    carla
        .phone
        .wait_until_talking(Duration::from_secs(5))
        .unwrap();
    let ended = boris
        .phone
        .wait_until_ended(Duration::from_secs(5))
        .unwrap();
    assert_eq!(format!("{ended:?}"), "Ended(Bye)");
    let (same, seated) = api.seated("desk", 2).unwrap();
    assert_eq!(same, conference);
    assert_eq!(seated[0]["call_sid"], before[0]["call_sid"]);
    assert_ne!(seated[1]["call_sid"], before[1]["call_sid"]);
    settle();
    let heard = matrix(&[&anna, &carla], &[("boris", TONES[1])]).unwrap();
    assert_eq!(heard, "anna: carla\ncarla: anna\n");
    let old = before[1]["call_sid"].as_str().unwrap();
    let old = api.get(&format!("/Calls/{old}")).unwrap().json;
    assert_eq!(old["status"], "completed");

    // The replaced call is gone, and its place with it.
    let late = replacing(&phones, &server, &place);
    let state = late.phone.wait_until_ended(Duration::from_secs(5)).unwrap();
    assert!(
        is_refused_with(state, 481) || is_refused_with(state, 603),
        "{state:?}"
    );
}

#[test]
fn a_coach_is_replaced_without_a_word_to_the_customer() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();
    let agent = call(&phones, &server, "coached", "agent", TONES[0]).unwrap();
    let customer = call(&phones, &server, "coached", "customer", TONES[1]).unwrap();
    let coach = call(&phones, &server, "coached", "coach", TONES[3]).unwrap();
    let (conference, seated) = api.seated("coached", 3).unwrap();
    let sid = |n: usize| seated[n]["call_sid"].as_str().unwrap().to_owned();
    let path = format!("/Conferences/{conference}/Participants/{}", sid(2));
    let form = [("CallSidToCoach", &*sid(0))];
    assert_eq!(api.post(&path, &form).unwrap().status, 200);
    settle();
    let from = confab_phone::now();
    let carla = replacing(&phones, &server, &coach.phone.place().unwrap());
    carla
        .phone
        .wait_until_talking(Duration::from_secs(5))
        .unwrap();
    coach
        .phone
        .wait_until_ended(Duration::from_secs(5))
        .unwrap();
    settle();
    let heard = matrix(&[&agent, &customer, &carla], &[]).unwrap();
    assert_eq!(
        heard,
        "agent: customer carla\ncustomer: agent\ncarla: agent customer\n"
    );
    // Not even in one frame.
    let all = customer.phone.packets_between(from, confab_phone::now());
    let frames = confab_phone::heard::frames(&all);
    assert!(frames.len() > 20);
    for hz in [TONES[2], TONES[3]] {
        let loudest = frames.iter().map(|f| f.level(hz));
        let loudest = loudest.fold(f64::NEG_INFINITY, f64::max);
        assert!(loudest < DBFS - 30.0, "{hz} Hz at {loudest} dBFS");
    }
}

#[test]
fn a_call_that_is_up_is_no_early_one_and_goes_on() {
    let server = Server::start(&[]).unwrap();
    let phones = Phones::new().unwrap();
    let anna = call(&phones, &server, "desk", "anna", TONES[0]).unwrap();
    let place = format!("{};early-only", anna.phone.place().unwrap());
    let carla = replacing(&phones, &server, &place);
    let state = carla
        .phone
        .wait_until_ended(Duration::from_secs(5))
        .unwrap();
    assert!(is_refused_with(state, 486), "{state:?}");
    assert_eq!(anna.phone.state(), State::Talking);
    anna.phone
        .wait_for_packets(10, Duration::from_secs(2))
        .unwrap();
}
