//! REGISTER: stored contacts, rejected requests, and calls to registered users.

use std::time::Duration;

use confab_sip::{Access, Account, Config, Event, Invite, Output, Secret, Trunk, UserAgent};
use confab_terms::{Instant, SocketAddr, limits};

const HERE: &str = "127.0.0.9:5070";
const US: &str = "127.0.0.1:5060";

fn agent() -> UserAgent {
    UserAgent::new(Config {
        address: US.parse().unwrap(),
        tls_port: None,
        product: "confab".into(),
        seed: [7; 32],
    })
}

fn say(agent: &mut UserAgent, at_s: u64, text: &str) -> String {
    let now = Instant(0) + Duration::from_secs(at_s);
    agent.handle(now, HERE.parse().unwrap(), text.as_bytes());
    let mut replies = Vec::new();
    while let Some(output) = agent.poll_output() {
        match output {
            Output::Datagram { bytes, .. } => replies.push(String::from_utf8(bytes).unwrap()),
            Output::Event(Event::Registered(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(replies.len(), 1, "{replies:?}");
    replies.remove(0)
}

/// Returns a REGISTER of anna.
fn register(call_id: &str, cseq: u32, more: &str) -> String {
    format!(
        "REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK{call_id}{cseq}\
         \r\nFrom: <sip:anna@127.0.0.1>;tag=1\r\nTo: <sip:anna@127.0.0.1>\r\nCall-ID: {call_id}\r\n\
         CSeq: {cseq} REGISTER\r\nMax-Forwards: 70\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

fn contacts(reply: &str) -> Vec<&str> {
    assert!(reply.starts_with("SIP/2.0 200 "), "{reply}");
    let lines = reply.lines();
    lines
        .filter_map(|line| line.strip_prefix("Contact: "))
        .collect()
}

#[test]
fn contacts_come_last_and_go() {
    let mut agent = agent();
    let more = "Contact: <sip:anna@127.0.0.9:5070>;q=0.5;expires=120, \"A\" <sip:a@b.example>\r\n\
                Expires: 600\r\n";
    let reply = say(&mut agent, 0, &register("x", 1, more));
    let both = [
        "<sip:anna@127.0.0.9:5070>;q=0.5;expires=120",
        "<sip:a@b.example>;expires=600",
    ];
    assert_eq!(contacts(&reply), both);
    // A retransmission gets the same response, and a query changes nothing.
    assert_eq!(say(&mut agent, 0, &register("x", 1, more)), reply);
    let reply = say(&mut agent, 20, &register("y", 1, ""));
    let later = [both[0].replace("120", "100"), both[1].replace("600", "580")];
    assert_eq!(contacts(&reply), later);
    // One contact expires, and one is removed by request.
    let reply = say(&mut agent, 120, &register("y", 2, ""));
    assert_eq!(contacts(&reply), ["<sip:a@b.example>;expires=480"]);
    let gone = "Contact: <sip:%61@B.example>;expires=0\r\n";
    let reply = say(&mut agent, 130, &register("z", 1, gone));
    assert_eq!(contacts(&reply), [""; 0]);
}

#[test]
fn a_star_takes_all_away_and_only_with_expires_0() {
    let mut agent = agent();
    let two = "Contact: <sip:a@b.example>\r\nContact: <sip:c@d.example>\r\n";
    say(&mut agent, 0, &register("x", 1, two));
    for wrong in [
        "Contact: *\r\n",
        "Contact: *\r\nExpires: 60\r\n",
        "Contact: *, <sip:a@b.example>\r\nExpires: 0\r\n",
    ] {
        let reply = say(&mut agent, 1, &register("w", 1 + wrong.len() as u32, wrong));
        assert!(reply.starts_with("SIP/2.0 400 "), "{wrong}: {reply}");
    }
    let told = say(&mut agent, 1, &register("x", 2, ""));
    assert_eq!(contacts(&told).len(), 2);
    let all = "Contact: *\r\nExpires: 0\r\n";
    assert_eq!(
        contacts(&say(&mut agent, 2, &register("x", 3, all))),
        [""; 0]
    );
}

#[test]
fn what_is_too_short_too_old_too_much_or_headers_changes_nothing() {
    let mut agent = agent();
    let first = "Contact: <sip:a@b.example>\r\n";
    say(&mut agent, 0, &register("x", 5, first));
    let many: String = (0..limits::SIP_CONTACTS_MAX)
        .map(|n| format!("Contact: <sip:a{n}@b.example>\r\n"))
        .collect();
    let long = format!("Contact: <sip:{}@b.example>\r\n", "a".repeat(512));
    for (n, (more, status)) in (10..).zip([
        ("Contact: <sip:n@b.example>;expires=59\r\n", "423"),
        ("Contact: <sip:n@b.example>\r\nExpires: 1\r\n", "423"),
        (many.as_str(), "403"),
        (long.as_str(), "400"),
        ("Contact: <sip:n@b.example?Route=%3Csip:evil%3E>\r\n", "400"),
        ("Contact: <mailto:n@b.example>\r\n", "400"),
        ("Require: gruu\r\nContact: <sip:n@b.example>\r\n", "420"),
    ]) {
        let reply = say(&mut agent, 1, &register("y", n, more));
        assert_eq!(&reply[8..11], status, "{more}");
        if status == "423" {
            assert!(reply.contains("\r\nMin-Expires: 60\r\n"), "{reply}");
        }
    }
    // A lower CSeq with the same Call-ID is older; such a request changes nothing.
    let older = "Contact: <sip:new@b.example>, <sip:a@b.example>;expires=0\r\n";
    let reply = say(&mut agent, 1, &register("x", 4, older));
    assert!(reply.starts_with("SIP/2.0 500 "), "{reply}");
    let told = say(&mut agent, 1, &register("z", 1, ""));
    assert_eq!(contacts(&told), ["<sip:a@b.example>;expires=3599"]);
    let odd = "Contact: <sip:a@b.example>;expires=soon\r\n";
    let told = say(&mut agent, 1, &register("z", 2, odd));
    assert_eq!(contacts(&told), ["<sip:a@b.example>;expires=3600"]);
    let long = "Contact: <sip:a@b.example>;expires=99999999999\r\n";
    let told = say(&mut agent, 1, &register("z", 3, long));
    assert_eq!(contacts(&told), ["<sip:a@b.example>;expires=7200"]);
}

#[test]
fn a_call_to_a_user_goes_to_where_it_registered_last() {
    let mut agent = agent();
    let to = format!("sip:anna@{US}");
    assert_eq!(agent.route(Instant(0), &to), None);
    let contact = "Contact: <sip:line7@victim.example>\r\n";
    say(&mut agent, 0, &register("x", 1, contact));
    let route = agent.route(Instant(0), &to).unwrap();
    assert_eq!(route.via.unwrap().to_string(), HERE, "and to no victim");
    let invite = Invite {
        to: String::new(),
        from: "sip:boris@127.0.0.1".into(),
        from_name: None,
        via: None,
        offer: b"v=0\r\n".to_vec(),
        headers: Vec::new(),
    };
    agent.invite_along(Instant(0), route, invite);
    let Some(Output::Datagram { to: sent_to, bytes }) = agent.poll_output() else {
        panic!("no INVITE");
    };
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(sent_to, HERE.parse::<SocketAddr>().unwrap());
    assert!(
        text.starts_with("INVITE sip:line7@victim.example SIP/2.0\r\n"),
        "{text}"
    );
    assert!(text.contains(&format!("\r\nTo: <{to}>\r\n")), "{text}");
    let gone = Instant(0) + Duration::from_secs(3_600);
    assert_eq!(agent.route(gone, &to), None);
    for elsewhere in [
        "sip:anna@127.0.0.2",
        "sip:anna@127.0.0.1:5061",
        "sips:anna@127.0.0.1",
    ] {
        assert_eq!(agent.route(Instant(0), elsewhere), None);
    }
}

#[test]
fn elsewhere_nobody_registers_another_or_without_a_password() {
    let account = |user: &str| Account {
        user: user.into(),
        password: Secret("pass".into()),
    };
    let access = |networks: Vec<_>, account| Access {
        open: false,
        trunks: vec![Trunk {
            name: "theirs".into(),
            networks,
            account,
            gateway: None,
            srtp: None,
            nat: confab_sip::Nat::Auto,
            identity: Default::default(),
        }],
    };
    let inside = vec!["127.0.0.0/8".parse().unwrap()];
    let contact = "Contact: <sip:anna@127.0.0.9>\r\n";
    // From a trunk's network, without any account.
    let mut agent = agent();
    agent.guard(access(inside.clone(), None));
    let reply = say(&mut agent, 0, &register("x", 1, contact));
    assert!(reply.starts_with("SIP/2.0 403 "), "{reply}");
    // From a trunk's network, without credentials.
    agent.guard(access(inside, Some(account("boris"))));
    let reply = say(&mut agent, 0, &register("x", 2, contact));
    assert!(reply.starts_with("SIP/2.0 401 "), "{reply}");
}
