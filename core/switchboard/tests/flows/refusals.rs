//! Unusable offers and answers: Warning or BYE to the phone, and a notice with the reason.

use confab_sip::Ending;
use confab_switchboard::{CallStatus, Input, Output};
use confab_terms::Srtp;

use crate::harness::{SIP, Told, World};

const PHONE: &str = "127.0.0.9:5060";

fn offer(lines: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\n{lines}")
}

/// Sends a request of a phone. Returns the responses.
fn say(world: &mut World, method: &str, cseq: u32, tag: &str, sdp: &str) -> Vec<String> {
    let kind = match sdp {
        "" => "",
        _ => "Content-Type: application/sdp\r\n",
    };
    let text = format!(
        "{method} sip:room@{SIP} SIP/2.0\r\nVia: SIP/2.0/UDP {PHONE};branch=z9hG4bK{method}{cseq}\
         \r\nFrom: <sip:x@{PHONE}>;tag=x\r\nTo: <sip:room@{SIP}>{tag}\r\nCall-ID: refused\r\n\
         CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\nContact: <sip:x@{PHONE}>\r\n{kind}\
         Content-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    let before = world.log.len();
    let (from, bytes) = (PHONE.parse().unwrap(), text.into_bytes());
    world.input(Input::Datagram { from, bytes });
    let sent = world.log[before..].iter();
    sent.filter_map(|output| match output {
        Output::Datagram { to, bytes } if to.to_string() == PHONE => {
            Some(String::from_utf8(bytes.clone()).unwrap())
        }
        _ => None,
    })
    .collect()
}

fn warning(reply: &str) -> &str {
    let mut lines = reply.lines();
    lines
        .find_map(|line| line.strip_prefix("Warning: "))
        .unwrap_or_default()
}

const CLEAR: &str = "m=audio 7000 RTP/AVP 0\r\n";

#[test]
fn a_refused_offer_names_its_reason_in_a_warning_and_a_notification() {
    for (srtp, lines, code, notice, words) in [
        (Srtp::Require, CLEAR, "302", 53_403, "SRTP is required"),
        (
            Srtp::Prefer,
            "m=audio 7000 UDP/TLS/RTP/SAVPF 0\r\n",
            "302",
            53_403,
            "RTP",
        ),
        (
            Srtp::Prefer,
            "m=video 7000 RTP/AVP 96\r\n",
            "304",
            53_403,
            "no audio",
        ),
        (
            Srtp::Prefer,
            "m=audio 7000 RTP/AVP 18\r\n",
            "305",
            53_404,
            "no supported codec",
        ),
        (
            Srtp::Prefer,
            "m=audio x RTP/AVP 0\r\n",
            "399",
            53_403,
            "invalid port",
        ),
    ] {
        let mut world = World::secret(srtp);
        let replies = say(&mut world, "INVITE", 1, "", &offer(lines));
        let refusal = replies.last().unwrap();
        assert!(refusal.starts_with("SIP/2.0 488 "), "{lines}: {refusal}");
        let warning = warning(refusal);
        assert!(
            warning.starts_with(&format!("{code} confab \"")),
            "{lines}: {warning}"
        );
        assert!(
            warning.contains(words) && warning.ends_with('"'),
            "{lines}: {warning}"
        );
        let [told] = &world.notices[..] else {
            panic!("{lines}: {:?}", world.notices);
        };
        assert_eq!(told.code, notice, "{lines}");
        assert!(told.call.is_some());
        for part in ["INVITE refused with 488", words] {
            assert!(told.message.contains(part), "{lines}: {}", told.message);
        }
    }
}

#[test]
fn a_refused_reinvite_names_its_reason_and_the_call_goes_on() {
    let mut world = World::new();
    let replies = say(&mut world, "INVITE", 1, "", &offer(CLEAR));
    let ok = replies.last().unwrap();
    let to = ok.lines().find(|line| line.starts_with("To: ")).unwrap();
    let tag = to[to.find(";tag=").unwrap()..].to_owned();
    say(&mut world, "ACK", 1, &tag, "");
    for (cseq, method) in [(2, "INVITE"), (3, "UPDATE")] {
        let replies = say(
            &mut world,
            method,
            cseq,
            &tag,
            &offer("m=audio 7000 RTP/AVP 18\r\n"),
        );
        let refusal = replies.last().unwrap();
        assert!(refusal.starts_with("SIP/2.0 488 "), "{refusal}");
        assert!(warning(refusal).starts_with("305 confab \""), "{refusal}");
        say(&mut world, "ACK", cseq, &tag, "");
        let told = world.notices.last().unwrap();
        let message = "re-INVITE or UPDATE refused with 488: no supported codec";
        assert!(told.message.starts_with(message), "{}", told.message);
    }
    assert_eq!(world.notices.len(), 2);
    // The Warning applies to one rejection only.
    let replies = say(&mut world, "INVITE", 4, &tag, &offer(CLEAR));
    assert!(replies.last().unwrap().starts_with("SIP/2.0 200 "));
    assert_eq!(world.participants().len(), 1);
}

#[test]
fn an_answer_without_usable_sdp_ends_the_call_with_a_notification() {
    let mut world = World::new();
    let at = world.phones.len();
    world.phones.push(crate::harness::Phone::new(at));
    world.phones[at].call_with(world.now, "room", Vec::new());
    world.poll_phone(at);
    world.seconds(40);
    assert_eq!(
        world.phones[at].told.last(),
        Some(&Told::Ended(Ending::Bye))
    );
    assert_eq!(world.calls_ended[0].status, CallStatus::Completed);
    let told = world.notices.first().expect("a notification");
    let message = "the answer to our offer cannot be used, call ended: invalid SDP: line 1: no \
                   session description";
    assert_eq!((told.code, told.message.as_str()), (53_403, message));
}
