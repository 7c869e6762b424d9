//! DTMF digits sent by a call: after the answer, by a document, by an announcement; waiting for
//! their end, and cancellation.

use std::time::Duration;

use confab_conference::{Update, Url};
use confab_media::{Command, Key};
use confab_sdp::Direction;
use confab_switchboard::{CallUpdate, NewCall, NextDocument, Reply, Request};
use confab_terms::{CallSid, Digit, DigitString, Method, PlayerId};

use crate::harness::{Phone, World, document};

const PHONE: usize = 0;
const VOICE: &str = "http://app.example/voice";
const FIRST: &str = "http://app.example/first";
/// 500 ms, a digit of 240 ms with its pause, 1 s, another digit.
const KEYS: &str = "w1W#";
const KEYS_MS: u64 = 1_980;

fn url(url: &str) -> Url {
    Url {
        url: url.to_owned(),
        method: Method::Post,
    }
}

fn does(world: &mut World, what: fn(&mut Phone, confab_terms::Instant)) {
    let now = world.now;
    what(&mut world.phones[PHONE], now);
    world.poll_phone(PHONE);
}

/// Returns a ringing outbound call with digits to send.
fn dialled(first: NextDocument) -> (World, CallSid) {
    let mut world = World::with_trunk();
    let wish = NewCall {
        to: "+15551234567".to_owned(),
        from: "+15557654321".to_owned(),
        first,
        fallback: None,
        status_callback: None,
        rings: Duration::from_secs(20),
        record: None,
        send_digits: DigitString::parse(KEYS, 32),
        caller_id: None,
        time_limit: None,
        credentials: None,
    };
    let call = match world.ask(Request::CreateCall(Box::new(wish))) {
        Reply::Call(view) => view.sid,
        other => panic!("{other:?}"),
    };
    does(&mut world, Phone::ring);
    world.seconds(1);
    (world, call)
}

/// Returns all orders of digits.
fn ordered(world: &World) -> Vec<(PlayerId, Vec<Key>)> {
    let orders = world.commands.iter().filter_map(|command| match command {
        Command::SendDigits { player, keys, .. } => Some((*player, keys.clone())),
        _ => None,
    });
    orders.collect()
}

fn stopped(world: &World) -> Vec<PlayerId> {
    let stops = world.commands.iter().filter_map(|command| match command {
        Command::StopDigits { player, .. } => Some(*player),
        _ => None,
    });
    stops.collect()
}

fn ms(world: &mut World, ms: u64) {
    world.run(Duration::from_millis(ms));
}

#[test]
fn keys_are_pressed_at_the_answer_and_the_document_is_asked_for_once_they_are_out() {
    for restore_every in [None, Some(1)] {
        let (mut world, call) = dialled(NextDocument::From(url(FIRST)));
        world.restore_every = restore_every;
        assert!(ordered(&world).is_empty(), "nobody has answered");
        does(&mut world, Phone::pick_up);
        let [one, hash] = ['1', '#'].map(|key| Key::Press(Digit(key)));
        let wait = |ticks| Key::Wait { ticks };
        let [(_, keys)] = &ordered(&world)[..] else {
            panic!("{:?}", ordered(&world));
        };
        assert_eq!(keys, &[wait(25), one, wait(50), hash]);
        ms(&mut world, KEYS_MS - 40);
        assert!(world.fetches.is_empty(), "the last key is not out");
        ms(&mut world, 80);
        assert_eq!(world.fetches.len(), 1);
        let room = "<Dial><Conference>Room</Conference></Dial>";
        world.answer(FIRST, document(room));
        world.tick();
        assert_eq!(world.sids(), [call]);
        does(&mut world, Phone::hang_up);
        world.nothing_is_left();
        assert_eq!((ordered(&world).len(), stopped(&world).len()), (1, 0));
    }
}

