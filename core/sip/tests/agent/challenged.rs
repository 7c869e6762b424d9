//! Requests within a dialog that the trunk challenges: PRACK, re-INVITE, UPDATE, BYE. Each is sent
//! again with credentials, which the tests compute independently (RFC 7616 §3.4.1).

use crate::line::{CHALLENGE, ELSEWHERE, GATEWAY, Line, reply, shows};
use confab_sip::{Account, Ending, Event, Secret};
use md5::{Digest as _, Md5};

const CONTACT: &str = "Contact: <sip:x@192.0.2.7:5060>\r\n";

fn sum(text: &str) -> String {
    let bytes = Md5::digest(text);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns a field of credentials, quoted or not.
fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let at = text.find(&format!(" {name}=")).expect(text) + name.len() + 2;
    let value = &text[at..];
    let end = value.find([',', '\r']).unwrap();
    value[..end].trim_matches('"')
}

/// Checks that the credentials are correct, for this nonce and with this nonce count.
fn assert_right(text: &str, realm: &str, nonce: &str, count: u32) {
    let mut words = text.split(' ');
    let (method, uri) = (words.next().unwrap(), words.next().unwrap());
    let line = text
        .lines()
        .find(|line| shows(line) && line.contains(&format!("realm=\"{realm}\"")));
    let line = format!("{}\r", line.expect(text));
    assert_eq!(field(&line, "nonce"), nonce, "{line}");
    let (nc, cnonce) = (field(&line, "nc"), field(&line, "cnonce"));
    assert_eq!(nc, format!("{count:08x}"), "{line}");
    assert!(!cnonce.is_empty());
    assert_eq!(field(&line, "uri"), uri);
    let who = sum(&format!("anna:{realm}:pass"));
    let what = sum(&format!("{method}:{uri}"));
    let right = sum(&format!("{who}:{nonce}:{nc}:{cnonce}:auth:{what}"));
    assert_eq!(field(&line, "response"), right, "{line}");
}

fn cseq(text: &str) -> u32 {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("CSeq: "))
        .unwrap();
    line.split(' ').next().unwrap().parse().unwrap()
}

/// Returns the only message sent, which must be a request of this method.
fn only(mut sent: Vec<(String, String)>, method: &str) -> String {
    assert_eq!(sent.len(), 1, "no {method} alone: {sent:#?}");
    let (to, text) = sent.remove(0);
    assert!(
        to == GATEWAY && text.starts_with(&format!("{method} ")),
        "{to}: {text}"
    );
    text
}

fn ring(invite: &str, rseq: u32) -> String {
    let more = format!("Require: 100rel\r\nRSeq: {rseq}\r\n{CONTACT}");
    reply(invite, 180, &more)
}

/// Returns an INVITE that was challenged and sent again.
fn invited() -> (Line, String) {
    let (mut line, invite) = Line::new();
    let sent = line.hear(GATEWAY, &reply(&invite, 407, CHALLENGE));
    let invite = sent.last().unwrap().1.clone();
    assert_right(&invite, "theirs", "n1", 1);
    (line, invite)
}

#[test]
fn each_prack_shows_credentials_where_it_is_asked_for_them() {
    let (mut line, invite) = invited();
    let mut number = cseq(&invite);
    // More requests than the retry limit of one request.
    for rseq in 1..=6 {
        let prack = only(line.hear(GATEWAY, &ring(&invite, rseq)), "PRACK");
        assert!(!shows(&prack) && cseq(&prack) > number, "{prack}");
        let again = only(line.hear(GATEWAY, &reply(&prack, 407, CHALLENGE)), "PRACK");
        assert_right(&again, "theirs", "n1", rseq + 1);
        assert!(cseq(&again) > cseq(&prack));
        let rack = format!("\r\nRAck: {rseq} {} INVITE\r\n", cseq(&invite));
        assert!(prack.contains(&rack) && again.contains(&rack), "{again}");
        assert!(line.hear(GATEWAY, &reply(&again, 200, "")).is_empty());
        number = cseq(&again);
    }
    let ack = only(line.hear(GATEWAY, &reply(&invite, 200, CONTACT)), "ACK");
    assert!(ack.contains("uthorization: Digest "), "{ack}");
    let answered = |event: &Event| matches!(event, Event::Answered { .. });
    assert!(line.events.iter().any(answered));
}

#[test]
fn a_prack_with_a_wrong_password_is_given_up_and_the_call_is_not() {
    let (mut line, invite) = invited();
    let prack = only(line.hear(GATEWAY, &ring(&invite, 1)), "PRACK");
    let stale = CHALLENGE
        .replace("n1", "n2")
        .replace("qop", "stale=true, qop");
    // A stale challenge rejects only the nonce; the count of the new nonce begins at 1.
    let again = only(line.hear(GATEWAY, &reply(&prack, 407, CHALLENGE)), "PRACK");
    assert_right(&again, "theirs", "n1", 2);
    let again = only(line.hear(GATEWAY, &reply(&again, 407, &stale)), "PRACK");
    assert_right(&again, "theirs", "n2", 1);
    let wrong = CHALLENGE.replace("n1", "n3");
    assert!(line.hear(GATEWAY, &reply(&again, 407, &wrong)).is_empty());
    assert_eq!(line.ended(), []);
    only(line.hear(GATEWAY, &reply(&invite, 200, CONTACT)), "ACK");
}

