//! Retransmission intervals and timeouts.

use crate::network::{ANSWER, CALLEE, CALLER, Network, OFFER, secs};
use confab_sip::{Ending, Event};

/// Returns the times of the datagrams that begin with `words`, in milliseconds since the first.
fn times(net: &Network, from: usize, words: &str) -> Vec<u64> {
    let mut at = net
        .seen
        .iter()
        .filter(|seen| seen.from == from && seen.text.starts_with(words))
        .map(|seen| seen.at.0 / 1_000_000);
    let first = at.next().expect("sent at all");
    let mut all = vec![0];
    all.extend(at.map(|ms| ms - first));
    all
}

#[test]
fn an_invite_into_the_void() {
    let mut net = Network::new(1);
    net.swallow = vec!["INVITE"];
    net.call();
    net.run_for(secs(31));
    assert!(net.endings(CALLER).is_empty());
    net.run_for(secs(2));
    assert_eq!(
        times(&net, CALLER, "INVITE"),
        [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]
    );
    assert_eq!(net.endings(CALLER), [Ending::TimedOut]);
    net.assert_nothing_left("after timer B");
}

#[test]
fn a_bye_into_the_void() {
    let mut net = Network::new(1);
    let dialog = net.call();
    net.run_for(secs(1));
    net.swallow = vec!["BYE"];
    net.agents[CALLER].hang_up(net.now, dialog);
    net.collect();
    net.run_for(secs(33));
    assert_eq!(
        times(&net, CALLER, "BYE"),
        [
            0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500
        ]
    );
    assert_eq!(net.agents[CALLER].leftovers(), (0, 0, 0));
}

#[test]
fn an_answer_without_an_ack() {
    let mut net = Network::trusting(1);
    net.swallow = vec!["ACK"];
    net.call();
    net.run_for(secs(32));
    let again = [
        0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ];
    assert_eq!(times(&net, CALLEE, "SIP/2.0 200"), again);
    // Each 200 got an ACK.
    assert_eq!(
        net.lines(CALLER)
            .iter()
            .filter(|l| l.starts_with("ACK"))
            .count(),
        again.len()
    );
    assert_eq!(
        net.count(CALLER, |e| matches!(e, Event::Answered { .. })),
        1
    );
}

#[test]
fn a_refusal_without_an_ack() {
    let mut net = Network::trusting(1);
    net.answers = false;
    net.swallow = vec!["ACK"];
    net.call();
    net.run_for(secs(1));
    let callee = net.invited().unwrap();
    net.agents[CALLEE].reject(net.now, callee, 486);
    net.collect();
    net.run_for(secs(33));
    assert_eq!(
        times(&net, CALLEE, "SIP/2.0 486"),
        [
            0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500
        ]
    );
    assert_eq!(net.endings(CALLER), [Ending::Refused(486)], "told once");
    net.run_for(secs(33));
    net.assert_nothing_left("after timer H");
}

#[test]
fn a_re_invite_into_the_void_ends_the_call() {
    let mut net = Network::new(1);
    let dialog = net.call();
    net.run_for(secs(1));
    net.swallow = vec!["INVITE"];
    net.agents[CALLER].reoffer(net.now, dialog, OFFER.to_vec());
    net.collect();
    net.run_for(secs(33));
    assert_eq!(net.endings(CALLER), [Ending::TimedOut]);
    assert_eq!(net.endings(CALLEE), [Ending::Bye]);
    net.run_for(secs(34));
    net.assert_nothing_left("after a lost re-INVITE");
}

#[test]
fn ringing_without_end_is_taken_back() {
    let mut net = Network::new(1);
    net.answers = false;
    net.call();
    net.run_for(secs(1));
    let callee = net.invited().unwrap();
    net.agents[CALLEE].ring(net.now, callee);
    net.agents[CALLEE].ring(net.now, callee);
    net.collect();
    net.run_for(secs(182));
    assert_eq!(net.count(CALLER, |e| matches!(e, Event::Ringing { .. })), 1);
    assert_eq!(net.endings(CALLER), [Ending::TimedOut]);
    assert_eq!(net.endings(CALLEE), [Ending::Cancelled]);
    net.run_for(secs(34));
    net.assert_nothing_left("after timer C");
}

/// A call takes the same course if the state is serialized and restored before each step.
#[test]
fn state_on_paper_is_state() {
    let story = |rewrite: bool, seed: u64| {
        let mut net = Network::lossy(seed, 200);
        net.rewrite = rewrite;
        let dialog = net.call();
        net.run_for(secs(10));
        net.agents[CALLER].reoffer(net.now, dialog, OFFER.to_vec());
        net.collect();
        net.run_for(secs(10));
        if let Some(callee) = net.invited() {
            net.agents[CALLEE].answer(net.now, callee, ANSWER.to_vec());
            net.agents[CALLEE].hang_up(net.now, callee);
            net.collect();
        }
        net.run_for(secs(70));
        net.story()
    };
    for seed in 0..20 {
        assert_eq!(story(false, seed), story(true, seed), "seed {seed}");
    }
}
