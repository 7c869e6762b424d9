//! Limits by dialog, peer and user, and the notices of them.

use confab_sip::{CallLimits, Event, Limit};
use confab_terms::limits::SIP_TRANSACTIONS_OF_DIALOG_MAX;

use crate::network::raw::{request, say, status, to_tag};
use crate::network::{CALLEE, Network, OFFER, secs};

/// Notices of limits.
fn limited(net: &Network) -> Vec<(Limit, u64)> {
    let events = net.events[CALLEE].iter();
    let limited = events.filter_map(|(_, event)| match event {
        Event::Limited { limit, count, .. } => Some((*limit, *count)),
        _ => None,
    });
    limited.collect()
}

#[test]
fn requests_of_one_dialog_fill_only_their_share() {
    let mut net = Network::new(1);
    let replies = say(&mut net, &request("INVITE", 1, "", "", OFFER));
    let tag = to_tag(replies.last().unwrap());
    say(&mut net, &request("ACK", 1, &tag, "", b""));
    let flood = 4 * u32::try_from(SIP_TRANSACTIONS_OF_DIALOG_MAX).unwrap();
    let mut refused = 0;
    for cseq in 2..2 + flood {
        let replies = say(&mut net, &request("INFO", cseq, &tag, "", b""));
        refused += usize::from(status(replies.last().unwrap()) == "503");
    }
    // The INVITE counts, too.
    assert_eq!(refused, 3 * SIP_TRANSACTIONS_OF_DIALOG_MAX + 1);
    let (transactions, ..) = net.agents[CALLEE].leftovers();
    assert_eq!(transactions, SIP_TRANSACTIONS_OF_DIALOG_MAX);
    assert_eq!(limited(&net), [(Limit::TransactionsOfDialog, 1)]);
    // BYE is always taken.
    let replies = say(&mut net, &request("BYE", 90_000, &tag, "", b""));
    assert_eq!(status(replies.last().unwrap()), "200");
    net.run_for(secs(40));
    assert_eq!(net.agents[CALLEE].leftovers(), (0, 0, 0));
}

#[test]
fn limit_is_told_once_a_minute_with_the_number_of_refusals() {
    let mut net = Network::new(1);
    net.agents[CALLEE].limit_calls(CallLimits {
        per_second: Some(1),
        ..CallLimits::default()
    });
    net.answers = false;
    let mut refused = 0;
    for second in 0..70 {
        for n in 0..3 {
            let call = request("INVITE", 1, "", "", OFFER);
            let call = call
                .replace("Call-ID: ", &format!("Call-ID: {second}-{n}-"))
                .replace("branch=z9hG4bK", &format!("branch=z9hG4bK{second}x{n}"));
            let replies = say(&mut net, &call);
            refused += u64::from(replies.iter().any(|reply| status(reply) == "503"));
        }
        net.run_for(secs(1));
    }
    assert_eq!(refused, 2 * 70);
    let told = limited(&net);
    assert_eq!(told, [(Limit::CallRate, 1), (Limit::CallRate, 2 * 60)]);
    assert_eq!(net.agents[CALLEE].refused_by_limits(), refused);
}
