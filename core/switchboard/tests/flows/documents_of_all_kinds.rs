//! Audio and text in place of documents, documents that confab cannot execute, cookies.

use std::time::Duration;

use confab_conference::{Update, Url};
use confab_media::{Background, Command, Source};
use confab_sip::Ending;
use confab_switchboard::{
    CallUpdate, Cookie, Fetch, NextDocument, Notice, Refusal, Reply, Request, Severity,
};
use confab_terms::Method;

use crate::harness::{Told, World, audio, document, failing, text};

const VOICE: &str = "http://app.example/voice";
const FALLBACK: &str = "http://app.example/fallback";
const HUNG_UP: Told = Told::Ended(Ending::Bye);

fn last(world: &World, phone: usize) -> &Told {
    world.phones[phone].told.last().unwrap()
}

fn plays_a_sound(world: &World) -> bool {
    world.commands.iter().any(|command| {
        matches!(command, Command::SetBackground { background: Background::Playing(player), .. }
            if matches!(player.source, Source::Sound(_)) && !player.repeats)
    })
}

fn cookie(name: &str, value: &str) -> Cookie {
    Cookie {
        site: "app.example".to_owned(),
        path: "/".to_owned(),
        name: name.to_owned(),
        value: value.to_owned(),
        secure: false,
        expires: None,
    }
}

/// Returns the Cookie header of the last request for this URL.
fn carried(world: &World, url: &str) -> Option<String> {
    let sent: Vec<&Fetch> = world
        .fetches
        .iter()
        .filter(|fetch| fetch.url == url)
        .collect();
    let fetch = sent.last().unwrap_or_else(|| panic!("{url} was not asked"));
    let url = url::Url::parse(url).unwrap();
    fetch.cookies.header(&url, confab_terms::WallTime(1))
}

#[test]
fn audio_at_the_voice_url_answers_and_is_played_and_the_call_hung_up() {
    let mut world = World::with_voice();
    world.restore_every = Some(1);
    let anna = world.call("support");
    world.answer(VOICE, audio());
    assert_eq!(world.phones[anna].told, [Told::Ringing, Told::Answered]);
    world.run(Duration::from_millis(900));
    assert!(plays_a_sound(&world));
    assert_eq!(last(&world, anna), &Told::Answered);
    world.run(Duration::from_millis(200));
    assert_eq!(last(&world, anna), &HUNG_UP);
    assert!(world.notices.is_empty(), "{:?}", world.notices);
    world.nothing_is_left();
}

#[test]
fn audio_at_an_action_and_at_a_redirect_is_played() {
    for verbs in [
        "<Redirect>sound</Redirect>",
        "<Dial action=\"sound\" timeLimit=\"1\"><Conference>Room</Conference></Dial>",
        "<Pause/><Redirect>sound</Redirect>",
    ] {
        let mut world = World::with_voice();
        let anna = world.call("support");
        world.answer(VOICE, document(verbs));
        world.run(Duration::from_millis(1_300));
        world.answer("http://app.example/sound", audio());
        world.tick();
        assert!(plays_a_sound(&world), "{verbs}");
        world.run(Duration::from_millis(1_200));
        assert_eq!(last(&world, anna), &HUNG_UP, "{verbs}");
        world.nothing_is_left();
    }
}

#[test]
fn text_in_place_of_a_document_is_spoken() {
    let mut world = World::with_voice();
    let anna = world.call("support");
    world.answer(VOICE, text("Thank you for calling."));
    assert_eq!(world.said, ["Thank you for calling."]);
    world.run(Duration::from_millis(1_200));
    assert_eq!(last(&world, anna), &HUNG_UP);
    // A blank text equals a document without verbs.
    let boris = world.call("support");
    world.answer(VOICE, text(" \n"));
    assert_eq!(last(&world, boris), &Told::Ended(Ending::Refused(603)));
    world.nothing_is_left();
}

