//! Calls that need a password, between two of ours.
#![allow(missing_docs, clippy::unwrap_used)]

mod network;

use confab_sip::{Account, Ending, Event, Realm, Secret};
use network::raw::{header, request, say, status};
use network::{CALLEE, CALLER, Network, OFFER, secs};

fn guarded(seed: u64, loss: u64) -> Network {
    let mut net = Network::lossy(seed, loss);
    let users = [("anna".to_owned(), Secret("pass".to_owned()))];
    net.agents[CALLEE].guard(Realm {
        name: "example.org".to_owned(),
        users: users.into(),
    });
    net
}

fn log_in(net: &mut Network, password: &str) {
    net.agents[CALLER].log_in(Account {
        realm: None,
        user: "anna".to_owned(),
        password: Secret(password.to_owned()),
    });
}

#[test]
fn who_knows_the_password_gets_through_at_any_loss() {
    for seed in 0..50 {
        let mut net = guarded(seed, 250);
        log_in(&mut net, "pass");
        net.rewrite = seed == 0;
        let dialog = net.call();
        net.run_for(secs(40));
        let up = net.count(CALLER, |e| matches!(e, Event::Answered { .. }));
        assert_eq!(up, 1, "{}", net.story());
        net.agents[CALLER].hang_up(net.now, dialog);
        net.collect();
        net.run_for(secs(70));
        assert_eq!(net.endings(CALLEE), [Ending::Bye]);
        net.assert_nothing_left("after a guarded call");
    }
}

#[test]
fn who_does_not_is_challenged_once_and_leaves_nothing() {
    let mut net = guarded(1, 0);
    log_in(&mut net, "wrong");
    net.call();
    net.run_for(secs(40));
    assert_eq!(net.endings(CALLER), [Ending::Refused(401)]);
    let challenges = net.lines(CALLEE);
    assert_eq!(challenges.len(), 2, "{challenges:?}");
    assert!(net.events[CALLEE].is_empty());
    net.assert_nothing_left("after a wrong password");
}

#[test]
fn a_challenge_costs_nothing_and_says_nothing() {
    let mut net = guarded(1, 0);
    let replies = say(&mut net, &request("INVITE", 1, "", "", OFFER));
    assert_eq!(status(&replies[0]), "401");
    assert!(
        header(&replies[0], "WWW-Authenticate")
            .unwrap()
            .contains("SHA-256")
    );
    assert_eq!(header(&replies[0], "Server"), None);
    assert_eq!(net.agents[CALLEE].leftovers(), (0, 0, 0));
    // OPTIONS are how others see that we live.
    let replies = say(&mut net, &request("OPTIONS", 2, "", "", b""));
    assert_eq!(status(&replies[0]), "200");
}
