//! Session timers (RFC 4028): refresher, refresh requests, and the end of a session without a
//! refresh.

use crate::network::raw::{header, request, say, sent_since, status, to_tag};
use crate::network::{ANSWER, CALLEE, CALLER, Network, OFFER, address, secs};
use confab_sip::{Ending, Event};

fn count(net: &Network, from: usize, words: &str) -> usize {
    let lines = net.lines(from);
    lines.iter().filter(|line| line.starts_with(words)).count()
}

#[test]
fn a_call_that_is_refreshed_lasts() {
    for (seed, loss) in [(1, 0), (2, 250), (3, 250)] {
        let mut net = Network::lossy(seed, loss);
        let dialog = net.call();
        net.run_for(secs(7_220));
        assert!(net.endings(CALLER).is_empty(), "{}", net.story());
        assert!(net.endings(CALLEE).is_empty(), "{}", net.story());
        // The callee is the refresher and refreshes at half of the interval.
        assert!(count(&net, CALLEE, "UPDATE ") >= 7, "{}", net.story());
        assert_eq!(count(&net, CALLER, "UPDATE "), 0);
        net.agents[CALLER].hang_up(net.now, dialog);
        net.collect();
        net.run_for(secs(70));
        net.assert_nothing_left("after a long call");
    }
}

#[test]
fn a_refresh_that_is_not_answered_ends_the_call() {
    let mut net = Network::new(1);
    net.call();
    net.run_for(secs(10));
    net.swallow = vec!["UPDATE"];
    net.run_for(secs(1_000));
    assert_eq!(net.endings(CALLEE), [Ending::TimedOut]);
    assert_eq!(net.endings(CALLER), [Ending::Bye]);
    net.assert_nothing_left("after a lost refresh");
}

#[test]
fn a_side_that_falls_silent_is_given_up() {
    let mut net = Network::new(1);
    net.call();
    net.run_for(secs(10));
    net.loss[CALLEE] = 1_000;
    net.run_for(secs(1_700));
    assert!(net.endings(CALLER).is_empty());
    net.run_for(secs(120));
    assert_eq!(net.endings(CALLER), [Ending::TimedOut]);
    net.run_for(secs(60));
    net.assert_nothing_left("after silence");
}

#[test]
fn interval_that_is_too_short_is_422_if_the_peer_supports_timer() {
    let mut net = Network::new(1);
    let headers = "Supported: timer\r\nSession-Expires: 30\r\n";
    let replies = say(&mut net, &request("INVITE", 1, "", headers, OFFER));
    assert_eq!(status(&replies[0]), "422");
    assert_eq!(header(&replies[0], "Min-SE"), Some("90"));
    let replies = say(
        &mut net,
        &request("INVITE", 2, "", "x: 30;refresher=uac\r\n", OFFER),
    );
    let ok = replies.last().unwrap();
    assert_eq!(header(ok, "Session-Expires"), Some("90;refresher=uas"));
    assert_eq!(header(ok, "Require"), None);
}

/// Sets up a call of a peer that does not support `timer`; returns the local To tag.
fn called_without_timer(net: &mut Network) -> String {
    let replies = say(net, &request("INVITE", 1, "", "", OFFER));
    let ok = replies.last().unwrap();
    assert_eq!(header(ok, "Session-Expires"), Some("1800;refresher=uas"));
    assert_eq!(header(ok, "Require"), None);
    let tag = to_tag(ok);
    say(net, &request("ACK", 1, &tag, "", b""));
    tag
}

#[test]
fn peer_without_timer_is_refreshed_by_us_and_ended_without_a_response() {
    let mut net = Network::new(1);
    net.swallow = vec!["INVITE"];
    called_without_timer(&mut net);
    let before = net.seen.len();
    net.run_for(secs(899));
    assert!(sent_since(&net, before).is_empty());
    net.run_for(secs(2));
    let sent = sent_since(&net, before);
    assert!(sent[0].starts_with("INVITE "), "{sent:?}");
    net.run_for(secs(40));
    assert_eq!(net.endings(CALLEE), [Ending::TimedOut]);
}

#[test]
fn peer_without_timer_that_refuses_refreshes_keeps_its_call() {
    let mut net = Network::new(1);
    net.swallow = vec!["INVITE"];
    called_without_timer(&mut net);
    for _ in 0..4 {
        let before = net.seen.len();
        net.run_for(secs(901));
        let sent = sent_since(&net, before);
        assert!(sent[0].starts_with("INVITE "), "{sent:?}");
        let refusal = refusal_of(&sent[0]);
        net.deliver(CALLEE, address(CALLER), refusal.as_bytes());
    }
    assert!(net.endings(CALLEE).is_empty());
}

/// Returns a 488 response to a request.
fn refusal_of(request: &str) -> String {
    let line = |name: &str| format!("{name}: {}\r\n", header(request, name).unwrap());
    let lines = ["Via", "From", "To", "Call-ID", "CSeq"].map(line).concat();
    format!("SIP/2.0 488 Not Acceptable Here\r\n{lines}Content-Length: 0\r\n\r\n")
}

/// Sets up a call in which the caller refreshes every 90 s.
fn refreshed_by_caller() -> (Network, String) {
    let mut net = Network::new(1);
    let headers = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n";
    let replies = say(&mut net, &request("INVITE", 1, "", headers, OFFER));
    let ok = replies.last().unwrap();
    assert_eq!(header(ok, "Session-Expires"), Some("90;refresher=uac"));
    assert_eq!(header(ok, "Require"), Some("timer"));
    let tag = to_tag(ok);
    say(&mut net, &request("ACK", 1, &tag, "", b""));
    (net, tag)
}

