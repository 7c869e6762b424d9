//! Outbound calls of the API: outcomes and status callbacks.

use std::time::Duration;

use confab_conference::Url;
use confab_sip::Ending;
use confab_switchboard::{
    CallCallback, CallDirection, CallEvent, CallStatus, CallUpdate, CallView, EndWish, NewCall,
    NewRecording, NextDocument, RecordingOf, RecordingUpdate, Refusal, Reply, Request,
};
use confab_terms::{CallSid, Method};

use crate::harness::{Callback, Phone, Told, World, document};

const PHONE: usize = 0;
const ROOM: &str = "<Response><Dial><Conference>Room</Conference></Dial></Response>";
const ALL: [CallEvent; 4] = [
    CallEvent::Initiated,
    CallEvent::Ringing,
    CallEvent::Answered,
    CallEvent::Completed,
];

fn wish(events: &[CallEvent]) -> NewCall {
    let to = Url {
        url: "http://app.example/status".to_owned(),
        method: Method::Post,
    };
    NewCall {
        to: "+15551234567".to_owned(),
        from: "+15557654321".to_owned(),
        first: NextDocument::Inline(ROOM.to_owned()),
        fallback: None,
        status_callback: Some(CallCallback::new(to, events.to_vec())),
        rings: Duration::from_secs(20),
        record: None,
        send_digits: None,
        caller_id: None,
        time_limit: None,
        credentials: None,
    }
}

fn create(world: &mut World, wish: NewCall) -> CallView {
    match world.ask(Request::CreateCall(Box::new(wish))) {
        Reply::Call(view) => *view,
        other => panic!("{other:?}"),
    }
}

/// Creates an outbound call that rings.
fn dialled(events: &[CallEvent]) -> (World, CallSid) {
    let mut world = World::with_trunk();
    let call = create(&mut world, wish(events)).sid;
    let address = world.phones[PHONE].address;
    let to = format!("sip:+15551234567@{}", address.ip());
    assert_eq!(world.phones[PHONE].told, [Told::Invited(to)]);
    does(&mut world, Phone::ring);
    (world, call)
}

fn does(world: &mut World, what: fn(&mut Phone, confab_terms::Instant)) {
    let now = world.now;
    what(&mut world.phones[PHONE], now);
    world.poll_phone(PHONE);
}

fn update(world: &mut World, call: CallSid, update: CallUpdate) -> CallView {
    match world.ask(Request::UpdateCall { call, update }) {
        Reply::Call(view) => *view,
        other => panic!("{other:?}"),
    }
}

fn status(world: &mut World, call: CallSid) -> CallStatus {
    match world.ask(Request::FetchCall { call }) {
        Reply::Call(view) => view.status,
        other => panic!("{other:?}"),
    }
}

/// Returns number and status of all status callbacks.
fn told(world: &World) -> Vec<(&str, &str)> {
    let told = |c: &'static str| move |callback: &Callback| callback.url.contains(c);
    assert!(world.callbacks.iter().all(told("/status")));
    let callbacks = world.callbacks.iter();
    callbacks
        .map(|c| (c.field("SequenceNumber"), c.field("CallStatus")))
        .collect()
}

#[test]
fn a_call_is_made_rings_is_answered_and_ends() {
    for restore_every in [None, Some(1)] {
        let mut world = World::with_trunk();
        world.restore_every = restore_every;
        let made = create(&mut world, wish(&ALL));
        assert_eq!(made.status, CallStatus::Queued);
        assert_eq!(made.direction, CallDirection::OutboundApi);
        assert_eq!((&*made.to, &*made.from), ("+15551234567", "+15557654321"));
        assert_eq!(told(&world), [("0", "initiated")]);
        world.seconds(1);
        does(&mut world, Phone::ring);
        assert_eq!(status(&mut world, made.sid), CallStatus::Ringing);
        assert_eq!(told(&world)[1..], [("1", "ringing")]);
        assert_eq!(world.callbacks[1].field("Direction"), "outbound-api");
        world.seconds(3);
        assert!(world.conferences().is_empty(), "nobody has answered");
        does(&mut world, Phone::pick_up);
        world.tick();
        assert_eq!(told(&world)[2..], [("2", "in-progress")]);
        assert_eq!(world.callbacks[2].field("SipResultCode"), "200");
        assert_eq!(world.sids(), [made.sid]);
        // The outbound call is in the room with full audibility.
        let anna = world.call("Room");
        world.tick();
        assert_eq!(world.heard(), [(0, 1), (1, 0)]);
        world.seconds(7);
        does(&mut world, Phone::hang_up);
        world.seconds(1);
        let over = world.callbacks.last().unwrap();
        assert_eq!(over.field("CallStatus"), "completed");
        assert_eq!(over.field("SequenceNumber"), "3");
        assert_eq!(over.field("CallDuration"), "7");
        assert_eq!(over.field("HangupBy"), "+15551234567");
        assert_eq!(over.field("HangupDirection"), "inbound");
        let now = world.now;
        world.phones[anna].hang_up(now);
        world.poll_phone(anna);
        world.nothing_is_left();
    }
}

