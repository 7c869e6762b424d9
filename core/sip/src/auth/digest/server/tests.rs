//! Tests of the server side against credentials computed by the client side.

use core::time::Duration;

use confab_terms::{Instant, IpAddr, limits};

use super::{AuthRequest, DigestServer, NO, STALE, Verdict};
use crate::auth::digest::{Account, Challenge, NonceCounts, Secret};

const URI: &str = "sip:room@example.org";
const HERE: IpAddr = IpAddr::V4(confab_terms::Ipv4Addr::new(192, 0, 2, 1));

fn account(user: &str, password: &str) -> Account {
    Account {
        user: user.into(),
        password: Secret(password.into()),
    }
}

fn asked(method: &'static str, uri: &'static str) -> AuthRequest<'static> {
    AuthRequest {
        from: HERE,
        method,
        uri,
    }
}

/// Checks credentials; maps `Failed` to a challenge.
fn look(
    digest_server: &mut DigestServer,
    now: Instant,
    asked: AuthRequest<'_>,
    text: &str,
) -> Verdict {
    let accounts = [account("anna", "pass"), account("boris", "other")];
    match digest_server.look(now, asked, &[text.to_owned()], accounts.iter()) {
        Verdict::Failed => NO,
        verdict => verdict,
    }
}

fn credentials(challenge: &str, user: &str, password: &str) -> String {
    let challenge = Challenge::strongest(&[challenge.to_owned()]);
    let mut answered = NonceCounts::default();
    let asked = ("INVITE", URI);
    challenge
        .and_then(|(c, _)| c.answer(&account(user, password), asked, "c", &mut answered))
        .unwrap_or_default()
}

fn let_in() -> Verdict {
    Verdict::Authenticated("anna".to_owned())
}

const INVITE: (&str, &str) = ("INVITE", URI);

#[test]
fn who_knows_the_password_gets_in_once_a_count() {
    let invite = asked(INVITE.0, INVITE.1);
    for which in [0, 1, 2] {
        let (mut digest_server, now) = (DigestServer::new([3; 32]), Instant(5_000_000_000));
        let offered = digest_server.challenges(now, (HERE, "0123456789"), false);
        let challenge = [&offered.sha256, &offered.md5, &offered.short][which];
        let right = credentials(challenge, "anna", "pass");
        for elsewhere in [asked("BYE", URI), asked("INVITE", "sip:x@example.org")] {
            assert_eq!(look(&mut digest_server, now, elsewhere, &right), NO);
        }
        let now = now + Duration::from_secs(2);
        assert_eq!(look(&mut digest_server, now, invite, &right), let_in());
        assert_eq!(
            look(&mut digest_server, now, invite, &right),
            STALE,
            "replayed"
        );
        let next = right.replace("nc=00000001", "nc=00000002");
        assert_eq!(
            look(&mut digest_server, now, invite, &next),
            NO,
            "its sum is another"
        );
        let stripped = right.replace("qop=auth, ", "");
        assert_eq!(look(&mut digest_server, now, invite, &stripped), NO);
    }
}

#[test]
fn the_unknown_and_the_wrong_are_told_the_same() {
    let (mut digest_server, now) = (DigestServer::new([3; 32]), Instant(0));
    let invite = asked(INVITE.0, INVITE.1);
    let challenge = digest_server
        .challenges(now, (HERE, "0123456789"), false)
        .sha256;
    for (user, password) in [
        ("anna", "wrong"),
        ("carla", "pass"),
        ("carla", ""),
        ("", ""),
    ] {
        let text = credentials(&challenge, user, password);
        assert_eq!(look(&mut digest_server, now, invite, &text), NO, "{user}");
    }
    for text in ["", "Digest", "Basic x", "NoOneKnowsThisScheme data=here"] {
        assert_eq!(look(&mut digest_server, now, invite, text), NO, "{text}");
    }
}

#[test]
fn who_was_wrong_waits_and_nobody_else_does() {
    let (mut digest_server, now) = (DigestServer::new([3; 32]), Instant(0));
    let invite = asked(INVITE.0, INVITE.1);
    let challenge = digest_server
        .challenges(now, (HERE, "0123456789"), false)
        .sha256;
    let wrong = credentials(&challenge, "anna", "wrong");
    let right = credentials(&challenge, "anna", "pass");
    let challenge = digest_server.challenges(now, (HERE, "4567"), false).sha256;
    let other = credentials(&challenge, "boris", "other");
    assert_eq!(look(&mut digest_server, now, invite, &wrong), NO);
    assert_eq!(
        look(&mut digest_server, now, invite, &right),
        NO,
        "within the second"
    );
    let boris = Verdict::Authenticated("boris".to_owned());
    assert_eq!(look(&mut digest_server, now, invite, &other), boris);
    let later = now + Duration::from_secs(1);
    assert_eq!(look(&mut digest_server, later, invite, &right), let_in());
    // Without a nonce of this source, no failure of another user can be caused.
    let forged = wrong.replace("nonce=\"0", "nonce=\"1");
    for _ in 0..100 {
        assert_eq!(look(&mut digest_server, later, invite, &forged), STALE);
    }
    let challenge = digest_server
        .challenges(later, (HERE, "abcd"), false)
        .sha256;
    let right = credentials(&challenge, "anna", "pass");
    assert_eq!(look(&mut digest_server, later, invite, &right), let_in());
}