#[test]
fn a_caller_who_refreshes_keeps_its_call_and_one_who_does_not_loses_it() {
    let (mut net, tag) = refreshed_by_caller();
    let headers = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n";
    for cseq in 2..6 {
        net.run_for(secs(45));
        let replies = say(&mut net, &request("UPDATE", cseq, &tag, headers, b""));
        assert_eq!(status(&replies[0]), "200");
        let expires = header(&replies[0], "Session-Expires");
        assert_eq!(expires, Some("90;refresher=uac"));
    }
    assert!(net.endings(CALLEE).is_empty());
    net.run_for(secs(59));
    assert!(net.endings(CALLEE).is_empty());
    net.run_for(secs(2));
    assert_eq!(net.endings(CALLEE), [Ending::TimedOut]);
    net.run_for(secs(40));
    assert_eq!(net.agents[CALLEE].leftovers(), (0, 0, 0));
}

#[test]
fn who_takes_no_update_is_refreshed_by_reinvite() {
    let mut net = Network::new(1);
    let headers = "Supported: timer\r\nAllow: INVITE, ACK, BYE\r\nSession-Expires: 90\r\n";
    let replies = say(&mut net, &request("INVITE", 1, "", headers, OFFER));
    let ok = replies.last().unwrap();
    assert_eq!(header(ok, "Session-Expires"), Some("90;refresher=uas"));
    let (before, tag) = (net.seen.len(), to_tag(ok));
    say(&mut net, &request("ACK", 1, &tag, "", b""));
    net.run_for(secs(46));
    let sent = sent_since(&net, before);
    assert!(sent[0].starts_with("INVITE "), "{sent:?}");
    assert_eq!(
        header(&sent[0], "Session-Expires"),
        Some("90;refresher=uac")
    );
    assert!(sent[0].ends_with(std::str::from_utf8(ANSWER).unwrap()));
}

/// Answers the caller's last INVITE.
fn answer(net: &mut Network, line: &str, headers: &str, sdp: &[u8]) {
    let invite = net
        .seen
        .iter()
        .rev()
        .find(|s| s.text.starts_with("INVITE "));
    let invite = invite.unwrap().text.clone();
    let of = |name: &str| header(&invite, name).unwrap();
    let sdp = String::from_utf8_lossy(sdp);
    let reply = format!(
        "SIP/2.0 {line}\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=callee\r\nCall-ID: {}\r\nCSeq: {}\r\n\
         Contact: <sip:room@127.0.0.2>\r\n{headers}Content-Length: {}\r\n\r\n{sdp}",
        of("Via"),
        of("From"),
        of("To"),
        of("Call-ID"),
        of("CSeq"),
        sdp.len()
    );
    net.deliver(CALLER, address(CALLEE), reply.as_bytes());
}

#[test]
fn a_422_is_asked_again_with_what_it_wants() {
    let mut net = Network::new(1);
    net.swallow = vec!["INVITE"];
    net.call();
    answer(
        &mut net,
        "422 Session Interval Too Small",
        "Min-SE: 3600\r\n",
        b"",
    );
    let again = net.seen.last().unwrap().text.clone();
    assert!(again.starts_with("INVITE "), "{again}");
    assert_eq!(header(&again, "Session-Expires"), Some("3600"));
    assert_eq!(header(&again, "Min-SE"), Some("3600"));
    assert_eq!(header(&again, "CSeq"), Some("2 INVITE"));
    assert!(net.endings(CALLER).is_empty());
    // A Min-SE that the request already had is no reason for a retry.
    answer(
        &mut net,
        "422 Session Interval Too Small",
        "Min-SE: 3600\r\n",
        b"",
    );
    assert_eq!(net.endings(CALLER), [Ending::Refused(422)]);
    net.run_for(secs(40));
    net.assert_nothing_left("after 422");
}

#[test]
fn a_caller_is_made_to_refresh_by_the_answer() {
    let mut net = Network::new(1);
    net.swallow = vec!["INVITE", "ACK"];
    net.call();
    let headers = "Session-Expires: 120;refresher=uac\r\nAllow: UPDATE\r\n\
        Content-Type: application/sdp\r\n";
    answer(&mut net, "200 OK", headers, ANSWER);
    assert_eq!(
        net.count(CALLER, |e| matches!(e, Event::Answered { .. })),
        1
    );
    net.run_for(secs(61));
    assert_eq!(count(&net, CALLER, "UPDATE "), 1);
    let update = net.seen.iter().find(|s| s.text.starts_with("UPDATE "));
    let expires = header(&update.unwrap().text, "Session-Expires");
    assert_eq!(expires, Some("120;refresher=uac"));
}

#[test]
fn probe_that_is_answered_changes_nothing() {
    let mut net = Network::new(1);
    let dialog = net.call();
    net.run_for(secs(10));
    net.agents[CALLEE].probe(net.now, dialog);
    net.collect();
    net.run_for(secs(100));
    assert_eq!(count(&net, CALLEE, "UPDATE "), 1, "{}", net.story());
    assert!(net.endings(CALLEE).is_empty());
}

#[test]
fn probe_without_a_response_ends_the_call_as_unresponsive() {
    let mut net = Network::new(1);
    let dialog = net.call();
    net.run_for(secs(10));
    net.loss[CALLER] = 1_000;
    net.agents[CALLEE].probe(net.now, dialog);
    // Ignored while the first probe is pending.
    net.agents[CALLEE].probe(net.now, dialog);
    net.collect();
    net.run_for(secs(40));
    assert_eq!(net.endings(CALLEE), [Ending::Unresponsive]);
}
