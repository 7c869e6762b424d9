//! Complete calls between two user agents, with and without packet loss.

use crate::network::{CALLEE, CALLER, Network, secs};
use confab_sip::{Ending, Event};

#[test]
fn a_call_from_invite_to_bye() {
    let mut net = Network::new(1);
    let dialog = net.call();
    net.run_for(secs(2));
    assert_eq!(
        net.lines(CALLEE),
        [
            "SIP/2.0 100 Trying",
            "SIP/2.0 180 Ringing",
            "SIP/2.0 200 OK"
        ],
        "{}",
        net.story()
    );
    assert_eq!(
        net.count(CALLER, |e| matches!(e, Event::Answered { .. })),
        1
    );
    assert_eq!(
        net.count(CALLEE, |e| matches!(e, Event::Acknowledged { .. })),
        1
    );
    net.agents[CALLER].hang_up(net.now, dialog);
    net.collect();
    net.run_for(secs(34));
    assert_eq!(net.endings(CALLER), [Ending::ByeSent]);
    assert_eq!(net.endings(CALLEE), [Ending::Bye]);
    net.assert_nothing_left("after a call");
}

#[test]
fn an_invitation_says_what_it_says() {
    let mut net = Network::new(2);
    net.call();
    net.run_for(secs(1));
    let Some((_, event)) = net.events[CALLEE].first() else {
        panic!("not invited");
    };
    let Event::Invited {
        from,
        from_name,
        to,
        to_user,
        to_host,
        x_headers,
        ..
    } = event
    else {
        panic!("{event:?}");
    };
    assert_eq!(from, "sip:anna@127.0.0.1");
    assert_eq!(from_name.as_deref(), Some("Anna \"A\" K"));
    assert_eq!(to, "sip:room@127.0.0.2");
    assert_eq!(to_user, "room");
    assert_eq!(to_host, "127.0.0.2");
    assert_eq!(x_headers, &[("X-Colour".to_owned(), "blue".to_owned())]);
}

#[test]
fn calls_come_about_at_a_quarter_lost_both_ways() {
    for seed in 0..400 {
        let mut net = Network::lossy(seed, 250);
        let dialog = net.call();
        net.run_for(secs(40));
        let up = net.count(CALLER, |e| matches!(e, Event::Answered { .. })) == 1
            && net.count(CALLEE, |e| matches!(e, Event::Acknowledged { .. })) == 1;
        assert!(up, "seed {seed}\n{}", net.story());
        net.agents[CALLER].hang_up(net.now, dialog);
        net.collect();
        net.run_for(secs(70));
        assert_eq!(net.endings(CALLER), [Ending::ByeSent], "seed {seed}");
        assert_eq!(
            net.endings(CALLEE),
            [Ending::Bye],
            "seed {seed}\n{}",
            net.story()
        );
        net.assert_nothing_left(&format!("seed {seed}"));
    }
}
