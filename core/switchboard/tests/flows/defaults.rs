//! Configured defaults for every call: fallback URL for failed documents, and status callback.

use std::time::Duration;

use confab_conference::Url;
use confab_sip::Ending;
use confab_switchboard::{CallCallback, CallUpdate, FetchKind, Reply, Request};
use confab_terms::Method;

use crate::harness::{Told, World, document, failing};

const VOICE: &str = "http://app.example/voice";
const FALLBACK: &str = "http://app.example/fallback";
const ROOM: &str = "<Dial><Conference>Room</Conference></Dial>";

fn field(world: &World, name: &str) -> String {
    let fields = &world.fetches.last().unwrap().fields;
    let found = fields.iter().find(|(known, _)| known == name);
    found.map_or(String::new(), |(_, value)| value.clone())
}

#[test]
fn a_document_that_fails_is_made_up_for_by_the_fallback() {
    let mut world = World::with_operator();
    for (brings, code) in [
        (failing(11217), "11217"),
        (document("</Nonsense>"), "12100"),
        (document("<Redirect>ftp://e/x</Redirect>"), "11100"),
    ] {
        let phone = world.call("x");
        world.answer(VOICE, brings);
        let fetch = world.fetches.last().unwrap();
        assert_eq!(fetch.url, FALLBACK);
        assert_eq!(
            (fetch.kind, fetch.method),
            (FetchKind::Document, Method::Get)
        );
        assert_eq!(field(&world, "ErrorCode"), code);
        assert_eq!(field(&world, "ErrorUrl"), VOICE);
        assert_eq!(field(&world, "CallStatus"), "ringing");
        world.answer(FALLBACK, document(ROOM));
        assert_eq!(world.phones[phone].told.last(), Some(&Told::Answered));
    }
    assert_eq!(world.sids().len(), 3);
    let phone = world.call("x");
    world.run(Duration::from_millis(15_100));
    assert_eq!(field(&world, "ErrorCode"), "11200");
    world.run(Duration::from_millis(15_100));
    let refused = Told::Ended(Ending::Refused(480));
    assert_eq!(world.phones[phone].told.last(), Some(&refused));
}

#[test]
fn a_fallback_that_fails_or_goes_in_circles_is_the_end() {
    let mut world = World::with_operator();
    let phone = world.call("x");
    world.answer(VOICE, failing(11217));
    world.answer(FALLBACK, failing(11217));
    let refused = Told::Ended(Ending::Refused(480));
    assert_eq!(world.phones[phone].told.last(), Some(&refused));
    assert_eq!(world.notices.len(), 2);

    let phone = world.call("x");
    let mut rounds = 0;
    while world.phones[phone].told.last() != Some(&refused) {
        let url = world.fetches[0].url.clone();
        let brings = if url == FALLBACK {
            document("<Redirect>/voice</Redirect>")
        } else {
            failing(11217)
        };
        world.answer(&url, brings);
        rounds += 1;
        assert!(rounds < 100, "it never ends");
    }
    world.nothing_is_left();
}

#[test]
fn an_update_names_another_fallback() {
    let mut world = World::with_voice();
    world.call("x");
    let call = world.call_asked();
    let url = |path: &str| Url {
        url: format!("http://other.example/{path}"),
        method: Method::Post,
    };
    let update = CallUpdate {
        fallback: Some(url("fallback")),
        status_callback: Some(CallCallback::new(url("over"), vec![])),
        ..CallUpdate::default()
    };
    let reply = world.ask(Request::UpdateCall { call, update });
    assert!(matches!(reply, Reply::Call(_)), "{reply:?}");
    world.answer(VOICE, failing(11210));
    world.answer("http://other.example/fallback", document("<Reject/>"));
    assert_eq!(world.callbacks[0].url, "http://other.example/over");
    assert_eq!(world.callbacks[0].field("CallStatus"), "failed");
    assert_eq!(world.callbacks[0].field("SipResultCode"), "603");
}

#[test]
fn the_end_of_a_call_is_told_once() {
    let mut world = World::with_operator();
    let phone = world.call("x");
    let call = world.call_asked();
    world.answer(VOICE, document(ROOM));
    world.seconds(94);
    world.hang_up(phone);
    assert_eq!(world.callbacks.len(), 1);
    let told = &world.callbacks[0];
    assert_eq!(told.url, "http://app.example/calls");
    assert_eq!(told.time_outs.total_ms, 700);
    for (name, value) in [
        ("CallSid", call.to_string().as_str()),
        ("ApiVersion", "2010-04-01"),
        ("CallStatus", "completed"),
        ("Direction", "inbound"),
        ("From", "sip:anna@pbx.example.com"),
        ("To", "sip:x@127.0.0.1"),
        ("CallerName", "Anna"),
        ("SequenceNumber", "0"),
        ("CallbackSource", "call-progress-events"),
        ("CallDuration", "94"),
        ("SipResultCode", "200"),
        ("HangupBy", "sip:anna@pbx.example.com"),
        ("HangupDirection", "inbound"),
    ] {
        assert_eq!(told.field(name), value, "{name}");
    }
    assert!(told.field("Timestamp").ends_with("+0000"));
    let phone = world.call("x");
    world.hang_up(phone);
    assert_eq!(world.callbacks[1].field("CallStatus"), "canceled");
    assert_eq!(world.callbacks[1].field("CallDuration"), "0");
    world.answer(VOICE, document(""));
    world.nothing_is_left();
}
