//! SRTP: rejected offers, and keys after each offer.

use confab_media::Command;
use confab_sdp::{Direction, OurSrtp};
use confab_sip::{Access, Ending};
use confab_terms::{MasterKey, Srtp, SrtpKeys};

use crate::harness::{Told, World};

fn keys(byte: u8, required: bool) -> Option<OurSrtp> {
    Some(OurSrtp {
        required,
        gcm: MasterKey::new([byte; 30]),
        counter_mode: MasterKey::new([byte + 1; 30]),
    })
}

/// Returns the SRTP keys sent to the media thread since the last call.
fn told(world: &mut World) -> Vec<Option<SrtpKeys>> {
    let commands = world.commands.drain(..);
    let srtp = commands.filter_map(|command| match command {
        Command::SetMedia { media, .. } => Some(media.srtp),
        _ => None,
    });
    srtp.collect()
}

fn call(world: &mut World, srtp: Option<OurSrtp>) -> Vec<Option<SrtpKeys>> {
    world.call_secretly("room", srtp);
    told(world)
}

#[test]
fn who_offers_what_is_not_wanted_is_refused_with_488() {
    for (policy, srtp, encrypted) in [
        (Srtp::Off, None, Some(false)),
        (Srtp::Off, keys(1, false), Some(false)),
        (Srtp::Off, keys(1, true), None),
        (Srtp::Prefer, None, Some(false)),
        (Srtp::Prefer, keys(1, false), Some(true)),
        (Srtp::Prefer, keys(1, true), Some(true)),
        (Srtp::Require, None, None),
        (Srtp::Require, keys(1, false), Some(true)),
        (Srtp::Require, keys(1, true), Some(true)),
    ] {
        let mut world = World::secret(policy);
        let told = call(&mut world, srtp);
        let refused = world.phones[0]
            .told
            .contains(&Told::Ended(Ending::Refused(488)));
        assert_eq!(refused, encrypted.is_none(), "{policy:?} {srtp:?}");
        let told: Vec<_> = told.iter().map(Option::is_some).collect();
        assert_eq!(
            told,
            encrypted.into_iter().collect::<Vec<_>>(),
            "{policy:?}"
        );
    }
}

#[test]
fn a_trunk_that_calls_is_held_to_what_is_said_of_it_and_not_of_everybody() {
    for (everybody, trunk, srtp, encrypted) in [
        (Srtp::Off, Srtp::Require, None, None),
        (Srtp::Off, Srtp::Require, keys(1, false), Some(true)),
        (Srtp::Require, Srtp::Off, None, Some(false)),
        (Srtp::Require, Srtp::Off, keys(1, true), None),
        (Srtp::Off, Srtp::Prefer, keys(1, true), Some(true)),
    ] {
        for open in [true, false] {
            let access = Access {
                open,
                ..Access::open()
            };
            let mut world = World::secret_trunk(everybody, trunk, access);
            let told = call(&mut world, srtp);
            let refused = Told::Ended(Ending::Refused(488));
            let is_refused = world.phones[0].told.contains(&refused);
            assert_eq!(is_refused, encrypted.is_none(), "{trunk:?} {srtp:?}");
            let told = told.first().map(Option::is_some);
            assert_eq!(told, encrypted, "{trunk:?} {srtp:?}");
        }
    }
}

#[test]
fn keys_of_ours_are_new_whenever_theirs_are_and_never_begin_again() {
    let mut world = World::secret(Srtp::Prefer);
    let first = call(&mut world, keys(1, false))[0].expect("encrypted");
    let mut reoffer = |srtp| {
        let now = world.now;
        world.phones[0].local.srtp = srtp;
        world.phones[0].reoffer(now, Direction::SendRecv);
        world.poll_phone(0);
        world.seconds(1);
        told(&mut world)
    };
    let again = reoffer(keys(1, false));
    assert_eq!(again, [Some(first)], "the same again");
    let second = reoffer(keys(3, false))[0].expect("encrypted");
    assert_ne!(second.ours, first.ours);
    assert_ne!(second.theirs, first.theirs);
    let third = reoffer(keys(1, false))[0].expect("encrypted");
    assert_eq!(third.theirs, first.theirs);
    assert_ne!(third.ours, first.ours, "its first key again, not ours");
}

#[test]
fn reinvite_that_drops_srtp_is_488_and_the_call_goes_on_as_it_was() {
    for required in [false, true] {
        let mut world = World::secret(Srtp::Prefer);
        let first = call(&mut world, keys(1, required))[0].expect("encrypted");
        for direction in [Direction::SendRecv, Direction::SendOnly] {
            let now = world.now;
            world.phones[0].local.srtp = None;
            world.phones[0].reoffer(now, direction);
            world.poll_phone(0);
            world.seconds(1);
            assert_eq!(told(&mut world), []);
            let told = world.phones[0].told.last();
            assert_eq!(told, Some(&Told::OfferRefused(488)));
        }
        let notice = world.notices.last().expect("a notification");
        assert!(notice.message.contains("SRTP is required"), "{notice:?}");
        let now = world.now;
        world.phones[0].local.srtp = keys(1, required);
        world.phones[0].reoffer(now, Direction::SendRecv);
        world.poll_phone(0);
        world.seconds(1);
        let again: Vec<_> = told(&mut world).into_iter().flatten().collect();
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].theirs, first.theirs);
    }
}

#[test]
fn clear_media_may_become_encrypted() {
    let mut world = World::secret(Srtp::Prefer);
    assert_eq!(call(&mut world, None), [None]);
    let now = world.now;
    world.phones[0].local.srtp = keys(1, true);
    world.phones[0].reoffer(now, Direction::SendRecv);
    world.poll_phone(0);
    world.seconds(1);
    assert!(told(&mut world)[0].is_some());
}

#[test]
fn nothing_that_is_told_names_a_key() {
    let mut world = World::secret(Srtp::Require);
    let told = call(&mut world, keys(1, true));
    assert_eq!(told.len(), 1);
    let shown = format!("{:?}{:?}{:?}", world.notices, world.news, world.callbacks);
    assert!(
        !shown.contains("inline") && !shown.contains("crypto"),
        "{shown}"
    );
}
