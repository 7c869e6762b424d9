//! Reliable provisional responses (RFC 3262), as callee and as caller.

use crate::network::raw::{header, request, say, sent_since, status, to_tag};
use crate::network::{ANSWER, CALLEE, CALLER, Network, OFFER, address, secs};
use confab_sip::{Ending, Event};

const WANTED: &str = "Supported: 100rel\r\n";

/// Sends an INVITE and rings; returns the 180.
fn ringing(headers: &str, sdp: &[u8]) -> (Network, Vec<String>) {
    let mut net = Network::new(1);
    net.answers = false;
    say(&mut net, &request("INVITE", 1, "", headers, sdp));
    let callee = net.invited().unwrap();
    let before = net.seen.len();
    net.agents[CALLEE].ring(net.now, callee);
    net.collect();
    let sent = sent_since(&net, before);
    (net, sent)
}

fn prack(net: &mut Network, cseq: u32, tag: &str, rack: &str) -> String {
    let headers = format!("RAck: {rack}\r\n");
    let replies = say(net, &request("PRACK", cseq, tag, &headers, b""));
    replies[0].clone()
}

#[test]
fn a_180_is_sent_until_its_prack() {
    let (mut net, sent) = ringing(WANTED, OFFER);
    assert_eq!(header(&sent[0], "Require"), Some("100rel"));
    let rseq = header(&sent[0], "RSeq").unwrap().to_owned();
    let tag = to_tag(&sent[0]);
    net.run_for(secs(4));
    let rings = net.lines(CALLEE);
    let rings = rings.iter().filter(|l| l.starts_with("SIP/2.0 180"));
    assert_eq!(rings.count(), 4, "0, 0.5, 1.5, 3.5 s");
    let wrong = prack(&mut net, 2, &tag, "1000000 1 INVITE");
    assert_eq!(status(&wrong), "481");
    let right = prack(&mut net, 3, &tag, &format!("{rseq} 1 INVITE"));
    assert_eq!(status(&right), "200");
    let before = net.seen.len();
    net.run_for(secs(40));
    assert!(sent_since(&net, before).is_empty());
    // The ACK is still matched by the CSeq of the INVITE.
    let callee = net.invited().unwrap();
    net.agents[CALLEE].answer(net.now, callee, ANSWER.to_vec());
    net.collect();
    say(&mut net, &request("ACK", 1, &tag, "", b""));
    let up = net.count(CALLEE, |e| matches!(e, Event::Acknowledged { .. }));
    assert_eq!(up, 1);
}

#[test]
fn without_a_prack_the_call_is_refused() {
    let (mut net, _) = ringing(WANTED, OFFER);
    net.run_for(secs(70));
    assert_eq!(net.endings(CALLEE), [Ending::TimedOut]);
    let refused = net.lines(CALLEE);
    assert!(refused.iter().any(|l| l.starts_with("SIP/2.0 504")));
    assert_eq!(net.agents[CALLEE].leftovers(), (0, 0, 0));
}

#[test]
fn who_does_not_ask_gets_a_plain_180_and_who_left_the_offer_to_us_too() {
    let (_, sent) = ringing("", OFFER);
    assert_eq!(header(&sent[0], "RSeq"), None);
    let (_, sent) = ringing(WANTED, b"");
    assert_eq!(header(&sent[0], "RSeq"), None);
    // A reliable 180 would have to carry an offer.
    let (_, sent) = ringing("Require: 100rel\r\n", b"");
    assert!(sent.is_empty());
    let (_, sent) = ringing("Require: 100rel\r\n", OFFER);
    assert!(header(&sent[0], "RSeq").is_some());
}

#[test]
fn the_answer_need_not_wait_for_the_prack() {
    let (mut net, sent) = ringing(WANTED, OFFER);
    let rseq = header(&sent[0], "RSeq").unwrap().to_owned();
    let (callee, tag) = (net.invited().unwrap(), to_tag(&sent[0]));
    net.agents[CALLEE].answer(net.now, callee, ANSWER.to_vec());
    net.collect();
    let late = prack(&mut net, 2, &tag, &format!("{rseq} 1 INVITE"));
    assert_eq!(status(&late), "200");
    say(&mut net, &request("ACK", 1, &tag, "", b""));
    say(&mut net, &request("BYE", 3, &tag, "", b""));
    net.run_for(secs(33));
    assert_eq!(net.agents[CALLEE].leftovers(), (0, 0, 0));
}

#[test]
fn both_sides_of_ours_do_it_at_any_loss() {
    for seed in 0..100 {
        let mut net = Network::lossy(seed, 250);
        net.answers = false;
        let dialog = net.call();
        net.run_for(secs(20));
        let Some(callee) = net.invited() else {
            continue;
        };
        net.agents[CALLEE].ring(net.now, callee);
        net.collect();
        net.run_for(secs(20));
        let rang = net.count(CALLER, |e| matches!(e, Event::Ringing { .. }));
        assert_eq!(rang, 1, "seed {seed}: it arrives\n{}", net.story());
        assert!(net.lines(CALLER).iter().any(|l| l.starts_with("PRACK ")));
        net.agents[CALLEE].answer(net.now, callee, ANSWER.to_vec());
        net.collect();
        net.run_for(secs(40));
        net.agents[CALLER].hang_up(net.now, dialog);
        net.collect();
        net.run_for(secs(70));
        assert_eq!(net.endings(CALLEE), [Ending::Bye], "{}", net.story());
        net.assert_nothing_left(&format!("seed {seed}"));
    }
}

/// Sends a reliable 183 to the last INVITE.
fn provisional(net: &mut Network, tag: &str, rseq: u32) {
    let mut invites = net.seen.iter().rev();
    let invite = invites.find(|s| s.text.starts_with("INVITE "));
    let invite = invite.unwrap().text.clone();
    let of = |name: &str| header(&invite, name).unwrap();
    let reply = format!(
        "SIP/2.0 183 Progress\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag={tag}\r\nCall-ID: {}\r\n\
         CSeq: {}\r\nContact: <sip:{tag}@127.0.0.2>\r\nRequire: 100rel\r\nRSeq: {rseq}\r\n\
         Content-Length: 0\r\n\r\n",
        of("Via"),
        of("From"),
        of("To"),
        of("Call-ID"),
        of("CSeq"),
    );
    net.deliver(CALLER, address(CALLEE), reply.as_bytes());
}

#[test]
fn forks_are_acknowledged_each_in_its_order() {
    let mut net = Network::new(1);
    net.swallow = vec!["INVITE", "PRACK"];
    net.call();
    for (tag, rseq) in [("a", 5), ("a", 5), ("b", 9), ("a", 7), ("a", 6), ("a", 7)] {
        provisional(&mut net, tag, rseq);
    }
    let pracks: Vec<(&str, &str)> = net
        .seen
        .iter()
        .filter(|seen| seen.text.starts_with("PRACK "))
        .map(|seen| {
            let target = seen.text.split(['@', ':']).nth(1).unwrap();
            (target, header(&seen.text, "RAck").unwrap())
        })
        .collect();
    assert_eq!(
        pracks,
        [
            ("a", "5 1 INVITE"),
            ("b", "9 1 INVITE"),
            ("a", "6 1 INVITE"),
            ("a", "7 1 INVITE")
        ]
    );
    net.run_for(secs(250));
    assert_eq!(net.agents[CALLER].leftovers(), (0, 0, 0));
}
