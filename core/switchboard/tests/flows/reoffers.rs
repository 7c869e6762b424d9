//! Hold by a phone, and offers that move or break the media; none ends a call.

use confab_media::{Command, LegMedia};
use confab_sdp::Direction;

use crate::harness::{Told, World};

fn two() -> World {
    let mut world = World::new();
    world.call("room");
    world.call("room");
    world.tick();
    world.commands.clear();
    world
}

fn media(world: &World) -> Vec<LegMedia> {
    let told = world.commands.iter();
    told.filter_map(|command| match command {
        Command::SetMedia { media, .. } => Some(*media),
        _ => None,
    })
    .collect()
}

fn answered(world: &World) -> &str {
    match world.phones[0].told.last() {
        Some(Told::OfferAccepted(answer)) => answer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_hold_is_mirrored_and_ends_when_the_phone_says_so() {
    for (offered, mirror) in [
        (Direction::SendOnly, "a=recvonly"),
        (Direction::Inactive, "a=inactive"),
    ] {
        let mut world = two();
        let now = world.now;
        world.phones[0].reoffer(now, offered);
        world.poll_phone(0);
        assert!(answered(&world).contains(mirror), "{}", answered(&world));
        let told = media(&world);
        assert_eq!(told.len(), 1);
        assert!(
            !told[0].sends && !told[0].receives,
            "its own music is not mixed"
        );
        assert!(!world.participants()[0].state.hold, "not the API's hold");
        world.seconds(1);
        let now = world.now;
        world.phones[0].reoffer(now, Direction::SendRecv);
        world.poll_phone(0);
        let told = media(&world);
        assert!(told[1].sends && told[1].receives);
        assert_eq!(world.heard().len(), 2);
    }
}

#[test]
fn an_offer_can_move_the_media() {
    let mut world = two();
    let now = world.now;
    world.phones[0].move_to(now, 9_000);
    world.poll_phone(0);
    assert_eq!(
        media(&world)[0].remote_rtp,
        "127.0.0.2:9000".parse().unwrap()
    );
}

#[test]
fn same_offer_again_changes_nothing_but_begins_the_learning_of_sources_anew() {
    let mut world = two();
    for _ in 0..2 {
        let now = world.now;
        world.phones[0].reoffer(now, Direction::SendRecv);
        world.poll_phone(0);
        world.seconds(1);
    }
    let told = media(&world);
    assert_eq!(told.len(), 2);
    assert_eq!(told[0], told[1]);
    let answers = world.phones[0].told.iter();
    let answers: Vec<_> = answers
        .filter_map(|told| match told {
            Told::OfferAccepted(answer) => Some(answer),
            _ => None,
        })
        .collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0], answers[1], "the same version says the same");
}

#[test]
fn an_offer_that_cannot_be_taken_is_refused_and_the_call_goes_on() {
    let mut world = two();
    let now = world.now;
    world.phones[0].offer_nonsense(now);
    world.poll_phone(0);
    assert_eq!(world.phones[0].told.last(), Some(&Told::OfferRefused(488)));
    assert_eq!(world.heard().len(), 2);
}

#[test]
fn a_phone_that_asks_from_elsewhere_is_heard_from_there() {
    let mut world = two();
    let now = world.now;
    // The source is behind another NAT; the SDP is unchanged.
    world.phones[0].address = "127.0.0.9:6000".parse().unwrap();
    world.phones[0].reoffer(now, Direction::SendRecv);
    world.poll_phone(0);
    let told = media(&world);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].signalling_address.to_string(), "127.0.0.9");
}
