//! Calls without a document: join of the conference named by the dialed user.

use confab_sip::Ending;
use confab_switchboard::{CallStatus, Reply, Request};
use confab_terms::CallSid;

use crate::harness::{Told, World};

#[test]
fn two_phones_meet_in_the_conference_that_they_dialled() {
    let mut world = World::new();
    let anna = world.call("Team%201");
    assert_eq!(world.phones[anna].told, [Told::Answered]);
    world.call("Team%201");
    world.tick();
    let views = world.conferences();
    assert_eq!(views[0].friendly_name, "Team 1");
    assert_eq!(world.heard(), [(0, 1), (1, 0)]);
    assert!(world.fetches.is_empty());
}

#[test]
fn the_name_keeps_its_case_and_no_name_is_404() {
    let mut world = World::new();
    world.call("a");
    world.call("A");
    assert_eq!(world.conferences().len(), 2);
    for user in ["", "%20", &"x".repeat(65)] {
        let phone = world.call(user);
        assert_eq!(
            world.phones[phone].told,
            [Told::Ended(Ending::Refused(404))]
        );
    }
    let failed = world.calls_ended.iter();
    assert_eq!(failed.filter(|c| c.status == CallStatus::Failed).count(), 3);
}

#[test]
fn a_name_with_control_characters_is_404_and_a_notice() {
    let mut world = World::new();
    for user in ["a%0Ab", "a%00", "a%7Fb"] {
        let phone = world.call(user);
        let refused = [Told::Ended(Ending::Refused(404))];
        assert_eq!(world.phones[phone].told, refused, "{user}");
        let notice = world.notices.pop().expect(user);
        assert!(notice.message.contains("control character"), "{notice:?}");
        assert!(!notice.message.chars().any(char::is_control), "{notice:?}");
    }
    assert!(world.conferences().is_empty());
    world.nothing_is_left();
}

#[test]
fn an_offer_that_cannot_be_taken_is_488() {
    let mut world = World::new();
    let at = world.phones.len();
    world.phones.push(crate::harness::Phone::new(at));
    let now = world.now;
    let offer = b"v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n\
        m=video 9000 RTP/AVP 31\r\n";
    world.phones[at].call_with(now, "room", offer.to_vec());
    world.poll_phone(at);
    assert_eq!(world.phones[at].told, [Told::Ended(Ending::Refused(488))]);
    assert_eq!(world.calls_ended[0].sip_result_code, Some(488));
    world.nothing_is_left();
}

#[test]
fn without_a_port_it_is_503_and_the_conference_never_was() {
    let mut world = World::new();
    world.ports_left = 0;
    let anna = world.call("room");
    assert_eq!(world.phones[anna].told, [Told::Ended(Ending::Refused(503))]);
    assert!(world.conferences().is_empty());
    assert!(world.conferences_ended.is_empty());
    world.nothing_is_left();
}

#[test]
fn a_call_can_be_fetched_while_it_lives() {
    let mut world = World::new();
    world.call("room");
    let call = world.sids()[0];
    let Reply::Call(view) = world.ask(Request::FetchCall { call }) else {
        panic!("no call");
    };
    assert_eq!(view.status, CallStatus::InProgress);
    assert_eq!(view.from, "sip:anna@pbx.example.com");
    assert_eq!(view.to, "sip:room@127.0.0.1");
    assert_eq!(view.caller_name.as_deref(), Some("Anna"));
    let unknown = CallSid::from_random(5);
    let reply = world.ask(Request::FetchCall { call: unknown });
    assert!(matches!(reply, Reply::Refused(_)));
}