#[test]
fn the_end_of_a_recorded_call_tells_its_recording() {
    for stopped_before in [false, true] {
        let mut world = World::with_trunk();
        let record = Some(NewRecording::default());
        let made = NewCall {
            record,
            ..wish(&[CallEvent::Completed])
        };
        let call = create(&mut world, made).sid;
        does(&mut world, Phone::pick_up);
        world.tick();
        world.seconds(3);
        if stopped_before {
            world.ask(Request::UpdateRecording {
                of: RecordingOf::Call(call),
                recording: None,
                update: RecordingUpdate::Stop,
            });
        }
        does(&mut world, Phone::hang_up);
        world.seconds(1);
        let over = world.callbacks.last().unwrap();
        let sid = world.recordings[0].sid.to_string();
        assert_eq!(over.field("CallStatus"), "completed");
        assert_eq!(over.field("RecordingSid"), sid);
        assert!(over.field("RecordingUrl").ends_with(&sid));
        // The writer reports a duration of 7 s.
        let seconds = if stopped_before { "7" } else { "3" };
        assert_eq!(over.field("RecordingDuration"), seconds);
    }
}

#[test]
fn what_a_refusal_comes_to() {
    for (code, becomes, word) in [
        (486, CallStatus::Busy, "busy"),
        (600, CallStatus::Busy, "busy"),
        (480, CallStatus::NoAnswer, "no-answer"),
        (404, CallStatus::Failed, "failed"),
        (603, CallStatus::Failed, "failed"),
        (503, CallStatus::Failed, "failed"),
        (302, CallStatus::Failed, "failed"),
    ] {
        let (mut world, call) = dialled(&ALL);
        let now = world.now;
        world.phones[PHONE].refuse(now, code);
        world.poll_phone(PHONE);
        world.seconds(1);
        let words = [("0", "initiated"), ("1", "ringing"), ("2", word)];
        assert_eq!(told(&world), words, "{code}");
        let over = world.callbacks.last().unwrap();
        assert_eq!(over.field("SipResultCode"), code.to_string());
        assert_eq!(over.field("CallDuration"), "0");
        let [ended] = &world.calls_ended[..] else {
            panic!("{:?}", world.calls_ended);
        };
        assert_eq!((ended.sid, ended.status), (call, becomes), "{code}");
        assert_eq!(
            (ended.start_time, ended.sip_result_code),
            (None, Some(code))
        );
        world.nothing_is_left();
    }
}

#[test]
fn who_does_not_pick_up_in_time_is_not_rung_any_longer() {
    let (mut world, _) = dialled(&[CallEvent::Answered, CallEvent::Completed]);
    world.seconds(19);
    assert_eq!(world.phones[PHONE].told.len(), 1);
    world.seconds(2);
    assert_eq!(
        world.phones[PHONE].told[1..],
        [Told::Ended(Ending::Cancelled)]
    );
    assert_eq!(told(&world), [("0", "no-answer")]);
    world.nothing_is_left();
}

#[test]
fn it_is_taken_back_while_it_rings_and_hung_up_afterwards() {
    for end in [EndWish::Completed, EndWish::Canceled] {
        let end = CallUpdate {
            end: Some(end),
            ..CallUpdate::default()
        };
        let (mut world, call) = dialled(&[]);
        let view = update(&mut world, call, end.clone());
        assert_eq!(view.status, CallStatus::Canceled);
        assert_eq!(
            world.phones[PHONE].told[1..],
            [Told::Ended(Ending::Cancelled)]
        );
        world.seconds(1);
        assert_eq!(told(&world), [("0", "canceled")]);
        world.nothing_is_left();
    }
    let (mut world, call) = dialled(&[]);
    does(&mut world, Phone::pick_up);
    let end = CallUpdate {
        end: Some(EndWish::Completed),
        ..CallUpdate::default()
    };
    let view = update(&mut world, call, end);
    assert_eq!(view.status, CallStatus::Completed);
    world.seconds(1);
    assert_eq!(world.phones[PHONE].told[1..], [Told::Ended(Ending::Bye)]);
    assert_eq!(world.callbacks[0].field("HangupBy"), "+15557654321");
    assert_eq!(world.callbacks[0].field("HangupDirection"), "outbound");
    world.nothing_is_left();
}

