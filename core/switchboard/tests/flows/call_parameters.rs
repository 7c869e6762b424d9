//! Callees and parameters of outbound calls: registered users, headers of a URI, durations,
//! caller ids, credentials.

use std::time::Duration;

use confab_sip::Ending;
use confab_switchboard::{
    Account, CallCallback, CallEvent, CallStatus, CallUpdate, CallView, Input, NewCall,
    NextDocument, Refusal, Reply, Request, Secret,
};
use confab_terms::Method;

use crate::harness::{Phone, Told, World};

const PHONE: usize = 0;

fn wish(to: &str) -> NewCall {
    let document = "<Response><Dial><Conference>Room</Conference></Dial></Response>";
    NewCall {
        to: to.to_owned(),
        from: "+15557654321".to_owned(),
        first: NextDocument::Inline(document.to_owned()),
        fallback: None,
        status_callback: Some(CallCallback::new(
            confab_conference::Url {
                url: "http://app.example/status".to_owned(),
                method: Method::Post,
            },
            vec![CallEvent::Initiated, CallEvent::Completed],
        )),
        rings: Duration::from_secs(20),
        record: None,
        send_digits: None,
        caller_id: None,
        time_limit: None,
        credentials: None,
    }
}

fn ask(world: &mut World, wish: NewCall) -> Result<CallView, Refusal> {
    match world.ask(Request::CreateCall(Box::new(wish))) {
        Reply::Call(view) => Ok(*view),
        Reply::Refused(refusal) => Err(refusal),
        other => panic!("{other:?}"),
    }
}

fn does(world: &mut World, act: fn(&mut Phone, confab_terms::Instant)) {
    let now = world.now;
    act(&mut world.phones[PHONE], now);
    world.poll_phone(PHONE);
}

/// Registers the phone as this user.
fn register(world: &mut World, user: &str) {
    let from = world.phones[PHONE].address;
    let text = format!(
        "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bKr;rport\r\n\
         From: <sip:{user}@127.0.0.1>;tag=r\r\nTo: <sip:{user}@127.0.0.1>\r\nCall-ID: r\r\n\
         CSeq: 1 REGISTER\r\nContact: <sip:phone@{from}>\r\nExpires: 600\r\n\
         Content-Length: 0\r\n\r\n"
    );
    let bytes = text.into_bytes();
    world.input(Input::Datagram { from, bytes });
}

fn invite(world: &World) -> &str {
    let mut datagrams = world.delivered.iter().rev();
    datagrams.find(|text| text.starts_with("INVITE ")).unwrap()
}

#[test]
fn a_client_that_is_registered_is_called() {
    for (user, to) in [("anna", "client:anna"), ("anna%20b", "CLIENT:anna b")] {
        let mut world = World::with_trunk();
        register(&mut world, user);
        let view = ask(&mut world, wish(to)).unwrap();
        assert_eq!(view.to, to);
        let at = world.phones[PHONE].address;
        assert!(invite(&world).starts_with(&format!("INVITE sip:phone@{at} ")));
        does(&mut world, Phone::pick_up);
        world.seconds(1);
        assert_eq!(world.sids(), [view.sid]);
        does(&mut world, Phone::hang_up);
        world.seconds(1);
        for callback in &world.callbacks {
            assert_eq!(callback.field("To"), to, "{callback:?}");
        }
        assert_eq!(world.callbacks.last().unwrap().field("HangupBy"), to);
        assert_eq!(world.calls_ended[0].to, to);
    }
}

#[test]
fn a_client_that_is_not_registered_does_not_answer() {
    let mut world = World::with_trunk();
    let view = ask(&mut world, wish("client:boris")).unwrap();
    assert_eq!(
        (view.status, &*view.to),
        (CallStatus::Queued, "client:boris")
    );
    world.seconds(1);
    let ended = &world.calls_ended[0];
    assert_eq!((ended.sid, ended.status), (view.sid, CallStatus::NoAnswer));
    assert_eq!(ended.sip_result_code, Some(480));
    let told: Vec<_> = world
        .callbacks
        .iter()
        .map(|c| c.field("CallStatus"))
        .collect();
    assert_eq!(told, ["initiated", "no-answer"]);
    let [notice] = &world.notices[..] else {
        panic!("{:?}", world.notices);
    };
    assert_eq!((notice.code, notice.call), (31480, Some(view.sid)));
    assert!(notice.message.contains("client:boris") && notice.message.contains("registered"));
    world.nothing_is_left();
    for nobody in ["client:", "client:a\r\nb"] {
        let refusal = ask(&mut world, wish(nobody)).unwrap_err();
        assert!(matches!(refusal, Refusal::NobodyToCall(_)), "{nobody}");
    }
}

#[test]
fn headers_of_a_uri_are_sent() {
    let mut world = World::with_trunk();
    let host = world.phones[PHONE].address;
    let bare = format!("sip:anna@{host}");
    let headers = "X-Foo=bar%2C%20baz&x-Id=4711&User-to-User=5f%3Bencoding%3Dhex";
    let view = ask(&mut world, wish(&format!("{bare}?{headers}"))).unwrap();
    assert_eq!(view.to, bare);
    let sent = invite(&world).to_owned();
    assert!(sent.starts_with(&format!("INVITE {bare} ")), "{sent}");
    for line in [
        format!("\r\nTo: <{bare}>\r\n"),
        "\r\nX-Foo: bar, baz\r\n".to_owned(),
        "\r\nx-Id: 4711\r\n".to_owned(),
        "\r\nUser-to-User: 5f;encoding=hex\r\n".to_owned(),
    ] {
        assert!(sent.contains(&line), "{line}: {sent}");
    }
}

