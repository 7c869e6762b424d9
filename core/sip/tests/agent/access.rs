//! Admission on a listener with access rules: accepted requests, rejected requests, and the size of
//! rejections.

mod desk;

use std::time::Duration;

use crate::line::invite as invite_of;
use crate::wire::{lines, response_to};
use confab_sip::{CallLimits, Event, Invite, Limit};

use desk::{
    CARRIER, Desk, OTHER_CARRIER, PHONE, STRANGER, field, invite, message, trunk, with_credentials,
};

const METHODS: [&str; 20] = [
    "INVITE",
    "REGISTER",
    "OPTIONS",
    "BYE",
    "CANCEL",
    "ACK",
    "INFO",
    "UPDATE",
    "PRACK",
    "REFER",
    "SUBSCRIBE",
    "NOTIFY",
    "PUBLISH",
    "MESSAGE",
    "NONSENSE",
    "invite",
    "GET",
    "X",
    "PING",
    "DO",
];

#[test]
fn nothing_is_answered_with_more_than_it_was_asked_with() {
    let with_passwords = || Desk::new();
    let without = || Desk::of(vec![trunk("carrier", &["192.0.2.0/24"], None)]);
    let (mut bytes_in, mut bytes_out, mut challenged) = (0, 0, 0);
    for (passwords, desk) in [
        (true, &with_passwords as &dyn Fn() -> Desk),
        (false, &without),
    ] {
        for method in METHODS {
            for to_tag in ["", ";tag=unknown"] {
                for size in (0..2_000).step_by(7) {
                    let more = match size {
                        0 => String::new(),
                        size => format!("X: {}\r\n", "x".repeat(size)),
                    };
                    let text = message(method, 1, "a", to_tag, &more);
                    let short = text.replace("Max-Forwards: 70\r\n", "").replace(PHONE, "");
                    for text in [text, short] {
                        let mut desk = desk();
                        let replies = desk.say(STRANGER, &text);
                        assert!(replies.len() <= 1, "{text}\n{replies:?}");
                        let out: usize = replies.iter().map(String::len).sum();
                        assert!(out <= text.len(), "{out} for {}: {text}", text.len());
                        assert!(passwords || !to_tag.is_empty() || out == 0, "{replies:?}");
                        assert_eq!(desk.agent.leftovers(), (0, 0, 0));
                        assert!(desk.events.is_empty());
                        bytes_in += text.len();
                        bytes_out += out;
                        challenged += usize::from(out > 0);
                    }
                }
            }
        }
    }
    assert!(challenged > 1_000 && bytes_out < bytes_in);
    // Malformed messages of unknown sources get no response.
    for broken in [
        "INVITE sip:a SIP/2.0\r\nVia: x\r\n\r\n",
        "OPTIONS x SIP/7.0\r\nVia: y\r\n\r\n",
    ] {
        assert!(Desk::new().say(STRANGER, broken).is_empty());
        assert_eq!(Desk::new().say(CARRIER, broken).len(), 1);
    }
}

#[test]
fn a_trunk_s_network_needs_no_password_and_is_known_mapped_too() {
    let mut desk = Desk::new();
    assert_eq!(
        desk.status(CARRIER, &message("INVITE", 1, "a", "", "")),
        [100]
    );
    let mapped = "[::ffff:192.0.2.9]:5060";
    assert_eq!(
        desk.status(mapped, &message("INVITE", 1, "b", "", "")),
        [100]
    );
    assert_eq!(
        desk.status(CARRIER, &message("OPTIONS", 1, "c", "", "")),
        [200]
    );
    assert_eq!(
        desk.status(STRANGER, &message("INVITE", 1, "d", "", "")),
        [401]
    );
}