#[test]
fn its_document_is_asked_for_when_somebody_has_answered() {
    let mut world = World::with_trunk();
    let url = Url {
        url: "http://app.example/first".to_owned(),
        method: Method::Get,
    };
    let from = NewCall {
        first: NextDocument::From(url),
        ..wish(&[])
    };
    let call = create(&mut world, from).sid;
    does(&mut world, Phone::ring);
    world.seconds(2);
    assert!(world.fetches.is_empty());
    does(&mut world, Phone::pick_up);
    assert_eq!(world.fetches.len(), 1);
    let said = &world.fetches[0].fields;
    let has = |name: &str, value: &str| said.contains(&(name.to_owned(), value.to_owned()));
    assert!(
        has("Direction", "outbound-api") && has("CallStatus", "in-progress"),
        "{said:?}"
    );
    world.answer(
        "http://app.example/first",
        document("<Dial><Conference>Room</Conference></Dial>"),
    );
    world.tick();
    assert_eq!(world.sids(), [call]);
    does(&mut world, Phone::hang_up);
    world.nothing_is_left();
}

#[test]
fn whom_nobody_can_call_and_what_cannot_be_read_is_refused_at_once() {
    let mut world = World::with_trunk();
    let mut refused = |wish: NewCall| match world.ask(Request::CreateCall(Box::new(wish))) {
        Reply::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    };
    let to = |to: &str| NewCall {
        to: to.to_owned(),
        ..wish(&[])
    };
    for nobody in ["sip:x@example.com", "anna", "sip:anna@127.0.0.1:5060"] {
        assert_eq!(
            refused(to(nobody)),
            Refusal::NobodyToCall(nobody.to_owned())
        );
    }
    assert!(matches!(
        refused(to("sips:x@example.com")),
        Refusal::NoWayThere(_)
    ));
    let unread = NewCall {
        first: NextDocument::Inline("<Response>".to_owned()),
        ..wish(&[])
    };
    assert!(matches!(refused(unread), Refusal::BadDocument { .. }));
    assert!(world.callbacks.is_empty() && world.calls_ended.is_empty());
    world.nothing_is_left();
}

#[test]
fn without_a_port_nobody_is_rung() {
    let mut world = World::with_trunk();
    world.ports_left = 0;
    create(&mut world, wish(&ALL));
    world.seconds(1);
    assert!(world.phones[PHONE].told.is_empty());
    assert_eq!(told(&world), [("0", "initiated"), ("1", "failed")]);
    world.nothing_is_left();
}

/// Answers an outbound INVITE with a 200 with this Contact and SDP.
fn answered_with(contact: &str, sdp: &str) -> (World, CallSid) {
    let (mut world, call) = dialled(&ALL);
    let invite = world.log.iter().find_map(|output| match output {
        confab_switchboard::Output::Datagram { bytes, .. } if bytes.starts_with(b"INVITE") => {
            Some(String::from_utf8(bytes.clone()).unwrap())
        }
        _ => None,
    });
    let invite = invite.unwrap();
    let header = |name: &str| {
        let mut lines = invite.lines();
        lines
            .find(|line| line.starts_with(name))
            .unwrap()
            .to_owned()
    };
    let text = format!(
        "SIP/2.0 200 OK\r\n{}\r\n{}\r\n{};tag=t\r\n{}\r\n{}\r\nContact: {contact}\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        header("Via: "),
        header("From: "),
        header("To: "),
        header("Call-ID: "),
        header("CSeq: "),
        sdp.len()
    );
    let from = world.phones[PHONE].address;
    let bytes = text.into_bytes();
    world.input(confab_switchboard::Input::Datagram { from, bytes });
    (world, call)
}

#[test]
fn a_200_that_cannot_be_used_ends_the_call_with_a_notification() {
    let sound = "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n\
                 m=audio 7000 RTP/AVP 0\r\n";
    let foreign = sound.replace("RTP/AVP 0", "RTP/AVP 18");
    for (contact, sdp, code, words, status) in [
        (
            "<sip:a@b;x=\"c>",
            sound,
            32_011,
            "Bad Contact",
            CallStatus::Failed,
        ),
        (
            "<sip:a@127.0.0.2>",
            "nonsense",
            53_403,
            "line 1",
            CallStatus::Failed,
        ),
        (
            "<sip:a@127.0.0.2>",
            foreign.as_str(),
            53_403,
            "codec",
            CallStatus::Failed,
        ),
    ] {
        let (world, call) = answered_with(contact, sdp);
        let sent: Vec<String> = world
            .log
            .iter()
            .filter_map(|output| match output {
                confab_switchboard::Output::Datagram { bytes, .. } => {
                    Some(String::from_utf8_lossy(&bytes[..3]).into_owned())
                }
                _ => None,
            })
            .collect();
        assert_eq!(sent[sent.len() - 2..], ["ACK", "BYE"], "{contact} {sdp}");
        let told = world.notices.last().expect(words);
        assert_eq!(told.code, code, "{}", told.message);
        assert!(told.message.contains(words), "{}", told.message);
        let ended = world.calls_ended.last().expect(words);
        assert_eq!((ended.sid, ended.status), (call, status), "{words}");
    }
}
