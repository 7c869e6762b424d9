//! Calls with digest authentication between two user agents.

use crate::network::raw::{header, request, say, status};
use crate::network::{CALLEE, CALLER, Network, OFFER, address, secs};
use confab_sip::{Access, Account, Ending, Event, Gateway, Secret, Transport, Trunk};

fn trunk(password: &str) -> Trunk {
    Trunk {
        name: "theirs".into(),
        networks: Vec::new(),
        account: Some(Account {
            user: "anna".into(),
            password: Secret(password.into()),
        }),
        gateway: None,
        srtp: None,
        nat: confab_sip::Nat::Auto,
        identity: Default::default(),
    }
}

/// Creates a network with a callee that requires credentials and a caller with this password.
fn guarded(seed: u64, loss: u64, password: &str) -> Network {
    let mut net = Network::lossy(seed, loss);
    net.agents[CALLEE].guard(Access {
        open: false,
        trunks: vec![trunk("pass")],
    });
    let address = address(CALLEE);
    let gateway = Gateway::new(address.to_string(), Some(address), Transport::Udp);
    net.agents[CALLER].guard(Access {
        open: true,
        trunks: vec![Trunk {
            gateway: Some(gateway),
            ..trunk(password)
        }],
    });
    net
}

#[test]
fn who_knows_the_password_gets_through_at_any_loss() {
    for seed in 0..50 {
        let mut net = guarded(seed, 250, "pass");
        net.rewrite = seed == 0;
        let dialog = net.call_along();
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
    let mut net = guarded(1, 0, "wrong");
    net.call_along();
    net.run_for(secs(40));
    assert_eq!(net.endings(CALLER), [Ending::Refused(401)]);
    let challenges = net.lines(CALLEE);
    assert_eq!(challenges.len(), 2, "{challenges:?}");
    assert_eq!(net.events[CALLEE].len(), 1);
    assert_eq!(
        net.count(CALLEE, |e| matches!(e, Event::LoginFailed { .. })),
        1
    );
    net.assert_nothing_left("after a wrong password");
}

#[test]
fn a_challenge_costs_nothing_and_says_nothing() {
    let mut net = guarded(1, 0, "pass");
    let long = format!("X-Long: {}\r\n", "x".repeat(200));
    let replies = say(&mut net, &request("INVITE", 1, "", &long, OFFER));
    assert_eq!(status(&replies[0]), "401");
    assert!(
        header(&replies[0], "WWW-Authenticate")
            .unwrap()
            .contains("SHA-256")
    );
    assert_eq!(header(&replies[0], "Server"), None);
    assert_eq!(net.agents[CALLEE].leftovers(), (0, 0, 0));
}
