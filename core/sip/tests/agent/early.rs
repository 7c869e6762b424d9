//! Early dialogs of an outbound INVITE that rings several phones: early answers, and offers before
//! the final response.

use crate::network::raw::{back, header, reply, status};
use crate::network::{ANSWER, CALLER, Network, OFFER, secs};
use confab_sip::{DialogId, Ending, Event};

const OTHER: &[u8] = b"v=0\r\no=- 3 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

/// Creates a network with an outbound INVITE that only the test answers.
fn calling() -> (Network, DialogId) {
    let mut net = Network::new(1);
    net.answers = false;
    net.swallow = vec!["INVITE", "ACK", "BYE", "CANCEL", "PRACK", "SIP/2.0"];
    let dialog = net.call();
    (net, dialog)
}

/// Returns the early answers (`E`) and answers (`A`), each with a digit of `o=`.
fn answers(net: &Network) -> Vec<String> {
    let word = |answer: &[u8]| match answer {
        [] => "none".to_owned(),
        answer if answer == ANSWER => "2".to_owned(),
        answer if answer == OTHER => "3".to_owned(),
        other => format!("{other:?}"),
    };
    let told = net.events[CALLER].iter();
    told.filter_map(|(_, event)| match event {
        Event::EarlyAnswer { answer, .. } => Some(format!("E{}", word(answer))),
        Event::Answered { answer, .. } => Some(format!("A{}", word(answer))),
        _ => None,
    })
    .collect()
}

fn reliable(rseq: u32) -> String {
    format!("Require: 100rel\r\nRSeq: {rseq}\r\n")
}

#[test]
fn a_different_answer_takes_the_place_of_the_early_one() {
    let (mut net, _) = calling();
    reply(&mut net, "183 Progress", "a", "", ANSWER);
    reply(&mut net, "183 Progress", "a", "", ANSWER);
    reply(&mut net, "180 Ringing", "a", "", b"");
    assert_eq!(answers(&net), ["E2"], "once");
    let rang = net.count(CALLER, |e| matches!(e, Event::Ringing { .. }));
    assert_eq!(rang, 1);
    let sent = reply(&mut net, "200 OK", "a", "", OTHER);
    assert!(sent[0].starts_with("ACK sip:a@127.0.0.2 "), "{sent:?}");
    assert_eq!(answers(&net), ["E2", "A3"]);
}

#[test]
fn a_200_without_an_answer_has_that_of_its_early_dialog() {
    let (mut net, _) = calling();
    assert!(reply(&mut net, "183 Progress", "a", &reliable(4), ANSWER)[0].starts_with("PRACK "));
    reply(&mut net, "183 Progress", "b", &reliable(7), OTHER);
    // Neither the next nor the first RSeq of the early dialog: ignored (RFC 3262 §4).
    reply(&mut net, "183 Progress", "b", &reliable(9), ANSWER);
    // A reliable answer is not changed by a later provisional response.
    reply(&mut net, "183 Progress", "b", &reliable(8), ANSWER);
    assert_eq!(answers(&net), ["E2", "E3"]);
    reply(&mut net, "200 OK", "b", "", b"");
    assert_eq!(answers(&net), ["E2", "E3", "A3"]);
}

#[test]
fn the_first_phone_to_pick_up_is_kept_and_each_other_one_is_sent_away() {
    let (mut net, _) = calling();
    for tag in ["a", "b", "c"] {
        reply(&mut net, "183 Progress", tag, "", ANSWER);
    }
    assert!(reply(&mut net, "200 OK", "b", "", OTHER)[0].starts_with("ACK sip:b@"));
    for tag in ["a", "c"] {
        let sent = reply(&mut net, "200 OK", tag, "", ANSWER);
        let starts: Vec<&str> = sent.iter().map(|text| &text[..9]).collect();
        let wanted = [format!("ACK sip:{tag}"), format!("BYE sip:{tag}")];
        assert_eq!(starts, wanted);
    }
    // A retransmitted 200 gets its ACK again, and nothing else.
    assert_eq!(reply(&mut net, "200 OK", "a", "", ANSWER).len(), 1);
    assert_eq!(answers(&net), ["E2", "E2", "E2", "A3"]);
    assert!(net.endings(CALLER).is_empty(), "the call goes on");
}

