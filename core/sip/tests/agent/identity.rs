//! Caller, callee and diverting party of an INVITE, by the rules of the trunk.

use confab_sip::{
    Access, Account, Config, CountryCode, Event, Gateway, IdentityRules, Output, Secret, Transport,
    Trunk, UserAgent,
};
use confab_terms::{Instant, SocketAddr};

const CARRIER: &str = "192.0.2.7:5060";
const STRANGER: &str = "203.0.113.9:5060";

#[derive(Debug, PartialEq)]
struct Seen {
    from: String,
    name: Option<String>,
    sip_from: String,
    to: String,
    forwarded: Option<String>,
}

fn rules(code: &str, is_trusted: bool) -> IdentityRules {
    IdentityRules {
        country_code: CountryCode::parse(code),
        is_trusted,
    }
}

fn carrier(identity: IdentityRules) -> Trunk {
    Trunk {
        name: "carrier".into(),
        networks: vec!["192.0.2.0/24".parse().unwrap()],
        account: None,
        gateway: None,
        srtp: None,
        nat: confab_sip::Nat::Auto,
        identity,
    }
}

/// Returns a trunk without networks, recognized by the address of its gateway on an open listener.
fn gateway(identity: IdentityRules) -> Trunk {
    let address: SocketAddr = CARRIER.parse().unwrap();
    let gateway = Gateway::new(CARRIER.into(), Some(address), Transport::Udp);
    Trunk {
        networks: Vec::new(),
        gateway: Some(gateway),
        ..carrier(identity)
    }
}

fn phone(identity: IdentityRules) -> Trunk {
    Trunk {
        networks: Vec::new(),
        account: Some(Account {
            user: "anna".into(),
            password: Secret("pass".into()),
        }),
        ..carrier(identity)
    }
}

/// Returns the `Invited` event of an INVITE with this request URI, From and headers.
fn invite(trunk: Trunk, source: &str, (to, from): (&str, &str), headers: &str) -> Seen {
    let mut agent = UserAgent::new(Config {
        address: "192.0.2.1:5060".parse().unwrap(),
        tls_port: None,
        product: "confab".into(),
        seed: [7; 32],
    });
    agent.guard(Access {
        open: true,
        trunks: vec![trunk],
    });
    let text = format!(
        "INVITE {to} SIP/2.0\r\nVia: SIP/2.0/UDP {source};branch=z9hG4bK1;rport\r\n\
         From: {from};tag=1\r\nTo: <{to}>\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:{source}>\r\n{headers}Content-Length: 0\r\n\r\n"
    );
    let source = source.parse().unwrap();
    agent.handle(Instant(1_000_000_000), source, text.as_bytes());
    while let Some(output) = agent.poll_output() {
        if let Output::Event(Event::Invited {
            from,
            from_name,
            to,
            origin,
            ..
        }) = output
        {
            return Seen {
                from,
                name: from_name,
                sip_from: origin.sip_from,
                to,
                forwarded: origin.forwarded_from,
            };
        }
    }
    panic!("not invited: {text}");
}

fn from_and_to(trunk: Trunk, source: &str, to: &str, from: &str) -> (String, String) {
    let seen = invite(trunk, source, (to, from), "");
    (seen.from, seen.to)
}

#[test]
fn parties_of_a_trunk_are_numbers() {
    for (from, to, code, expected) in [
        (
            "\"A\" <sip:+15551234567@h;user=phone>",
            "sip:+15559876543@confab",
            "",
            ("+15551234567", "+15559876543"),
        ),
        (
            "<sip:%2B15551234567@h>",
            "sip:0800@confab;user=phone",
            "",
            ("+15551234567", "0800"),
        ),
        (
            "<tel:+1-555-123-4567;x=y>",
            "sip:alice@confab",
            "",
            ("+15551234567", "alice"),
        ),
        (
            "<sip:0301234567@h>",
            "sip:004930765@confab",
            "",
            ("0301234567", "004930765"),
        ),
        (
            "<sip:0301234567@h>",
            "sip:0049301234567@confab",
            "49",
            ("+49301234567", "+49301234567"),
        ),
        (
            "<tel:030-1234567;phone-context=+49>",
            "sip:301234567@confab",
            "49",
            ("+49301234567", "+49301234567"),
        ),
        (
            "<sip:+15551234567;npdi;rn=+15550000000@h>",
            "sip:+1.555.987.6543@confab",
            "",
            ("+15551234567", "+15559876543"),
        ),
        (
            "<sip:anonymous@anonymous.invalid>",
            "sip:confab.example",
            "49",
            ("anonymous", "sip:confab.example"),
        ),
        // A decoded line break could split a header in later requests.
        (
            "<sip:a%0D%0Ab@h>",
            "sip:100@confab",
            "49",
            ("a%0D%0Ab", "100"),
        ),
    ] {
        for trunk in [carrier, gateway] {
            let seen = from_and_to(trunk(rules(code, false)), CARRIER, to, from);
            assert_eq!((&*seen.0, &*seen.1), expected, "{from} {to} {code}");
        }
    }
}

#[test]
fn parties_of_anyone_else_are_sip_uris() {
    let numbers = (
        "sip:+15559876543@confab:5060",
        "<sip:+15551234567@h:5070;user=phone>",
    );
    let uris = (
        "sip:+15551234567@h".to_owned(),
        "sip:+15559876543@confab".to_owned(),
    );
    let (to, from) = numbers;
    let strict = rules("49", true);
    assert_eq!(
        from_and_to(carrier(strict.clone()), STRANGER, to, from),
        uris
    );
    assert_eq!(
        from_and_to(gateway(strict.clone()), STRANGER, to, from),
        uris
    );
    assert_eq!(
        from_and_to(gateway(strict), "192.0.2.7:5070", to, from),
        uris
    );
    assert_eq!(
        from_and_to(phone(rules("", false)), CARRIER, to, from),
        uris
    );
}

