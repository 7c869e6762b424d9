//! Call that is answered, never acknowledged, and hung up at once. If the BYE is answered, no state
//! remains after 34 s.

use crate::network::{CALLEE, Network, secs};

#[test]
fn an_answered_last_word_leaves_nothing_after_34_s() {
    let mut net = Network::new(5);
    net.swallow = vec!["ACK"];
    net.call();
    net.run_for(secs(1));
    let dialog = net.invited().unwrap();
    let now = net.now;
    net.agents[CALLEE].hang_up(now, dialog);
    net.collect();
    net.run_for(secs(34));
    let answered = net.lines(CALLEE).iter().any(|line| line.starts_with("BYE"));
    assert!(answered, "{}", net.story());
    assert_eq!(net.agents[CALLEE].leftovers(), (0, 0, 0), "{}", net.story());
}