#[test]
fn headers_of_a_uri_that_are_not_sent_refuse_the_call() {
    let mut world = World::with_trunk();
    let host = world.phones[PHONE].address;
    let many: Vec<String> = (0..17).map(|n| format!("X-{n}=1")).collect();
    let long = "a".repeat(1_030);
    for headers in [
        "Route=%3Csip:evil%3E",
        "From=x",
        "X-=1",
        "X-A%0D%0AVia=1",
        "X-A=1%0D%0AVia:%20x",
        "X-A=%00",
        "X-A=%zz",
        "X-A=%ff",
        &*many.join("&"),
        &*format!("X-A={long}"),
    ] {
        let refusal = ask(&mut world, wish(&format!("sip:anna@{host}?{headers}"))).unwrap_err();
        assert!(
            matches!(refusal, Refusal::BadUriHeader(_)),
            "{headers}: {refusal:?}"
        );
    }
    // An unknown host is refused for the host, even with headers.
    let refusal = ask(&mut world, wish("sip:x@example.com?X-Foo=bar")).unwrap_err();
    assert_eq!(
        refusal,
        Refusal::NobodyToCall("sip:x@example.com".to_owned())
    );
    assert!(world.callbacks.is_empty());
}

#[test]
fn a_time_limit_ends_the_call_so_long_after_its_answer() {
    for restore_every in [None, Some(1)] {
        let mut world = World::with_trunk();
        world.restore_every = restore_every;
        let limited = NewCall {
            time_limit: Some(Duration::from_secs(2)),
            ..wish("+15551234567")
        };
        ask(&mut world, limited).unwrap();
        // The ringing time does not count.
        does(&mut world, Phone::ring);
        world.seconds(5);
        does(&mut world, Phone::pick_up);
        world.run(Duration::from_millis(1_900));
        assert!(world.calls_ended.is_empty());
        world.run(Duration::from_millis(200));
        assert_eq!(world.calls_ended[0].status, CallStatus::Completed);
        assert_eq!(
            world.phones[PHONE].told.last(),
            Some(&Told::Ended(Ending::Bye))
        );
        world.seconds(1);
        let over = world.callbacks.last().unwrap();
        assert_eq!(over.field("CallDuration"), "2");
        world.nothing_is_left();
    }
}

#[test]
fn an_update_sets_the_time_limit_of_any_call() {
    let mut world = World::new();
    world.call("Room");
    world.seconds(5);
    let call = world.sids()[0];
    let limit = |seconds| CallUpdate {
        time_limit: Some(Duration::from_secs(seconds)),
        ..CallUpdate::default()
    };
    for update in [limit(60), limit(8)] {
        world.ask(Request::UpdateCall { call, update });
    }
    world.seconds(2);
    assert!(world.calls_ended.is_empty());
    world.seconds(2);
    assert_eq!(world.calls_ended[0].status, CallStatus::Completed);
    world.call("Room");
    world.seconds(5);
    let call = world.sids()[0];
    world.ask(Request::UpdateCall {
        call,
        update: limit(1),
    });
    world.tick();
    assert_eq!(world.calls_ended.len(), 2, "it has passed");
    world.nothing_is_left();
}

#[test]
fn the_caller_id_is_what_the_callee_sees() {
    for (caller_id, from) in [
        ("+15550001111", "<sip:+15550001111@127.0.0.1:5060>"),
        ("client:boris", "<sip:boris@127.0.0.1:5060>"),
        ("sip:boris@pbx.example.com", "<sip:boris@pbx.example.com>"),
        ("boris@pbx.example.com", "<sip:boris@pbx.example.com>"),
    ] {
        let mut world = World::with_trunk();
        let shown = NewCall {
            caller_id: Some(caller_id.to_owned()),
            ..wish("+15551234567")
        };
        let view = ask(&mut world, shown).unwrap();
        assert_eq!(view.from, "+15557654321");
        let sent = invite(&world);
        assert!(sent.contains(&format!("\r\nFrom: {from};tag=")), "{sent}");
    }
    let mut world = World::with_trunk();
    let bad = NewCall {
        caller_id: Some("a b".to_owned()),
        ..wish("+15551234567")
    };
    assert_eq!(
        ask(&mut world, bad).unwrap_err(),
        Refusal::NoCallerId("a b".to_owned())
    );
}

#[test]
fn credentials_of_the_call_answer_the_callee() {
    let mut world = World::with_trunk();
    let account = Account {
        user: "boris".to_owned(),
        password: Secret("s3cret".to_owned()),
    };
    let secret = NewCall {
        credentials: Some(account),
        ..wish("+15551234567")
    };
    ask(&mut world, secret).unwrap();
    let first = invite(&world).to_owned();
    assert!(!first.contains("Authorization"));
    let from = world.phones[PHONE].address;
    let header = |name: &str| {
        let line = first
            .lines()
            .find(|line| line.starts_with(&format!("{name}: ")));
        line.unwrap().to_owned()
    };
    let text = format!(
        "SIP/2.0 401 Unauthorized\r\n{}\r\n{}\r\n{};tag=c\r\n{}\r\n{}\r\n\
         WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n1\", qop=\"auth\"\r\n\
         Content-Length: 0\r\n\r\n",
        header("Via"),
        header("From"),
        header("To"),
        header("Call-ID"),
        header("CSeq")
    );
    let bytes = text.into_bytes();
    world.input(Input::Datagram { from, bytes });
    let again = invite(&world);
    assert!(
        again.contains("Authorization: Digest username=\"boris\", realm=\"pbx\""),
        "{again}"
    );
    let all = format!("{:?} {:?}", world.log, world.notices);
    assert!(!all.contains("s3cret"));
}
