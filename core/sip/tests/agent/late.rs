//! Late offers: the INVITE has no SDP, the 200 carries the offer, the ACK the answer.

use crate::network::raw::{request, say, status, to_tag};
use crate::network::{ANSWER, CALLEE, Network, secs};
use confab_sip::{Ending, Event};

fn late_answers(net: &Network) -> Vec<Vec<u8>> {
    let events = net.events[CALLEE].iter();
    let answer = |(_, event): &(_, Event)| match event {
        Event::LateAnswer { answer, .. } => Some(answer.clone()),
        _ => None,
    };
    events.filter_map(answer).collect()
}

fn called() -> (Network, String) {
    let mut net = Network::new(1);
    let replies = say(&mut net, &request("INVITE", 1, "", "", b""));
    let ok = replies.last().unwrap();
    assert_eq!(status(ok), "200");
    assert!(ok.contains("\r\nContent-Type: application/sdp\r\n"), "{ok}");
    let tag = to_tag(ok);
    (net, tag)
}

#[test]
fn the_ack_brings_the_answer_and_then_the_call_is_up() {
    let (mut net, tag) = called();
    assert!(late_answers(&net).is_empty());
    let Event::Invited { offer, .. } = &net.events[CALLEE][0].1 else {
        panic!("not invited");
    };
    assert!(offer.is_empty());
    say(&mut net, &request("ACK", 1, &tag, "", ANSWER));
    say(&mut net, &request("ACK", 1, &tag, "", ANSWER));
    assert_eq!(late_answers(&net), [ANSWER]);
    assert!(matches!(
        net.events[CALLEE][1..],
        [
            (_, Event::LateAnswer { .. }),
            (_, Event::Acknowledged { .. })
        ]
    ));
    let bye = request("BYE", 2, &tag, "", b"");
    assert_eq!(status(&say(&mut net, &bye)[0]), "200");
    net.run_for(secs(33));
    net.assert_nothing_left("after a late offer");
}

#[test]
fn an_ack_without_an_answer_is_told_as_that() {
    let (mut net, tag) = called();
    say(&mut net, &request("ACK", 1, &tag, "", b""));
    assert_eq!(late_answers(&net), [b""]);
}

#[test]
fn no_ack_is_no_answer() {
    let (mut net, _) = called();
    net.run_for(secs(65));
    assert!(late_answers(&net).is_empty());
    assert_eq!(net.endings(CALLEE), [Ending::TimedOut]);
    net.assert_nothing_left("after no ACK");
}

#[test]
fn a_reinvite_without_an_offer_gets_ours() {
    let (mut net, tag) = called();
    say(&mut net, &request("ACK", 1, &tag, "", ANSWER));
    let reinvite = request("INVITE", 2, &tag, "", b"");
    let replies = say(&mut net, &reinvite);
    assert_eq!(status(replies.last().unwrap()), "200");
    assert!(replies.last().unwrap().ends_with("t=0 0\r\n"));
    // While the offer in the 200 is pending, other offers are rejected, and a new INVITE does not
    // replace the ACK.
    let update = request("UPDATE", 3, &tag, "", ANSWER);
    assert_eq!(status(&say(&mut net, &update)[0]), "491");
    let invite = request("INVITE", 4, &tag, "", ANSWER);
    assert_eq!(status(&say(&mut net, &invite)[0]), "500");
    say(&mut net, &request("ACK", 2, &tag, "", ANSWER));
    assert_eq!(late_answers(&net).len(), 2);
    let acknowledged = net.count(CALLEE, |e| matches!(e, Event::Acknowledged { .. }));
    assert_eq!(acknowledged, 1);
    say(&mut net, &request("BYE", 5, &tag, "", b""));
    net.run_for(secs(40));
    net.assert_nothing_left("after a late re-INVITE");
}