#[test]
fn audio_that_cannot_be_decoded_goes_to_the_fallback() {
    let mut world = World::with_operator();
    world.slow = true;
    let anna = world.call("support");
    world.answer(VOICE, audio());
    let leg = world.legs_wanted[0];
    world.open(leg);
    let decode = world.decodes_wanted[0];
    world.decode(decode, false);
    assert_eq!(world.notices[0].code, 13420);
    assert_eq!(world.notices[0].url.as_deref(), Some(VOICE));
    world.answer(FALLBACK, document("<Hangup/>"));
    assert_eq!(last(&world, anna), &HUNG_UP);
}

#[test]
fn update_of_a_call_may_lead_to_audio_or_text() {
    for (answer, words) in [(audio(), 0), (text("Goodbye"), 1)] {
        let mut world = World::with_voice();
        let anna = world.call("support");
        world.answer(
            VOICE,
            document("<Dial><Conference>Room</Conference></Dial>"),
        );
        let call = world.sids()[0];
        let update = CallUpdate {
            next: Some(NextDocument::From(Url {
                url: "http://app.example/next".to_owned(),
                method: Method::Get,
            })),
            ..CallUpdate::default()
        };
        world.ask(Request::UpdateCall { call, update });
        world.answer("http://app.example/next", answer);
        world.tick();
        assert!(plays_a_sound(&world));
        assert_eq!(world.said.len(), words);
        world.run(Duration::from_millis(1_200));
        assert_eq!(last(&world, anna), &HUNG_UP);
        world.nothing_is_left();
    }
}

#[test]
fn text_at_hold_and_announce_urls_is_spoken_once() {
    let mut world = World::with_voice();
    world.call("support");
    world.answer(
        VOICE,
        document("<Dial><Conference>Room</Conference></Dial>"),
    );
    let call = world.sids()[0];
    let url = |path: &str| Url {
        url: format!("http://app.example/{path}"),
        method: Method::Get,
    };
    let hold = Update {
        hold: Some(true),
        hold_url: Some(url("hold").url),
        ..Update::default()
    };
    world.updated(call, hold);
    world.answer("http://app.example/hold", text("Please wait."));
    let announce = Update {
        announce_url: Some(url("announce").url),
        ..Update::default()
    };
    world.updated(call, announce);
    world.answer("http://app.example/announce", text("Attention."));
    let conference = world.conference();
    world.ask(Request::UpdateConference {
        conference,
        complete: false,
        announce: Some(url("all")),
    });
    world.answer("http://app.example/all", text("To everybody."));
    world.seconds(5);
    assert_eq!(world.said, ["Please wait.", "Attention.", "To everybody."]);
}

#[test]
fn document_of_unknown_verbs_is_a_failure_told_once() {
    let verbs = "<Gather input=\"dtmf\"><Say>Press</Say></Gather>\n<Enqueue/><Dance/>";
    let mut world = World::with_voice();
    let anna = world.call("support");
    world.answer(VOICE, document(verbs));
    assert_eq!(last(&world, anna), &Told::Ended(Ending::Refused(480)));
    let [
        Notice {
            code,
            severity,
            message,
            ..
        },
    ] = &world.notices[..]
    else {
        panic!("one notice expected: {:?}", world.notices);
    };
    assert_eq!((*code, *severity), (12200, Severity::Error));
    assert!(
        message.contains("<Gather>, <Enqueue>, <Dance>"),
        "{message}"
    );

    // After the answer, an unusable document hangs up.
    let boris = world.call("support");
    world.answer(VOICE, document("<Pause/><Redirect>next</Redirect>"));
    world.seconds(2);
    world.answer(
        "http://app.example/next",
        document("<Say>Hi</Say><Redirect>last</Redirect>"),
    );
    world.seconds(2);
    world.answer("http://app.example/last", document(verbs));
    assert_eq!(last(&world, boris), &HUNG_UP);
    world.nothing_is_left();
}