#[test]
fn an_update_before_the_answer() {
    let (mut net, dialog) = calling();
    reply(&mut net, "183 Progress", "a", "", ANSWER);
    // The UPDATE may change the target, but not offer: the pending offer has no reliable answer.
    assert_eq!(status(&back(&mut net, "UPDATE", 1, "a", b"")[0]), "200");
    assert_eq!(status(&back(&mut net, "UPDATE", 2, "a", OFFER)[0]), "491");
    reply(&mut net, "183 Progress", "b", &reliable(1), ANSWER);
    // Each early dialog has its own CSeq sequence.
    assert!(back(&mut net, "UPDATE", 1, "b", OFFER).is_empty());
    assert_eq!(status(&back(&mut net, "INFO", 1, "a", b"")[0]), "500");
    let offered = net.count(CALLER, |e| matches!(e, Event::Offered { .. }));
    assert_eq!(offered, 1);
    // Second offer while the first is not decided.
    let busy = &back(&mut net, "UPDATE", 2, "b", OFFER)[0];
    assert_eq!(
        (status(busy), header(busy, "Retry-After")),
        ("500", Some("3"))
    );
    let before = net.seen.len();
    net.agents[CALLER].accept_offer(net.now, dialog, ANSWER.to_vec());
    net.collect();
    let accepted = &net.seen[before].text;
    assert_eq!(status(accepted), "200");
    assert_eq!(header(accepted, "CSeq"), Some("1 UPDATE"));
    // The dialog continues the CSeq sequence of its early dialog.
    reply(&mut net, "200 OK", "b", "", b"");
    assert_eq!(status(&back(&mut net, "INFO", 3, "b", b"")[0]), "200");
    assert_eq!(status(&back(&mut net, "INFO", 3, "a", b"")[0]), "481");
}

#[test]
fn an_early_update_to_a_call_that_rings_with_us() {
    use crate::network::raw::{request, say, to_tag};
    let mut net = Network::new(2);
    net.answers = false;
    say(&mut net, &request("INVITE", 1, "", "", OFFER));
    let callee = net.invited().unwrap();
    let before = net.seen.len();
    net.agents[crate::network::CALLEE].ring(net.now, callee);
    net.collect();
    let tag = to_tag(&net.seen[before].text);
    let update = say(&mut net, &request("UPDATE", 2, &tag, "", b""));
    assert_eq!(status(&update[0]), "200");
    let offer = &say(&mut net, &request("UPDATE", 3, &tag, "", OFFER))[0];
    assert_eq!(
        (status(offer), header(offer, "Retry-After")),
        ("500", Some("3"))
    );
}

#[test]
fn refusals_are_told_as_they_are() {
    for (line, headers, wanted) in [
        ("302 Moved", "Contact: <sip:elsewhere@127.0.0.9>\r\n", 302),
        ("503 Service Unavailable", "Retry-After: 120\r\n", 503),
        ("486 Busy Here", "", 486),
        ("603 Decline", "", 603),
    ] {
        let (mut net, _) = calling();
        reply(&mut net, "183 Progress", "a", "", ANSWER);
        let sent = reply(&mut net, line, "a", headers, b"");
        assert_eq!(sent.len(), 1, "an ACK, and no second INVITE: {sent:?}");
        assert!(sent[0].starts_with("ACK sip:room@127.0.0.2"), "{sent:?}");
        assert_eq!(net.endings(CALLER), [Ending::Refused(wanted)]);
        net.run_for(secs(40));
        assert_eq!(net.agents[CALLER].leftovers(), (0, 0, 0), "{line}");
    }
}