#[test]
fn known_and_unknown_users_are_told_the_same() {
    let mut desk = Desk::new();
    let mut told = Vec::new();
    for user in ["anna", "none"] {
        let text = message("REGISTER", 1, "a", "", "").replace("anna", user);
        let challenge = desk.say(STRANGER, &text).pop().unwrap();
        let again = with_credentials(&text, &challenge, user, "wrong");
        let refusal = desk.say(STRANGER, &again).pop().unwrap();
        let plain = |reply: String| {
            let (nonce, tag) = (
                field(&reply, "nonce").to_owned(),
                reply.rfind(";tag=").unwrap(),
            );
            let tag = reply[tag..tag + 13].to_owned();
            reply
                .replace(&nonce, "N")
                .replace(&tag, "T")
                .replace(user, "U")
        };
        told.push((plain(challenge), plain(refusal)));
    }
    assert_eq!(told[0], told[1]);
}

#[test]
fn who_knows_the_password_is_let_in_as_itself() {
    let mut desk = Desk::new();
    let replies = desk.log_in(STRANGER, "anna", &message("INVITE", 1, "a", "", ""));
    assert!(replies[0].starts_with("SIP/2.0 100 "), "{replies:?}");
    let replies = desk.log_in(STRANGER, "anna", &message("OPTIONS", 1, "b", "", ""));
    assert!(replies[0].starts_with("SIP/2.0 200 "), "{replies:?}");
}

#[test]
fn within_a_call_of_a_network_only_that_network_speaks() {
    for (method, theirs) in [
        ("BYE", 200),
        ("INFO", 200),
        ("UPDATE", 200),
        ("OPTIONS", 200),
    ] {
        let mut desk = Desk::new();
        desk.say(CARRIER, &message("INVITE", 1, "a", "", ""));
        let tag = desk.answer();
        desk.say(CARRIER, &message("ACK", 1, "a", &tag, ""));
        let text = message(method, 2, "a", &tag, "");
        for elsewhere in [STRANGER, OTHER_CARRIER] {
            assert_eq!(
                desk.status(elsewhere, &text),
                [481],
                "{method} from {elsewhere}"
            );
        }
        // Wrong tags are rejected from any source.
        for wrong in [
            message(method, 2, "b", &tag, ""),
            message(method, 2, "a", ";tag=0000000000000000", ""),
        ] {
            for from in [STRANGER, OTHER_CARRIER, CARRIER] {
                assert_eq!(desk.status(from, &wrong), [481], "{method} from {from}");
            }
        }
        assert!(!desk.ended(), "{method}");
        assert_eq!(desk.status("192.0.2.200:9", &text), [theirs], "{method}");
        assert_eq!(desk.ended(), method == "BYE");
    }
}

#[test]
fn an_ack_or_a_cancel_from_elsewhere_does_nothing() {
    let mut desk = Desk::new();
    let invite = message("INVITE", 1, "a", "", "");
    desk.say(CARRIER, &invite);
    let cancel = invite.replace("CSeq: 1 INVITE", "CSeq: 1 CANCEL");
    let cancel = cancel.replacen("INVITE", "CANCEL", 1);
    for elsewhere in [STRANGER, OTHER_CARRIER, "192.0.2.8:5060"] {
        assert_eq!(desk.say(elsewhere, &cancel), [""; 0], "{elsewhere}");
    }
    let tag = desk.answer();
    let ack = message("ACK", 1, "a", &tag, "");
    for elsewhere in [STRANGER, OTHER_CARRIER] {
        assert_eq!(desk.say(elsewhere, &ack), [""; 0], "{elsewhere}");
    }
    let acknowledged = |desk: &Desk| {
        let is_it = |event: &Event| matches!(event, Event::Acknowledged { .. });
        desk.events.iter().any(is_it)
    };
    assert!(!acknowledged(&desk) && !desk.ended());
    desk.say(CARRIER, &ack);
    assert!(acknowledged(&desk));
    let mut desk = Desk::new();
    desk.say(CARRIER, &invite);
    assert_eq!(
        desk.say(CARRIER, &cancel).len(),
        2,
        "200, and 487 to the INVITE"
    );
    assert!(desk.ended());
}

