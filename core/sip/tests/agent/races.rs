//! Messages that cross, are duplicated, are late, or match no transaction and dialog.

use crate::network::{ANSWER, CALLEE, CALLER, Network, OFFER, address, secs};
use confab_sip::{DialogId, Ending, Event};
use confab_terms::limits::SIP_TRANSACTIONS_MAX;

fn up(seed: u64) -> (Network, DialogId, DialogId) {
    let mut net = Network::new(seed);
    let caller = net.call();
    net.run_for(secs(1));
    let callee = net.invited().unwrap();
    net.seen.clear();
    (net, caller, callee)
}

fn replies_to(net: &mut Network, text: &str) -> Vec<String> {
    let before = net.seen.len();
    net.deliver(CALLEE, address(CALLER), text.as_bytes());
    net.seen[before..]
        .iter()
        .map(|seen| seen.text.clone())
        .collect()
}

/// Returns a request of the caller within the dialog, built from its last ACK.
fn within(net: &Network, method: &str, cseq: u32, body: &str) -> String {
    let ack = net
        .seen
        .iter()
        .find(|seen| seen.text.starts_with("ACK"))
        .unwrap();
    let line = |name: &str| {
        let found = ack.text.lines().find(|line| line.starts_with(name));
        found.unwrap().to_owned()
    };
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    format!(
        "{method} sip:127.0.0.2:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;\
         branch=z9hG4bKx{method}{cseq}\r\n{}\r\n{}\r\n{}\r\nCSeq: {cseq} {method}\r\n\
         Contact: <sip:127.0.0.1:5060>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
        line("From"),
        line("To"),
        line("Call-ID"),
        body.len(),
    )
}

fn up_with_ack() -> (Network, DialogId) {
    let mut net = Network::new(5);
    net.call();
    net.run_for(secs(1));
    let callee = net.invited().unwrap();
    (net, callee)
}

fn status(reply: &str) -> &str {
    &reply[8..11]
}

#[test]
fn a_cancel_before_the_answer() {
    let mut net = Network::new(1);
    net.answers = false;
    let dialog = net.call();
    net.run_for(secs(1));
    net.agents[CALLER].hang_up(net.now, dialog);
    net.collect();
    net.run_for(secs(34));
    assert_eq!(net.endings(CALLER), [Ending::Rejected]);
    assert_eq!(net.endings(CALLEE), [Ending::Cancelled]);
    let said = net.lines(CALLEE);
    assert_eq!(
        said,
        [
            "SIP/2.0 100 Trying",
            "SIP/2.0 200 OK",
            "SIP/2.0 487 Request Terminated"
        ]
    );
    net.assert_nothing_left("after a CANCEL");
}

#[test]
fn a_cancel_waits_for_a_provisional_response() {
    let mut net = Network::new(1);
    net.answers = false;
    net.swallow = vec!["SIP/2.0 100"];
    let dialog = net.call();
    net.run_for(secs(0));
    net.agents[CALLER].hang_up(net.now, dialog);
    net.collect();
    net.run_for(secs(3));
    assert!(
        net.lines(CALLER)
            .iter()
            .all(|line| line.starts_with("INVITE"))
    );
    net.swallow.clear();
    net.run_for(secs(40));
    assert!(
        net.lines(CALLER)
            .iter()
            .any(|line| line.starts_with("CANCEL"))
    );
    assert_eq!(net.endings(CALLEE), [Ending::Cancelled]);
    net.assert_nothing_left("after a late CANCEL");
}

