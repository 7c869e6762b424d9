//! INVITEs with Replaces (RFC 3891).

use crate::network::raw::{header, reply, request, say, status};
use crate::network::{CALLEE, CALLER, Network, OFFER, secs};
use confab_sip::{DialogId, Ending, Event};

/// Sets up a call; returns the callee's dialog and the value of `Replaces` for it.
fn up() -> (Network, DialogId, String) {
    let mut net = Network::new(4);
    let caller = net.call();
    net.run_for(secs(1));
    let value = net.agents[CALLER].replaces(caller).unwrap();
    net.answers = false;
    let callee = net.invited().unwrap();
    (net, callee, value)
}

/// Sends an INVITE of a third party with these headers. Returns its status and, after `Invited`,
/// the dialog to replace.
fn invite(net: &mut Network, headers: &str) -> (String, Option<Option<DialogId>>) {
    let before = net.events[CALLEE].len();
    let replies = say(net, &request("INVITE", 1, "", headers, OFFER));
    let told = net.events[CALLEE][before..].iter();
    let mut replaced = told.filter_map(|(_, event)| match event {
        Event::Invited { replaces, .. } => Some(*replaces),
        _ => None,
    });
    (status(&replies[0]).to_owned(), replaced.next())
}

fn refused(status: &str) -> (String, Option<Option<DialogId>>) {
    (status.to_owned(), None)
}

#[test]
fn a_call_that_is_up_is_named_and_stays_until_it_is_ended() {
    let (mut net, callee, value) = up();
    let said = invite(&mut net, &format!("Replaces: {value}\r\n"));
    assert_eq!(said, ("100".into(), Some(Some(callee))));
    assert!(net.endings(CALLEE).is_empty());
    net.agents[CALLEE].hang_up(net.now, callee);
    net.collect();
    net.run_for(secs(1));
    assert_eq!(net.endings(CALLER), [Ending::Bye]);
}

#[test]
fn who_replaces_nothing_says_so() {
    let (mut net, ..) = up();
    assert_eq!(invite(&mut net, ""), ("100".into(), Some(None)));
}

#[test]
fn a_call_that_is_not_there() {
    let (mut net, callee, value) = up();
    let (call_id, tags) = value.split_once(';').unwrap();
    let (to, from) = tags.split_once(';').unwrap();
    let tag = |text: &str| text.split_once('=').unwrap().1.to_owned();
    let swapped = format!("{call_id};to-tag={};from-tag={}", tag(from), tag(to));
    for wrong in [format!("x{value}"), format!("{value}x"), swapped] {
        let said = invite(&mut net, &format!("Replaces: {wrong}\r\n"));
        assert_eq!(said, refused("481"), "{wrong}");
    }
    let mixed = format!(
        "Replaces:  {call_id} ; From-Tag={} ;TO-TAG={}\r\n",
        tag(from),
        tag(to)
    );
    assert_eq!(invite(&mut net, &mixed), ("100".into(), Some(Some(callee))));
}

#[test]
fn a_call_that_is_up_is_not_early() {
    let (mut net, _, value) = up();
    let said = invite(&mut net, &format!("Replaces: {value};early-only\r\n"));
    assert_eq!(said, refused("486"));
}

#[test]
fn a_call_that_is_over() {
    let (mut net, callee, value) = up();
    net.swallow = vec!["BYE"];
    net.agents[CALLEE].hang_up(net.now, callee);
    net.collect();
    let said = invite(&mut net, &format!("Replaces: {value}\r\n"));
    assert_eq!(said, refused("603"));
    net.run_for(secs(70));
    let said = invite(&mut net, &format!("Replaces: {value}\r\n"));
    assert_eq!(said, refused("481"), "and when it is forgotten");
}