#[test]
fn within_a_call_of_a_user_another_source_shows_the_password_again() {
    let mut desk = Desk::new();
    desk.log_in(STRANGER, "anna", &message("INVITE", 1, "a", "", ""));
    let tag = desk.answer();
    desk.say(STRANGER, &message("ACK", 2, "a", &tag, ""));
    let moved = "203.0.113.200:1024";
    let info = message("INFO", 3, "a", &tag, "");
    assert_eq!(desk.status(STRANGER, &info), [200], "the same source");
    let bye = message("BYE", 4, "a", &tag, "");
    let refused = desk.log_in(moved, "boris", &bye);
    assert!(refused[0].starts_with("SIP/2.0 481 "), "{refused:?}");
    assert!(!desk.ended());
    let bye = message("BYE", 5, "a", &tag, "");
    let taken = desk.log_in(moved, "anna", &bye);
    assert!(taken[0].starts_with("SIP/2.0 200 "), "{taken:?}");
    assert!(desk.ended());
}

#[test]
fn ack_from_another_source_than_the_user_is_ignored_with_credentials_too() {
    let mut desk = Desk::new();
    desk.log_in(STRANGER, "anna", &message("INVITE", 1, "a", "", ""));
    let tag = desk.answer();
    let moved = "203.0.113.200:1024";
    let challenge = desk.say(moved, &message("BYE", 2, "a", &tag, ""));
    assert!(challenge[0].starts_with("SIP/2.0 401 "), "{challenge:?}");
    let ack = message("ACK", 1, "a", &tag, "");
    let ack = with_credentials(&ack, &challenge[0], "anna", "pass");
    assert_eq!(desk.say(moved, &ack), [""; 0]);
    let is_acknowledged = |event: &Event| matches!(event, Event::Acknowledged { .. });
    assert!(!desk.events.iter().any(is_acknowledged));
    desk.say(STRANGER, &message("ACK", 1, "a", &tag, ""));
    assert!(desk.events.iter().any(is_acknowledged));
}

#[test]
fn within_a_call_to_an_address_only_that_address_speaks() {
    let mut desk = Desk::new();
    let to = "sip:boris@203.0.113.50".to_owned();
    desk.agent.invite(desk.now, Invite { to, ..invite_of() });
    let (callee, invite) = desk.drain().pop().unwrap();
    let callee = callee.to_string();
    assert_eq!(callee, "203.0.113.50:5060");
    let ok = response_to(&invite, 200).replace(
        "Content-Length: 0\r\n\r\n",
        "Contact: <sip:boris@203.0.113.50>\r\nContent-Type: application/sdp\r\n\
         Content-Length: 5\r\n\r\nv=0\r\n",
    );
    let ack = desk.say(&callee, &ok);
    assert!(ack[0].starts_with("ACK "), "{ack:?}");
    let bye = format!(
        "BYE sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.50;branch=z9hG4bKbye\r\n\
         Max-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: 1 BYE\r\n{PHONE}\
         Content-Length: 0\r\n\r\n",
        lines(&ack[0], "To: ")[0],
        lines(&ack[0], "From: ")[0],
        lines(&ack[0], "Call-ID: ")[0],
    );
    for elsewhere in [STRANGER, CARRIER] {
        assert_eq!(desk.status(elsewhere, &bye), [481], "{elsewhere}");
    }
    assert!(!desk.ended());
    assert_eq!(desk.status(&callee, &bye), [200]);
    assert!(desk.ended());
}