#[test]
fn a_cancel_that_crosses_the_answer_ends_in_a_bye() {
    for seed in 0..50 {
        let mut net = Network::new(seed);
        net.answers = false;
        let dialog = net.call();
        net.run_for(secs(1));
        let callee = net.invited().unwrap();
        net.agents[CALLEE].answer(net.now, callee, ANSWER.to_vec());
        net.agents[CALLER].hang_up(net.now, dialog);
        net.collect();
        net.run_for(secs(34));
        assert_eq!(net.endings(CALLER), [Ending::Rejected]);
        assert_eq!(net.endings(CALLEE), [Ending::Bye], "{}", net.story());
        assert_eq!(
            net.count(CALLER, |e| matches!(e, Event::Answered { .. })),
            0
        );
        net.assert_nothing_left("after a CANCEL too late");
    }
}

#[test]
fn a_rejection_is_told_with_its_status() {
    let mut net = Network::new(1);
    net.answers = false;
    net.call();
    net.run_for(secs(1));
    let callee = net.invited().unwrap();
    net.agents[CALLEE].reject(net.now, callee, 486);
    net.collect();
    net.run_for(secs(34));
    assert_eq!(net.endings(CALLER), [Ending::Refused(486)]);
    assert_eq!(net.endings(CALLEE), [Ending::Rejected]);
    net.assert_nothing_left("after a rejection");
}

#[test]
fn who_is_turned_away_for_now_hears_when_to_come_again() {
    let mut net = Network::new(1);
    net.answers = false;
    net.call();
    net.run_for(secs(1));
    let callee = net.invited().unwrap();
    net.agents[CALLEE].reject(net.now, callee, 503);
    net.collect();
    let last = &net.seen.last().unwrap().text;
    assert!(last.starts_with("SIP/2.0 503 ") && last.contains("\r\nRetry-After: 10\r\n"));
}

#[test]
fn byes_that_cross() {
    let (mut net, caller, callee) = up(1);
    net.agents[CALLER].hang_up(net.now, caller);
    net.agents[CALLEE].hang_up(net.now, callee);
    net.collect();
    net.run_for(secs(34));
    assert_eq!(net.endings(CALLER), [Ending::ByeSent]);
    assert_eq!(net.endings(CALLEE), [Ending::ByeSent]);
    assert!(net.lines(CALLEE).contains(&"SIP/2.0 200 OK".to_owned()));
    net.assert_nothing_left("after two BYEs");
}

#[test]
fn a_bye_waits_for_the_ack_of_the_answer() {
    let mut net = Network::new(1);
    net.answers = false;
    net.swallow = vec!["ACK"];
    net.call();
    net.run_for(secs(1));
    let callee = net.invited().unwrap();
    net.agents[CALLEE].answer(net.now, callee, ANSWER.to_vec());
    net.agents[CALLEE].hang_up(net.now, callee);
    net.collect();
    assert_eq!(net.endings(CALLEE), [Ending::ByeSent]);
    net.run_for(secs(3));
    assert!(!net.lines(CALLEE).iter().any(|line| line.starts_with("BYE")));
    net.swallow.clear();
    net.run_for(secs(34));
    assert_eq!(net.endings(CALLER), [Ending::Bye]);
    net.assert_nothing_left("after a BYE that waited");
}

#[test]
fn an_answer_never_acknowledged_ends_the_call() {
    let mut net = Network::new(1);
    net.swallow = vec!["ACK"];
    net.call();
    net.run_for(secs(33));
    assert_eq!(net.endings(CALLEE), [Ending::TimedOut]);
    assert_eq!(net.endings(CALLER), [Ending::Bye]);
    net.run_for(secs(34));
    net.assert_nothing_left("after no ACK");
}

#[test]
fn a_hold_and_its_answer() {
    let (mut net, caller, _) = up(1);
    net.agents[CALLER].reoffer(net.now, caller, OFFER.to_vec());
    net.collect();
    net.run_for(secs(1));
    assert_eq!(net.count(CALLEE, |e| matches!(e, Event::Offered { .. })), 1);
    assert_eq!(
        net.count(CALLER, |e| matches!(e, Event::OfferAccepted { .. })),
        1
    );
    assert_eq!(
        net.count(CALLEE, |e| matches!(e, Event::Acknowledged { .. })),
        1
    );
    assert_eq!(
        net.lines(CALLEE),
        ["SIP/2.0 100 Trying", "SIP/2.0 200 OK"],
        "{}",
        net.story()
    );
}