#[test]
fn a_call_that_is_sent_on_or_hung_up_presses_no_more_keys() {
    let text = "<Response><Pause length=\"1\"/></Response>";
    let text = NextDocument::Inline(text.to_owned());
    for sent_on in [true, false] {
        let (mut world, call) = dialled(text.clone());
        does(&mut world, Phone::pick_up);
        ms(&mut world, 100);
        if sent_on {
            let update = CallUpdate {
                next: Some(text.clone()),
                ..CallUpdate::default()
            };
            world.ask(Request::UpdateCall { call, update });
        } else {
            does(&mut world, Phone::hang_up);
        }
        assert_eq!(stopped(&world), [ordered(&world)[0].0]);
        world.seconds(2);
        assert_eq!(world.calls_ended.len(), 1, "its document has run");
        world.nothing_is_left();
    }
}

#[test]
fn who_never_answers_hears_no_keys() {
    let (mut world, _) = dialled(NextDocument::From(url(FIRST)));
    let now = world.now;
    world.phones[PHONE].refuse(now, 486);
    world.poll_phone(PHONE);
    world.nothing_is_left();
    assert!(ordered(&world).is_empty() && stopped(&world).is_empty());
}

#[test]
fn a_document_answers_to_press_keys_and_goes_on_when_they_are_out() {
    let mut world = World::with_voice();
    let phone = world.call("menu");
    world.answer(
        VOICE,
        document("<Play digits=\"1w\" loop=\"2\"/><Redirect>/next</Redirect>"),
    );
    assert_eq!(ordered(&world).len(), 1);
    // One round: a digit with its pause, and 500 ms.
    ms(&mut world, 800);
    assert_eq!(ordered(&world).len(), 2);
    assert!(world.fetches.is_empty());
    ms(&mut world, 800);
    assert_eq!(world.fetches[0].url, "http://app.example/next");
    // No sound was playing, so no background is removed.
    let silence = |c: &Command| matches!(c, Command::SetBackground { .. });
    assert!(!world.commands.iter().any(silence));
    assert!(world.notices.is_empty());
    world.hang_up(phone);
    world.nothing_is_left();
}

#[test]
fn keys_wait_while_the_phone_holds_us_and_so_does_the_document() {
    let mut world = World::with_voice();
    let phone = world.call("menu");
    world.answer(
        VOICE,
        document("<Play digits=\"w1\"/><Redirect>/next</Redirect>"),
    );
    let offers = |world: &mut World, direction| {
        let now = world.now;
        world.phones[phone].reoffer(now, direction);
        world.poll_phone(phone);
    };
    ms(&mut world, 100);
    offers(&mut world, Direction::Inactive);
    world.seconds(5);
    assert!(world.fetches.is_empty());
    offers(&mut world, Direction::SendRecv);
    world.seconds(1);
    assert_eq!(world.fetches.len(), 1);
    world.hang_up(phone);
    world.nothing_is_left();
}

#[test]
fn an_announcement_presses_keys_on_its_participants_phone_alone() {
    let mut world = World::new();
    let phones = [world.call("Room"), world.call("Room")];
    world.tick();
    let anna = world.sids()[0];
    let update = Update {
        announce_url: Some("http://app.example/keys".to_owned()),
        ..Update::default()
    };
    world.updated(anna, update.clone());
    world.answer(
        "http://app.example/keys",
        document("<Play digits=\"12\"/><Play digits=\"3\"/>"),
    );
    world.seconds(2);
    let legs = world.commands.iter().filter_map(|command| match command {
        Command::SendDigits { leg, keys, .. } => Some((*leg, keys.len())),
        _ => None,
    });
    let legs: Vec<_> = legs.collect();
    assert_eq!(legs, [(legs[0].0, 2), (legs[0].0, 1)]);
    // A leave cancels the digits.
    world.updated(anna, update);
    world.answer("http://app.example/keys", document("<Play digits=\"12\"/>"));
    world.hang_up(phones[0]);
    assert_eq!(stopped(&world), [ordered(&world)[2].0]);
    world.hang_up(phones[1]);
    world.nothing_is_left();
}