#[test]
fn guesses_are_mostly_not_looked_at_and_anna_gets_in() {
    let mut desk = Desk::new();
    let text = message("REGISTER", 1, "a", "", "");
    let attacker = "203.0.113.66:5060";
    let mut guessed = 0_u32;
    for n in 0..2_000_u32 {
        let challenge = desk.say(attacker, &text).pop().unwrap();
        // The correct password is among the guesses, but most guesses are not checked.
        let password = if n % 100 == 99 { "pass" } else { "wrong" };
        let again = with_credentials(&text, &challenge, "anna", password);
        let status = desk.status(attacker, &again.replace("auth", &format!("auth{n}")));
        guessed += u32::from(status == [200]);
        desk.now += Duration::from_millis(30);
    }
    assert_eq!(guessed, 0);
    let replies = desk.log_in(STRANGER, "anna", &message("REGISTER", 1, "z", "", ""));
    assert!(replies[0].starts_with("SIP/2.0 200 "), "{replies:?}");
}

#[test]
fn the_whole_state_survives_being_written_out() {
    let mut desk = Desk::new();
    desk.log_in(STRANGER, "anna", &message("REGISTER", 1, "a", "", ""));
    let bytes = postcard::to_stdvec(&desk.agent).unwrap();
    desk.agent = postcard::from_bytes(&bytes).unwrap();
    let replies = desk.log_in(STRANGER, "anna", &message("REGISTER", 2, "b", "", ""));
    assert!(replies[0].contains("\r\nContact: <sip:anna@host.example>;expires="));
}

#[test]
fn only_the_same_trunk_or_user_takes_a_call_s_place() {
    let mut desk = Desk::new();
    let (of_trunk, trunk_s) = desk.up(CARRIER, None, "one");
    let (of_anna, anna_s) = desk.up(STRANGER, Some("anna"), "two");
    desk.events.clear();
    let mut n = 0;
    let mut take = |from: &str, user: Option<&str>, what: &str| {
        n += 1;
        let text = invite(&format!("taker{n}"), what);
        let replies = match user {
            Some(user) => desk.log_in(from, user, &text),
            None => desk.say(from, &text),
        };
        desk.replaces(&replies)
    };
    assert_eq!(take(OTHER_CARRIER, None, &trunk_s), (481, None));
    assert_eq!(take(STRANGER, Some("anna"), &trunk_s), (481, None));
    assert_eq!(take(CARRIER, None, &anna_s), (481, None));
    assert_eq!(take(STRANGER, Some("boris"), &anna_s), (481, None));
    // The address of the trunk or user does not matter.
    let elsewhere = take("192.0.2.99:5080", None, &trunk_s);
    assert_eq!(elsewhere, (100, Some(of_trunk)));
    let elsewhere = take("203.0.113.77:5060", Some("anna"), &anna_s);
    assert_eq!(elsewhere, (100, Some(of_anna)));
}

#[test]
fn whoever_arrives_with_the_last_hop_has_arrived() {
    let mut desk = Desk::new();
    for method in ["INVITE", "OPTIONS", "MESSAGE", "SUBSCRIBE", "INFO"] {
        let text = |who: &str, hops: &str| {
            message(method, 1, who, "", "").replace("Max-Forwards: 70\r\n", hops)
        };
        let as_usual = desk.status(CARRIER, &text("a", "Max-Forwards: 70\r\n"));
        assert_ne!(as_usual, [483], "{method}");
        for (who, hops) in [("b", "Max-Forwards: 0\r\n"), ("c", "")] {
            assert_eq!(
                desk.status(CARRIER, &text(who, hops)),
                as_usual,
                "{method} {hops}"
            );
        }
        let too_many = text("d", "Max-Forwards: 256\r\n");
        assert_eq!(desk.status(CARRIER, &too_many), [400], "{method}");
    }
}