#[test]
fn a_refused_offer_leaves_the_call_up() {
    let (mut net, caller, callee) = up(1);
    net.answers = false;
    net.agents[CALLER].reoffer(net.now, caller, OFFER.to_vec());
    net.collect();
    net.run_for(secs(1));
    net.agents[CALLEE].refuse_offer(net.now, callee, 488);
    net.collect();
    net.run_for(secs(1));
    let refused = |e: &Event| matches!(e, Event::OfferRefused { status: 488, .. });
    assert_eq!(net.count(CALLER, refused), 1);
    assert!(net.endings(CALLER).is_empty() && net.endings(CALLEE).is_empty());
}

#[test]
fn offers_that_meet_both_come_through() {
    for seed in 0..200 {
        let (mut net, caller, callee) = up(seed);
        net.agents[CALLER].reoffer(net.now, caller, OFFER.to_vec());
        net.agents[CALLEE].reoffer(net.now, callee, OFFER.to_vec());
        net.collect();
        net.run_for(secs(15));
        let pending = "SIP/2.0 491 Request Pending".to_owned();
        let met = |side| net.lines(side).contains(&pending);
        assert!(met(CALLER) || met(CALLEE), "seed {seed}");
        for side in [CALLER, CALLEE] {
            let accepted = net.count(side, |e| matches!(e, Event::OfferAccepted { .. }));
            assert_eq!(accepted, 1, "seed {seed}, side {side}\n{}", net.story());
        }
    }
}

#[test]
fn requests_within_a_dialog() {
    let (mut net, _) = up_with_ack();
    let info = within(&net, "INFO", 7, "");
    assert_eq!(status(&replies_to(&mut net, &info)[0]), "200");
    assert_eq!(status(&replies_to(&mut net, &info)[0]), "200", "repeated");
    let options = within(&net, "OPTIONS", 8, "");
    assert!(replies_to(&mut net, &options)[0].contains("\r\nAllow: "));
    let late = within(&net, "INFO", 6, "");
    assert_eq!(status(&replies_to(&mut net, &late)[0]), "500");
    let same = within(&net, "INFO", 8, "");
    assert_eq!(status(&replies_to(&mut net, &same)[0]), "500");
    let refer = within(&net, "REFER", 9, "");
    assert_eq!(status(&replies_to(&mut net, &refer)[0]), "603");
    let prack = within(&net, "PRACK", 10, "");
    assert_eq!(status(&replies_to(&mut net, &prack)[0]), "481");
    let invite = within(&net, "INVITE", 11, "");
    let replies = replies_to(&mut net, &invite);
    assert_eq!(status(replies.last().unwrap()), "200", "a late offer");
    let ack = within(&net, "ACK", 11, "");
    assert!(replies_to(&mut net, &ack).is_empty());
    let update = within(&net, "UPDATE", 12, "");
    assert_eq!(status(&replies_to(&mut net, &update)[0]), "200", "no offer");
    let update = within(&net, "UPDATE", 13, "v=0\r\n");
    let replies = replies_to(&mut net, &update);
    assert_eq!(status(&replies[0]), "200");
    assert!(replies[0].ends_with(std::str::from_utf8(ANSWER).unwrap()));
    let stranger = within(&net, "BYE", 14, "").replace(";tag=", ";tag=x");
    assert_eq!(status(&replies_to(&mut net, &stranger)[0]), "481");
    let bye = within(&net, "BYE", 15, "");
    assert_eq!(status(&replies_to(&mut net, &bye)[0]), "200");
    assert_eq!(status(&replies_to(&mut net, &bye)[0]), "200", "repeated");
    assert_eq!(net.endings(CALLEE), [Ending::Bye]);
    let info = within(&net, "INFO", 16, "");
    assert_eq!(status(&replies_to(&mut net, &info)[0]), "481");
}