#[test]
fn a_re_invite_shows_credentials_and_so_does_its_ack() {
    let (mut line, _) = Line::up("x@192.0.2.7:5060");
    line.agent
        .reoffer(line.now, line.dialog, b"v=0\r\ns=2\r\n".to_vec());
    let invite = only(line.sent(), "INVITE");
    assert!(!shows(&invite) && invite.ends_with("v=0\r\ns=2\r\n"));
    let mut sent = line.hear(GATEWAY, &reply(&invite, 407, CHALLENGE));
    let again = sent.pop().unwrap().1;
    only(sent, "ACK");
    assert_right(&again, "theirs", "n1", 2);
    assert!(again.starts_with("INVITE ") && again.ends_with("v=0\r\ns=2\r\n"));
    assert!(cseq(&again) > cseq(&invite));
    let ack = only(line.hear(GATEWAY, &reply(&again, 200, CONTACT)), "ACK");
    assert!(shows(&ack) && cseq(&ack) == cseq(&again), "{ack}");
    let accepted = |event: &Event| matches!(event, Event::OfferAccepted { .. });
    assert!(line.events.iter().any(accepted), "{:?}", line.events);
    // Wrong credentials: the re-INVITE fails, and the session remains unchanged.
    line.agent
        .reoffer(line.now, line.dialog, b"v=0\r\ns=3\r\n".to_vec());
    let invite = only(line.sent(), "INVITE");
    let sent = line.hear(GATEWAY, &reply(&invite, 407, CHALLENGE));
    let again = sent.last().unwrap().1.clone();
    only(line.hear(GATEWAY, &reply(&again, 407, CHALLENGE)), "ACK");
    let refused = |event: &Event| matches!(event, Event::OfferRefused { status: 407, .. });
    assert!(line.events.iter().any(refused), "{:?}", line.events);
    assert_eq!(line.ended(), []);
}

#[test]
fn a_proxy_and_the_one_behind_it_are_both_told_and_counted_apart() {
    let (mut line, _) = Line::up("x@192.0.2.7:5060");
    let behind = "WWW-Authenticate: Digest realm=\"behind\", nonce=\"b1\", qop=\"auth\"\r\n";
    line.agent
        .reoffer(line.now, line.dialog, b"v=0\r\n".to_vec());
    let mut request = only(line.sent(), "INVITE");
    for (status, challenge) in [(407, CHALLENGE), (401, behind)] {
        let sent = line.hear(GATEWAY, &reply(&request, status, challenge));
        request = sent.last().unwrap().1.clone();
    }
    // No nonce count is used twice, not even for the same request.
    assert_right(&request, "theirs", "n1", 3);
    assert_right(&request, "behind", "b1", 1);
    only(line.hear(GATEWAY, &reply(&request, 200, CONTACT)), "ACK");
    line.agent.hang_up(line.now, line.dialog);
    let mut bye = only(line.sent(), "BYE");
    for (status, challenge) in [(407, CHALLENGE), (401, behind)] {
        bye = only(line.hear(GATEWAY, &reply(&bye, status, challenge)), "BYE");
    }
    assert_right(&bye, "theirs", "n1", 5);
    assert_right(&bye, "behind", "b1", 2);
    assert!(line.hear(GATEWAY, &reply(&bye, 200, "")).is_empty());
    assert_eq!(line.ended(), [Ending::ByeSent]);
}

#[test]
fn credentials_of_one_call_are_sent_in_place_of_the_trunks() {
    let account = Account {
        user: "boris".into(),
        password: Secret("s3cret".into()),
    };
    let (mut line, invite) = Line::with_credentials(Some(account.clone()));
    let sent = line.hear(GATEWAY, &reply(&invite, 407, CHALLENGE));
    let again = &sent.last().unwrap().1;
    let credentials = again.lines().find(|line| shows(line)).expect(again);
    assert!(credentials.contains("username=\"boris\""), "{credentials}");
    let line_end = format!("{credentials}\r");
    let (nc, cnonce) = (field(&line_end, "nc"), field(&line_end, "cnonce"));
    let uri = again.split(' ').nth(1).unwrap();
    let (who, what) = (sum("boris:theirs:s3cret"), sum(&format!("INVITE:{uri}")));
    let right = sum(&format!("{who}:n1:{nc}:{cnonce}:auth:{what}"));
    assert_eq!(field(&line_end, "response"), right);
    // After wrong credentials of the call, those of the trunk are not tried.
    let more = line.hear(GATEWAY, &reply(again, 407, CHALLENGE));
    assert!(
        more.iter()
            .all(|(_, text)| !shows(text) || text.starts_with("ACK ")),
        "{more:?}"
    );
    let (mut line, invite) = Line::with_credentials(Some(account));
    let sent = line.hear(ELSEWHERE, &reply(&invite, 407, CHALLENGE));
    assert!(sent.iter().all(|(_, text)| !shows(text)), "{sent:?}");
}
