//! The gate against the answers of our own accounts.

use core::time::Duration;

use confab_terms::Instant;

use super::{Gate, NO, Realm, Secret, Verdict};
use crate::digest::{Account, answer};

const URI: &str = "sip:room@example.org";

fn gate() -> Gate {
    let users = [("anna".to_owned(), Secret("pass".into()))];
    let name = "example.org".to_owned();
    let realm = Realm {
        name,
        users: users.into(),
    };
    Gate::new(realm, [3; 32])
}

fn account(user: &str, password: &str) -> [Account; 1] {
    [Account {
        realm: Some("example.org".into()),
        user: user.into(),
        password: Secret(password.into()),
    }]
}

fn credentials(challenge: &str, user: &str, password: &str) -> String {
    let challenges = [challenge.to_owned()];
    answer(&account(user, password), &challenges, ("INVITE", URI), "c").unwrap_or_default()
}

#[test]
fn who_knows_the_password_gets_in_once_a_count() {
    for which in [0, 1] {
        let (mut gate, now) = (gate(), Instant(5_000_000_000));
        let challenge = &gate.challenges(now, false)[which];
        let right = credentials(challenge, "anna", "pass");
        assert_eq!(gate.look(now, "INVITE", URI, &right), Verdict::LetIn);
        let stale = Verdict::Challenged { stale: true };
        assert_eq!(gate.look(now, "INVITE", URI, &right), stale, "replayed");
        assert_eq!(gate.look(now, "BYE", URI, &right), NO);
        assert_eq!(
            gate.look(now, "INVITE", "sip:other@example.org", &right),
            NO
        );
    }
}

#[test]
fn the_unknown_and_the_wrong_are_told_the_same() {
    let (mut gate, now) = (gate(), Instant(0));
    let [challenge, _] = gate.challenges(now, false);
    for (user, password) in [
        ("anna", "wrong"),
        ("boris", "pass"),
        ("boris", ""),
        ("", ""),
    ] {
        let text = credentials(&challenge, user, password);
        assert_eq!(gate.look(now, "INVITE", URI, &text), NO, "{user}");
    }
    for text in [
        "",
        "Digest",
        "Basic x",
        "NoOneKnowsThisScheme opaque-data=here",
    ] {
        assert_eq!(gate.look(now, "INVITE", URI, text), NO, "{text}");
    }
}

#[test]
fn nonces_end_and_cannot_be_made() {
    let (mut gate, now) = (gate(), Instant(0));
    let [challenge, _] = gate.challenges(now, false);
    let text = credentials(&challenge, "anna", "pass");
    let late = now + Duration::from_secs(confab_terms::limits::SIP_NONCE_LIFE_S);
    let stale = Verdict::Challenged { stale: true };
    assert_eq!(gate.look(late, "INVITE", URI, &text), stale);
    let mut other = Gate::new(gate.realm.clone(), [4; 32]);
    assert_eq!(other.look(now, "INVITE", URI, &text), stale);
    assert_eq!(gate.look(now, "INVITE", URI, &text), Verdict::LetIn);
    // What has ended is forgotten.
    let [challenge, _] = gate.challenges(late, false);
    let text = credentials(&challenge, "anna", "pass");
    assert_eq!(gate.look(late, "INVITE", URI, &text), Verdict::LetIn);
    assert_eq!(gate.counts.len(), 1);
}

#[test]
fn an_answer_takes_the_strongest_that_it_knows() {
    let [sha, md5] = gate().challenges(Instant(0), false);
    let challenges = [md5, "Digest realm=\"x\", algorithm=SHA-512-256".into(), sha];
    let text = answer(&account("anna", "pass"), &challenges, ("INVITE", URI), "c");
    assert!(text.is_some_and(|text| text.contains("algorithm=SHA-256")));
    let other = ["Digest realm=\"elsewhere\", nonce=\"1\"".to_owned()];
    assert_eq!(
        answer(&account("anna", "p"), &other, ("INVITE", URI), "c"),
        None
    );
}