#[test]
fn the_sip_uri_of_from_is_kept_beside_the_number() {
    let parties = ("sip:1@confab", "\"A\" <sip:+15551234567@h:5070;user=phone>");
    let seen = invite(carrier(rules("", false)), CARRIER, parties, "");
    assert_eq!(seen.sip_from, "sip:+15551234567@h");
    assert_eq!(seen.name.as_deref(), Some("A"));
}

const ASSERTED: &str =
    "P-Asserted-Identity: \"Ann\" <sip:0301234567@carrier.example>, <tel:+49-30-1234567>\r\n";

#[test]
fn only_a_trusted_trunk_asserts_an_identity() {
    let parties = ("sip:1@confab", "\"X\" <sip:anonymous@anonymous.invalid>");
    let from = |trunk, source, headers: &str| {
        let seen = invite(trunk, source, parties, headers);
        (seen.from, seen.name)
    };
    let x = Some("X".to_owned());
    let (trusted, not_trusted) = (rules("49", true), rules("49", false));
    assert_eq!(
        from(carrier(trusted.clone()), CARRIER, ASSERTED),
        ("+49301234567".to_owned(), x.clone())
    );
    let one = "P-Asserted-Identity: \"Ann\" <sip:0301234567@carrier.example>\r\n";
    assert_eq!(
        from(carrier(trusted.clone()), CARRIER, one),
        ("+49301234567".to_owned(), Some("Ann".to_owned()))
    );
    assert_eq!(
        from(carrier(not_trusted), CARRIER, ASSERTED),
        ("anonymous".to_owned(), x.clone())
    );
    assert_eq!(
        from(carrier(trusted.clone()), STRANGER, ASSERTED),
        ("sip:anonymous@anonymous.invalid".to_owned(), x.clone())
    );
    for unusable in [
        "P-Asserted-Identity: <<>\r\n",
        "P-Asserted-Identity: <mailto:a@b>\r\n",
    ] {
        let seen = from(carrier(trusted.clone()), CARRIER, unusable);
        assert_eq!(seen, ("anonymous".to_owned(), x.clone()), "{unusable}");
    }
}

#[test]
fn privacy_hides_the_caller_of_a_trusted_trunk() {
    let parties = ("sip:1@confab", "\"Ann\" <sip:+49301234567@carrier.example>");
    for privacy in ["id", "ID;critical", "header;id", "user"] {
        let headers = format!("{ASSERTED}Privacy: {privacy}\r\n");
        let seen = invite(carrier(rules("49", true)), CARRIER, parties, &headers);
        let shown = format!("{seen:?}");
        assert_eq!(seen.from, "anonymous", "{privacy}");
        assert!(
            !shown.contains("301234567") && !shown.contains("Ann"),
            "{shown}"
        );
        let seen = invite(carrier(rules("49", false)), CARRIER, parties, &headers);
        assert_eq!(seen.from, "+49301234567", "not trusted");
    }
    let headers = format!("{ASSERTED}Privacy: none\r\n");
    let seen = invite(carrier(rules("49", true)), CARRIER, parties, &headers);
    assert_eq!(seen.from, "+49301234567");
}

#[test]
fn the_diverting_party_comes_from_diversion_or_history_info() {
    let parties = ("sip:1@confab", "<sip:+15551234567@h>");
    for (headers, expected) in [
        ("", None),
        (
            "Diversion: <sip:030765@h;user=phone>;reason=unconditional;counter=1, <sip:2@h>\r\n",
            Some("+4930765"),
        ),
        (
            "Diversion: <tel:+4930765>;reason=\"no-answer\"\r\n",
            Some("+4930765"),
        ),
        (
            "Diversion: <sip:030765@h>;privacy=full\r\n",
            Some("anonymous"),
        ),
        ("Diversion: \"\r\n", None),
        (
            "History-Info: <sip:+49301@h>;index=1, <sip:+49302@h;cause=302>;index=1.1;mp=1\r\n",
            Some("+49301"),
        ),
        (
            "History-Info: <sip:+49301@h?Reason=SIP%3Bcause%3D302>;index=1\r\n\
             History-Info: <sip:+49302@h>;index=1.1\r\n",
            Some("+49301"),
        ),
        (
            "History-Info: <sip:+49301@h?Privacy=history>;index=1,\
             <sip:+49302@h;cause=302>;index=1.1\r\n",
            Some("anonymous"),
        ),
        // Routed to a contact, not diverted.
        (
            "History-Info: <sip:+49301@h>;index=1, <sip:a@10.0.0.1>;index=1.1;rc=1\r\n",
            None,
        ),
        ("History-Info: <sip:+49301@h>;index=1;mp=7\r\n", None),
    ] {
        let seen = invite(carrier(rules("49", false)), CARRIER, parties, headers);
        assert_eq!(seen.forwarded.as_deref(), expected, "{headers}");
    }
    let headers = "Diversion: <sip:+49301@h:5070>\r\n";
    let seen = invite(carrier(rules("49", false)), STRANGER, parties, headers);
    assert_eq!(seen.forwarded.as_deref(), Some("sip:+49301@h"));
}
