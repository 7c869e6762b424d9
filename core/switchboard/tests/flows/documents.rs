//! Documents of calls: requests, answering, and continuation.

use std::time::Duration;

use confab_media::{Background, Command, Event, Source};
use confab_sip::Ending;
use confab_switchboard::{CallStatus, FetchKind, TimeOuts};
use confab_terms::{Digit, Method};

use crate::harness::{Told, World, audio, document, failing};

const VOICE: &str = "http://app.example/voice";
const ROOM: &str = "<Dial><Conference>Room</Conference></Dial>";

/// Creates a call with this document.
fn call(world: &mut World, verbs: &str) -> usize {
    let phone = world.call("support");
    world.answer(VOICE, document(verbs));
    phone
}

fn refused(world: &World, phone: usize) -> u16 {
    match world.phones[phone].told.last() {
        Some(Told::Ended(Ending::Refused(status))) => *status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_voice_url_is_asked_with_what_is_known_of_the_call() {
    let mut world = World::with_voice();
    let anna = world.call("support");
    assert_eq!(world.phones[anna].told, [Told::Ringing]);
    let fetch = &world.fetches[0];
    assert_eq!(
        (fetch.kind, fetch.method),
        (FetchKind::Document, Method::Post)
    );
    assert_eq!(fetch.time_outs, TimeOuts::default());
    let field = |name: &str| {
        let found = fetch.fields.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    };
    for (name, value) in [
        ("ApiVersion", "2010-04-01"),
        ("CallStatus", "ringing"),
        ("Direction", "inbound"),
        ("From", "sip:anna@pbx.example.com"),
        ("To", "sip:support@127.0.0.1"),
        ("CallerName", "Anna"),
        ("SipUser", "support"),
        ("SipDomain", "127.0.0.1"),
        ("SipSourceIp", "127.0.0.2"),
        ("SipHeader_X-Customer", "4711"),
    ] {
        assert_eq!(field(name), Some(value), "{name}");
    }
    assert!(field("SipCallId").is_some_and(|id| !id.is_empty()));
    world.answer(VOICE, document(ROOM));
    assert_eq!(world.phones[anna].told, [Told::Ringing, Told::Answered]);
    assert_eq!(world.sids().len(), 1);
}

#[test]
fn no_document_is_480_and_a_notice() {
    let mut world = World::with_voice();
    let anna = world.call("support");
    world.answer(VOICE, failing(11217));
    assert_eq!(refused(&world, anna), 480);
    assert_eq!(world.notices[0].code, 11217);
    assert_eq!(world.notices[0].url.as_deref(), Some(VOICE));
    assert_eq!(world.calls_ended[0].status, CallStatus::Failed);

    let boris = call(&mut world, "</Nonsense>");
    assert_eq!(refused(&world, boris), 480);
    assert_eq!(world.notices[1].code, 12100);

    let carla = world.call("support");
    world.run(Duration::from_millis(15_100));
    assert_eq!(refused(&world, carla), 480);
    assert_eq!(world.notices[2].code, 11200);
    world.answer(VOICE, document(ROOM));
    assert_eq!(world.board.counters().stale_answers, 1);
    world.nothing_is_left();
}

#[test]
fn reject_and_a_leading_hangup_do_not_answer() {
    let mut world = World::with_voice();
    for (verbs, status, ends) in [
        ("<Reject reason=\"busy\"/>", 486, CallStatus::Busy),
        ("<Reject/>", 603, CallStatus::Failed),
        ("<Hangup/>", 603, CallStatus::Failed),
        ("", 603, CallStatus::Failed),
    ] {
        let phone = call(&mut world, verbs);
        assert_eq!(refused(&world, phone), status, "{verbs}");
        let call = world.calls_ended.last().unwrap();
        assert_eq!((call.status, call.sip_result_code), (ends, Some(status)));
    }
    let phone = call(&mut world, "<Pause length=\"2\"/><Reject/>");
    assert_eq!(world.phones[phone].told, [Told::Ringing]);
    world.seconds(3);
    assert_eq!(refused(&world, phone), 603);
    world.nothing_is_left();
}

#[test]
fn play_say_and_pause_come_one_after_the_other_then_it_hangs_up() {
    let mut world = World::with_voice();
    let anna = call(
        &mut world,
        "<Play loop=\"2\">hi.wav</Play><Say>Hello</Say><Pause length=\"1\"/>",
    );
    assert_eq!(world.phones[anna].told, [Told::Ringing, Told::Answered]);
    assert_eq!(world.fetches[0].kind, FetchKind::Audio);
    assert_eq!(world.fetches[0].method, Method::Get);
    assert!(world.fetches[0].fields.is_empty());
    world.answer("http://app.example/hi.wav", audio());
    world.run(Duration::from_millis(1_900));
    assert!(world.fetches.is_empty(), "a loop needs no second fetch");
    assert!(world.said.is_empty(), "the first is not over yet");
    world.run(Duration::from_millis(300));
    assert_eq!(world.said, ["Hello"]);
    world.run(Duration::from_millis(1_700));
    assert_eq!(world.phones[anna].told.len(), 2);
    world.run(Duration::from_millis(300));
    let ended = Told::Ended(Ending::Bye);
    assert_eq!(world.phones[anna].told.last(), Some(&ended));
    assert_eq!(world.calls_ended[0].status, CallStatus::Completed);
    world.nothing_is_left();
}

#[test]
fn a_play_that_fails_is_noted_and_left_out_even_an_endless_one() {
    let mut world = World::with_voice();
    call(
        &mut world,
        "<Play loop=\"0\">gone.wav</Play><Play>ftp://x/y</Play><Say>Still here</Say>",
    );
    world.answer("http://app.example/gone.wav", failing(11217));
    assert_eq!(world.said, ["Still here"]);
    let codes: Vec<u32> = world.notices.iter().map(|n| n.code).collect();
    assert_eq!(codes, [11217, 11100]);
}

#[test]
fn redirects_are_followed_but_not_for_ever() {
    let mut world = World::with_voice();
    let anna = call(&mut world, "<Redirect method=\"GET\">next?a=1</Redirect>");
    assert_eq!(world.fetches[0].method, Method::Get);
    world.answer(
        "http://app.example/next?a=1",
        document("<Redirect>http://b.example/x#tt=500</Redirect>"),
    );
    assert_eq!(world.fetches[0].time_outs.total_ms, 500);
    for _ in 0..confab_terms::limits::REDIRECTS_MAX - 2 {
        world.answer("http://b.example/x", document("<Redirect>x</Redirect>"));
    }
    world.answer("http://b.example/x", document("<Redirect>x</Redirect>"));
    assert!(world.fetches.is_empty());
    assert_eq!(refused(&world, anna), 480);
    assert_eq!(world.notices.last().unwrap().code, 11215);
}

#[test]
fn the_action_takes_over_when_the_seat_is_left() {
    let mut world = World::with_voice();
    let dial = "<Dial action=\"after\" hangupOnStar=\"true\"><Conference>Room</Conference></Dial>\
        <Say>never</Say>";
    let anna = call(&mut world, dial);
    world.seconds(3);
    let leg = world.participants()[0].state.leg;
    world.media(Event::Digit {
        leg,
        digit: Digit('1'),
    });
    assert_eq!(world.conferences().len(), 1);
    world.media(Event::Digit {
        leg,
        digit: Digit('*'),
    });
    assert!(world.conferences().is_empty());
    let fields = &world.fetches[0].fields;
    let has = |name: &str, value: &str| fields.contains(&(name.to_owned(), value.to_owned()));
    assert!(has("DialCallStatus", "answered"), "{fields:?}");
    assert!(has("DialCallDuration", "3"), "{fields:?}");
    assert!(has("CallStatus", "in-progress"), "{fields:?}");
    world.answer("http://app.example/after", document("<Say>Bye</Say>"));
    assert_eq!(world.said, ["Bye"]);
    world.seconds(2);
    assert_eq!(
        world.phones[anna].told.last(),
        Some(&Told::Ended(Ending::Bye))
    );
    world.nothing_is_left();
}

#[test]
fn without_an_action_the_next_verb_follows() {
    let mut world = World::with_voice();
    call(
        &mut world,
        "<Dial timeLimit=\"5\"><Conference>Room</Conference></Dial><Say>Over</Say>",
    );
    world.run(Duration::from_millis(4_900));
    assert!(world.said.is_empty());
    world.run(Duration::from_millis(200));
    assert_eq!(world.said, ["Over"]);
}

#[test]
fn a_coach_without_its_target_goes_the_way_of_one_that_failed() {
    let mut world = World::with_voice();
    let coach = "<Dial action=\"after\">\
        <Conference coach=\"33333333-3333-4333-8333-333333333333\">Room</Conference></Dial>";
    let anna = call(&mut world, coach);
    assert_eq!(world.notices[0].code, 13240);
    let failed = ("DialCallStatus".to_owned(), "failed".to_owned());
    assert!(world.fetches[0].fields.contains(&failed));
    assert!(world.conferences().is_empty());
    world.answer("http://app.example/after", document("<Reject/>"));
    assert_eq!(refused(&world, anna), 603);
    world.nothing_is_left();
}

#[test]
fn one_who_hangs_up_in_the_conference_still_tells_the_action() {
    let mut world = World::with_voice();
    let anna = call(
        &mut world,
        "<Dial action=\"after\"><Conference>Room</Conference></Dial>",
    );
    world.seconds(1);
    let now = world.now;
    world.phones[anna].hang_up(now);
    world.poll_phone(anna);
    let fields = &world.fetches[0].fields;
    for (name, value) in [("CallStatus", "completed"), ("DialCallStatus", "answered")] {
        assert!(
            fields.contains(&(name.to_owned(), value.to_owned())),
            "{name}"
        );
    }
    world.answer("http://app.example/after", document("<Say>unheard</Say>"));
    assert!(world.said.is_empty());
    world.nothing_is_left();
}

#[test]
fn a_document_can_lead_from_one_conference_to_another() {
    let mut world = World::with_voice();
    let chain = "<Dial timeLimit=\"2\"><Conference>One</Conference></Dial>\
        <Play>gap.wav</Play><Dial><Conference>Two</Conference></Dial>";
    call(&mut world, chain);
    world.seconds(3);
    world.answer("http://app.example/gap.wav", audio());
    let is_sound = |command: &Command| {
        matches!(command, Command::SetBackground { background: Background::Playing(player), .. }
            if matches!(player.source, Source::Sound(_)))
    };
    assert!(world.commands.iter().any(is_sound));
    world.seconds(2);
    let views = world.conferences();
    assert_eq!(views[0].friendly_name, "Two");
    assert_eq!(world.conferences_ended[0].friendly_name, "One");
}

#[test]
fn a_conference_that_has_filled_up_before_the_ack_is_a_dial_that_failed() {
    let mut world = World::with_voice();
    world.slow = true;
    let full = "<Dial action=\"after\"><Conference maxParticipants=\"1\">Room</Conference></Dial>";
    call(&mut world, full);
    let boris = call(&mut world, full);
    for leg in world.legs_wanted.clone() {
        world.open(leg);
    }
    assert_eq!(world.participants().len(), 1);
    let failed = ("DialCallStatus".to_owned(), "failed".to_owned());
    assert!(world.fetches[0].fields.contains(&failed));
    world.answer("http://app.example/after", document("<Hangup/>"));
    assert_eq!(
        world.phones[boris].told.last(),
        Some(&Told::Ended(Ending::Bye))
    );
}

#[test]
fn a_call_that_ends_before_its_leg_is_opened_takes_it_back() {
    let mut world = World::with_voice();
    world.slow = true;
    let anna = call(&mut world, ROOM);
    let leg = world.legs_wanted[0];
    let now = world.now;
    world.phones[anna].hang_up(now);
    world.poll_phone(anna);
    let taken_back = |c: &Command| *c == Command::RemoveLeg { leg };
    assert!(world.commands.iter().any(taken_back));
    world.open(leg);
    world.nothing_is_left();
}