#[test]
fn nonces_end_and_are_for_one_source() {
    let (mut digest_server, now) = (DigestServer::new([3; 32]), Instant(0));
    let invite = asked(INVITE.0, INVITE.1);
    let challenge = digest_server
        .challenges(now, (HERE, "0123456789"), false)
        .sha256;
    let text = credentials(&challenge, "anna", "pass");
    let late = now + Duration::from_secs(limits::SIP_NONCE_LIFE_S.into());
    assert_eq!(look(&mut digest_server, late, invite, &text), STALE);
    let mut other = DigestServer::new([4; 32]);
    assert_eq!(look(&mut other, now, invite, &text), STALE);
    let elsewhere = AuthRequest {
        from: IpAddr::V4([192, 0, 2, 2].into()),
        ..invite
    };
    assert_eq!(look(&mut digest_server, now, elsewhere, &text), STALE);
    let mapped = AuthRequest {
        from: IpAddr::V6(confab_terms::Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped()),
        ..invite
    };
    assert_eq!(look(&mut digest_server, now, mapped, &text), let_in());
    // Expired nonces are removed.
    let challenge = digest_server.challenges(late, (HERE, "0123"), false).sha256;
    let text = credentials(&challenge, "anna", "pass");
    assert_eq!(look(&mut digest_server, late, invite, &text), let_in());
    assert_eq!(digest_server.nonces["anna"].counts.len(), 1);
}

#[test]
fn logins_of_one_user_evict_the_nonces_of_that_user_only() {
    let (mut digest_server, now) = (DigestServer::new([3; 32]), Instant(7_000_000_000));
    let invite = asked(INVITE.0, INVITE.1);
    let credentials =
        |digest_server: &DigestServer, now, salt: usize, user: &str, password: &str| {
            let salt = format!("{salt:04x}");
            let challenge = digest_server.challenges(now, (HERE, &salt), false).sha256;
            credentials(&challenge, user, password)
        };
    let boris = credentials(&digest_server, now, 1, "boris", "other");
    let is_boris = Verdict::Authenticated("boris".to_owned());
    assert_eq!(look(&mut digest_server, now, invite, &boris), is_boris);
    let mut all = Vec::new();
    for n in 0..3 * limits::SIP_NONCES_OF_USER_MAX {
        let text = credentials(&digest_server, now, n, "anna", "pass");
        assert_eq!(
            look(&mut digest_server, now, invite, &text),
            let_in(),
            "{n}"
        );
        all.push(text);
    }
    let kept = digest_server.nonces["anna"].counts.len();
    assert_eq!(kept, limits::SIP_NONCES_OF_USER_MAX);
    // No replay is accepted, with a stored nonce or with an evicted nonce.
    for text in all.iter().chain([&boris]) {
        assert_eq!(look(&mut digest_server, now, invite, text), STALE);
    }
    let fresh = credentials(&digest_server, now, 0, "boris", "other");
    assert_eq!(look(&mut digest_server, now, invite, &fresh), is_boris);
    let next_second = now + Duration::from_secs(1);
    let fresh = credentials(&digest_server, next_second, 0, "anna", "pass");
    assert_eq!(
        look(&mut digest_server, next_second, invite, &fresh),
        let_in()
    );
}

#[test]
fn an_answer_takes_the_strongest_that_it_knows_and_counts_on() {
    let offered = DigestServer::new([3; 32]).challenges(Instant(0), (HERE, "0123"), false);
    let (sha, md5) = (offered.sha256, offered.md5);
    let challenges = [md5, "Digest realm=\"x\", algorithm=SHA-512-256".into(), sha];
    let challenge = Challenge::strongest(&challenges)
        .expect("one that we know")
        .0;
    let mut answered = NonceCounts::default();
    let mut text = || {
        let account = account("anna", "pass");
        let text = challenge.answer(&account, ("INVITE", URI), "c", &mut answered);
        text.expect("an answer")
    };
    let first = text();
    assert!(first.contains("algorithm=SHA-256") && first.contains("nc=00000001"));
    assert!(text().contains("nc=00000002"));
}
