//! Limits by dialog, peer and user, and the reports of exceeded limits.

use core::time::Duration;

use confab_sip::{CallLimits, Event, Limit};
use confab_terms::limits::{SIP_DATAGRAMS_OF_CLIENT_PER_SECOND, SIP_TRANSACTIONS_OF_DIALOG_MAX};

use crate::network::raw::{request, say, sent_since, status, to_tag};
use crate::network::{CALLEE, Network, OFFER, secs};

/// Returns the `Limited` events of the callee.
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
        // Below the datagram rate of one client.
        net.run_for(Duration::from_micros(100));
        let replies = say(&mut net, &request("INFO", cseq, &tag, "", b""));
        refused += usize::from(status(replies.last().unwrap()) == "503");
    }
    // The INVITE counts as well.
    assert_eq!(refused, 3 * SIP_TRANSACTIONS_OF_DIALOG_MAX + 1);
    let (transactions, ..) = net.agents[CALLEE].leftovers();
    assert_eq!(transactions, SIP_TRANSACTIONS_OF_DIALOG_MAX);
    assert_eq!(limited(&net), [(Limit::TransactionsOfDialog, 1)]);
    // BYE is exempt from the limit.
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

#[test]
fn datagrams_beyond_the_pace_of_one_client_are_dropped_and_those_of_others_answered() {
    let mut net = Network::new(1);
    let options = |n: u32| {
        let text = request("OPTIONS", n, "", "", b"");
        text.replace("Call-ID: ", &format!("Call-ID: {n}-"))
    };
    let burst = SIP_DATAGRAMS_OF_CLIENT_PER_SECOND / 10;
    let flood = 3 * burst;
    let answered = (0..flood).filter(|n| !say(&mut net, &options(*n)).is_empty());
    assert_eq!(answered.count(), burst as usize);
    assert_eq!(limited(&net), [(Limit::DatagramsOfClient, 1)]);
    let other = "127.0.0.77:5060".parse().unwrap();
    let before = net.seen.len();
    net.deliver(CALLEE, other, options(flood).as_bytes());
    assert_eq!(sent_since(&net, before).len(), 1);
    // 10 ms allow one tenth of the burst.
    net.run_for(Duration::from_millis(10));
    let answered = (flood + 1..2 * flood).filter(|n| !say(&mut net, &options(*n)).is_empty());
    assert_eq!(answered.count(), burst as usize / 10);
}

#[test]
fn datagrams_of_a_trunk_have_no_pace() {
    // Each agent is a trunk of the other.
    let mut net = Network::trusting(1);
    let flood = SIP_DATAGRAMS_OF_CLIENT_PER_SECOND / 5;
    for n in 0..flood {
        let text = request("OPTIONS", n, "", "", b"");
        let text = text.replace("Call-ID: ", &format!("Call-ID: {n}-"));
        assert_eq!(say(&mut net, &text).len(), 1, "{n}");
    }
    assert_eq!(limited(&net), []);
}