#[test]
fn what_finds_no_room_has_its_turn_when_it_comes_again() {
    let (mut net, _) = up_with_ack();
    let kept = net.seen.len();
    let refused = (7..)
        .map(|cseq| within(&net, "INFO", cseq, ""))
        .take(SIP_TRANSACTIONS_MAX);
    let refused = refused.collect::<Vec<_>>().into_iter().find(|info| {
        let refused = status(&replies_to(&mut net, info)[0]) == "503";
        net.seen.truncate(kept);
        refused
    });
    let refused = refused.unwrap();
    assert_eq!(
        status(&replies_to(&mut net, &refused)[0]),
        "503",
        "the same"
    );
    // The earlier transactions time out.
    net.run_for(secs(33));
    assert_eq!(status(&replies_to(&mut net, &refused)[0]), "200");
    assert_eq!(
        status(&replies_to(&mut net, &refused)[0]),
        "200",
        "repeated"
    );
}

#[test]
fn a_second_offer_before_the_first_was_decided() {
    let (mut net, callee) = up_with_ack();
    net.answers = false;
    let first = within(&net, "INVITE", 20, "v=0\r\n");
    assert_eq!(status(&replies_to(&mut net, &first)[0]), "100");
    let second = within(&net, "UPDATE", 21, "v=0\r\n");
    let replies = replies_to(&mut net, &second);
    assert_eq!(status(&replies[0]), "500");
    assert!(replies[0].contains("\r\nRetry-After: "));
    // After a hang-up, the pending offer still gets a final response.
    net.agents[CALLEE].hang_up(net.now, callee);
    net.collect();
    let said = net.lines(CALLEE);
    assert!(
        said.contains(&"SIP/2.0 487 Request Terminated".to_owned()),
        "{said:?}"
    );
}

#[test]
fn one_invite_on_two_ways_is_one_call() {
    let mut net = Network::new(9);
    net.answers = false;
    net.call();
    net.run_for(secs(1));
    let invite = net.seen[0].text.clone();
    let other_way = invite.replace("branch=z9hG4bK", "branch=z9hG4bKother");
    assert_eq!(status(&replies_to(&mut net, &other_way)[0]), "482");
    // The identical INVITE is a retransmission.
    assert_eq!(status(&replies_to(&mut net, &invite)[0]), "100");
    assert_eq!(net.count(CALLEE, |e| matches!(e, Event::Invited { .. })), 1);
}

#[test]
fn a_cancel_of_nothing() {
    let mut net = Network::new(9);
    net.answers = false;
    net.call();
    net.run_for(secs(1));
    let invite = net.seen[0].text.clone();
    let cancel = invite
        .replace("INVITE", "CANCEL")
        .replace("branch=z9hG4bK", "branch=z9hG4bKn");
    assert_eq!(status(&replies_to(&mut net, &cancel)[0]), "481");
    assert!(net.endings(CALLEE).is_empty());
}

#[test]
fn replies_carry_where_it_came_from() {
    let mut net = Network::new(9);
    let text = "OPTIONS sip:a@127.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP phone.example:5070;rport;\
                branch=z9hG4bKa\r\nFrom: <sip:b@c>;tag=1\r\nTo: <sip:a@c>\r\nCall-ID: x\r\n\
                CSeq: 1 OPTIONS\r\n\r\n";
    let replies = replies_to(&mut net, text);
    assert!(
        replies[0].contains(
            "Via: SIP/2.0/UDP phone.example:5070;branch=z9hG4bKa;received=127.0.0.1;rport=5060"
        ),
        "{replies:?}"
    );
    assert_eq!(
        replies,
        replies_to(&mut net, text),
        "asked twice, answered alike"
    );
}