#[test]
fn a_call_that_rings_with_us_is_its_callers() {
    let mut net = Network::new(4);
    net.answers = false;
    let caller = net.call();
    net.run_for(secs(1));
    let callee = net.invited().unwrap();
    net.agents[CALLEE].ring(net.now, callee);
    net.collect();
    net.run_for(secs(1));
    assert_eq!(
        net.agents[CALLER].replaces(caller),
        None,
        "it has no tag yet"
    );
    let ringing = net
        .seen
        .iter()
        .rev()
        .find(|seen| seen.text.starts_with("SIP/2.0 180"));
    let ringing = ringing.unwrap().text.clone();
    let tag = |name: &str| {
        let value = header(&ringing, name).unwrap();
        value.split_once(";tag=").unwrap().1.to_owned()
    };
    let call_id = header(&ringing, "Call-ID").unwrap();
    let value = format!("{call_id};to-tag={};from-tag={}", tag("To"), tag("From"));
    let said = invite(&mut net, &format!("Replaces: {value}\r\n"));
    assert_eq!(said, refused("481"));
}

#[test]
fn a_call_that_we_ring_can_be_picked_up_elsewhere() {
    let mut net = Network::new(4);
    net.answers = false;
    net.swallow = vec!["INVITE"];
    let dialog = net.call();
    reply(&mut net, "180 Ringing", "theirs", "", b"");
    let invite = net.seen[0].text.clone();
    let from = header(&invite, "From").unwrap();
    let ours = from.split_once(";tag=").unwrap().1;
    let call_id = header(&invite, "Call-ID").unwrap().to_owned();
    for (tag, wanted) in [("theirs", Some(Some(dialog))), ("other", None)] {
        let headers = format!("Replaces: {call_id};to-tag={ours};from-tag={tag};early-only\r\n");
        // From the callee's address to the caller.
        let text = request("INVITE", 1, "", &headers, OFFER).replace("raw", &format!("raw{tag}"));
        let before = net.events[CALLER].len();
        net.deliver(CALLER, crate::network::address(CALLEE), text.as_bytes());
        let told = net.events[CALLER][before..].iter();
        let mut replaced = told.filter_map(|(_, event)| match event {
            Event::Invited { replaces, .. } => Some(*replaces),
            _ => None,
        });
        assert_eq!(replaced.next(), wanted, "{tag}");
    }
}

#[test]
fn what_is_no_sound_replaces() {
    let (mut net, _, value) = up();
    let one = format!("Replaces: {value}\r\n");
    for (headers, reason) in [
        (format!("{one}{one}"), "More Than One Replaces"),
        (format!("Replaces: {value}, {value}\r\n"), "Bad Replaces"),
        (
            format!("{one}Join: a;to-tag=1;from-tag=2\r\n"),
            "Replaces And Join",
        ),
        ("Replaces: a;to-tag=1\r\n".into(), "Bad Replaces"),
        (
            "Replaces: a;to-tag=1;to-tag=2;from-tag=3\r\n".into(),
            "Bad Replaces",
        ),
        ("Replaces: ;to-tag=1;from-tag=3\r\n".into(), "Bad Replaces"),
        ("Replaces: a\r\n".into(), "Bad Replaces"),
        ("Replaces:\r\n".into(), "Bad Replaces"),
    ] {
        let replies = say(&mut net, &request("INVITE", 1, "", &headers, OFFER));
        let line = replies[0].lines().next().unwrap();
        assert_eq!(line, format!("SIP/2.0 400 {reason}"), "{headers}");
    }
    let other = say(&mut net, &request("OPTIONS", 1, "", &one, b""));
    assert_eq!(status(&other[0]), "400");
    // `Require: replaces` is supported; Unsupported lists only the unknown option.
    let required = invite(&mut net, &format!("Require: replaces\r\n{one}"));
    assert_eq!(required.0, "100");
    let both = request("INVITE", 2, "", "Require: replaces, join\r\n", OFFER);
    let replies = say(&mut net, &both);
    assert_eq!(
        (status(&replies[0]), header(&replies[0], "Unsupported")),
        ("420", Some("join"))
    );
}