#[test]
fn document_of_unknown_verbs_leads_to_the_fallback() {
    let mut world = World::with_operator();
    world.call("support");
    world.answer(
        VOICE,
        document("<Connect><Stream url=\"wss://a\"/></Connect>"),
    );
    let code = ("ErrorCode".to_owned(), "12200".to_owned());
    assert!(
        world.fetches[0].fields.contains(&code),
        "{:?}",
        world.fetches
    );
    world.answer(FALLBACK, document("<Say>Sorry</Say>"));
    assert_eq!(world.said, ["Sorry"]);
    // Unknown verbs beside known ones are skipped and reported in document order.
    world.call("support");
    let before = world.notices.len();
    world.answer(VOICE, document("<Gather/>\n<Say>One</Say>\n<Dance/>"));
    let told: Vec<_> = world.notices[before..].iter().map(|n| &n.message).collect();
    assert!(
        told[0].starts_with("line 1,") && told[1].starts_with("line 3,"),
        "{told:?}"
    );
    assert_eq!(world.said, ["Sorry", "One"]);
}

#[test]
fn inline_document_of_unknown_verbs_is_refused() {
    let mut world = World::with_voice();
    world.call("support");
    world.answer(
        VOICE,
        document("<Dial><Conference>Room</Conference></Dial>"),
    );
    let call = world.sids()[0];
    let update = CallUpdate {
        next: Some(NextDocument::Inline(
            "<Response><Gather/></Response>".to_owned(),
        )),
        ..CallUpdate::default()
    };
    let reply = world.ask(Request::UpdateCall { call, update });
    let Reply::Refused(Refusal::BadDocument { code, .. }) = reply else {
        panic!("{reply:?}");
    };
    assert_eq!(code, 12200);
    assert_eq!(world.sids(), [call], "it stays where it is");
}

#[test]
fn cookies_go_with_every_later_request_of_the_same_call() {
    let mut world = World::with_voice();
    world.restore_every = Some(1);
    let anna = world.call("support");
    world.cookies = vec![cookie("sid", "1")];
    world.answer(VOICE, document("<Say>Hi</Say><Redirect>next</Redirect>"));
    world.run(Duration::from_millis(1_200));
    assert_eq!(
        carried(&world, "http://app.example/next").as_deref(),
        Some("sid=1")
    );
    world.cookies = vec![cookie("lang", "de"), cookie("sid", "2")];
    let dial = "<Dial action=\"after\"><Conference waitUrl=\"wait\" \
        startConferenceOnEnter=\"false\">Room</Conference></Dial>";
    world.answer("http://app.example/next", document(dial));
    let both = Some("sid=2; lang=de");
    assert_eq!(carried(&world, "http://app.example/wait").as_deref(), both);
    world.cookies = vec![cookie("wait", "3")];
    world.answer("http://app.example/wait", document("<Play>hum.wav</Play>"));
    let three = Some("sid=2; lang=de; wait=3");
    assert_eq!(
        carried(&world, "http://app.example/hum.wav").as_deref(),
        three
    );
    // Another call has no cookies.
    world.call("support");
    assert_eq!(carried(&world, VOICE), None);
    world.answer(VOICE, document("<Reject/>"));
    // The action request after the hang-up carries the cookies too.
    world.hang_up(anna);
    assert_eq!(
        carried(&world, "http://app.example/after").as_deref(),
        three
    );
    for notice in &world.notices {
        assert!(!format!("{notice:?}").contains("sid=2"), "{notice:?}");
    }
}

#[test]
fn failed_document_sets_cookies_for_the_fallback() {
    let mut world = World::with_operator();
    world.call("support");
    world.cookies = vec![cookie("sid", "1")];
    world.answer(VOICE, failing(11217));
    assert_eq!(carried(&world, FALLBACK).as_deref(), Some("sid=1"));
}