#[test]
fn what_is_required_and_not_there_is_named_whatever_asks_for_it() {
    let mut desk = Desk::new();
    let wishes = "Require: 100rel, resource-priority\r\nRequire: gruu\r\n\
                  Proxy-Require: sec-agree\r\n";
    for method in ["INVITE", "OPTIONS", "INFO"] {
        let replies = desk.say(CARRIER, &message(method, 1, method, "", wishes));
        assert!(replies[0].starts_with("SIP/2.0 420 "), "{replies:?}");
        let named = "\r\nUnsupported: resource-priority, gruu\r\n";
        assert!(replies[0].contains(named), "{replies:?}");
    }
    // Require in ACK and CANCEL is ignored (RFC 3261 §8.2.2.3).
    let text = message("INVITE", 1, "z", "", "");
    assert_eq!(desk.status(CARRIER, &text), [100]);
    let cancel = text
        .replace("INVITE", "CANCEL")
        .replace("z9hG4bKCANCEL", "z9hG4bKINVITE");
    let cancel = cancel.replacen("Content-Length", &format!("{wishes}Content-Length"), 1);
    assert_eq!(desk.status(CARRIER, &cancel), [200, 487]);
}

#[test]
fn calls_of_one_user_are_limited_and_those_of_others_are_not() {
    let mut desk = Desk::new();
    desk.agent.limit_calls(CallLimits {
        of_user: 5,
        of_user_per_second: Some(3),
        per_second: None,
    });
    let call = |desk: &mut Desk, n: usize, from: &str, user: &str| {
        let invite = message("INVITE", 1, &format!("t{n}"), "", "");
        let replies = match user {
            "" => desk.say(from, &invite),
            user => desk.log_in(from, user, &invite),
        };
        replies[0][8..11].to_owned()
    };
    let statuses = |desk: &mut Desk, calls: core::ops::Range<usize>, from: &str, user: &str| {
        calls.map(|n| call(desk, n, from, user)).collect::<Vec<_>>()
    };
    let anna = statuses(&mut desk, 0..5, STRANGER, "anna");
    assert_eq!(anna, ["100", "100", "100", "503", "503"]);
    desk.now += Duration::from_secs(2);
    let anna = statuses(&mut desk, 5..9, STRANGER, "anna");
    assert_eq!(anna, ["100", "100", "503", "503"], "five at once");
    assert_eq!(statuses(&mut desk, 9..12, STRANGER, "boris"), ["100"; 3]);
    assert_eq!(statuses(&mut desk, 12..40, CARRIER, ""), ["100"; 28]);
    let told = |limit| {
        let is_told = |event: &&Event| {
            matches!(event, Event::Limited { limit: told, client, .. }
                if *told == limit && client == "user anna")
        };
        desk.events.iter().filter(is_told).count()
    };
    assert_eq!(
        (told(Limit::CallRateOfUser), told(Limit::CallsOfUser)),
        (1, 1)
    );
    // The end of a call makes room for another call.
    let first = desk.events.iter().find_map(|event| match event {
        Event::Invited { dialog, .. } => Some(*dialog),
        _ => None,
    });
    desk.agent.reject(desk.now, first.unwrap(), 486);
    desk.drain();
    desk.now += Duration::from_secs(2);
    assert_eq!(
        statuses(&mut desk, 40..42, STRANGER, "anna"),
        ["100", "503"]
    );
}

#[test]
fn failed_login_is_told_and_guesses_of_a_network_are_not_checked() {
    let mut desk = Desk::new();
    let mut checked = 0;
    for n in 0..300_u16 {
        let from = format!("[2001:db8::{n:x}]:5060");
        let invite = message("INVITE", 1, &format!("t{n}"), "", "");
        let challenge = desk.say(&from, &invite);
        let user = if n % 2 == 0 { "anna" } else { "nobody" };
        desk.say(
            &from,
            &with_credentials(&invite, &challenge[0], user, "guess"),
        );
        let failed = |event: &&Event| matches!(event, Event::LoginFailed { .. });
        checked = desk.events.iter().filter(failed).count();
    }
    assert!((2..=5).contains(&checked), "{checked}");
    assert_eq!(desk.agent.failed_logins(), checked as u64);
    // The limit does not affect other networks.
    let invite = message("INVITE", 1, "good", "", "");
    assert_eq!(desk.log_in(STRANGER, "boris", &invite)[0][8..11], *"100");
}
