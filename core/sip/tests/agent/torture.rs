//! Reactions of a user agent to the torture messages of RFC 4475 and RFC 5118, over UDP and TCP.

mod mutations;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use confab_sip::message::{Message, Unreadable, parse};
use confab_sip::{
    Access, Account, Config, ConnectionEvent, ConnectionId, ConnectionOrder, Event, Output, Secret,
    Transport, Trunk, UserAgent,
};
use confab_terms::Instant;

fn opened(peer: std::net::SocketAddr) -> ConnectionEvent {
    ConnectionEvent::Opened {
        peer,
        transport: Transport::Tcp,
    }
}

/// Reaction to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reaction {
    /// Exactly one response with this status.
    Status(u16),
    /// 100 and an `Invited` event.
    Invited,
    /// Valid response without a matching request: dropped.
    Stray,
    /// Malformed, without a possible response.
    Dropped,
}
use Reaction::{Dropped, Invited, Status, Stray};

/// Reactions on an open listener. MESSAGE is not supported: 405 (RFC 3261 §8.2.1).
const REACTIONS: [(&str, Reaction); 62] = [
    // To has a tag without a dialog.
    ("rfc4475/wsinv.dat", Status(481)),
    ("rfc4475/intmeth.dat", Status(501)),
    ("rfc4475/esc01.dat", Invited),
    ("rfc4475/escnull.dat", Status(200)),
    ("rfc4475/esc02.dat", Status(501)),
    ("rfc4475/lwsdisp.dat", Status(200)),
    ("rfc4475/longreq.dat", Invited),
    ("rfc4475/dblreq.dat", Status(200)),
    ("rfc4475/semiuri.dat", Status(200)),
    ("rfc4475/transports.dat", Status(200)),
    ("rfc4475/mpart01.dat", Status(405)),
    ("rfc4475/unreason.dat", Stray),
    ("rfc4475/noreason.dat", Stray),
    ("rfc4475/badinv01.dat", Status(400)),
    ("rfc4475/clerr.dat", Status(400)),
    ("rfc4475/ncl.dat", Status(400)),
    ("rfc4475/scalar02.dat", Status(400)),
    ("rfc4475/scalarlg.dat", Dropped),
    ("rfc4475/quotbal.dat", Status(400)),
    ("rfc4475/ltgtruri.dat", Status(400)),
    ("rfc4475/lwsruri.dat", Status(400)),
    ("rfc4475/lwsstart.dat", Status(400)),
    ("rfc4475/trws.dat", Status(400)),
    ("rfc4475/escruri.dat", Status(400)),
    // A Date that is not GMT is ignored.
    ("rfc4475/baddate.dat", Invited),
    ("rfc4475/regbadct.dat", Status(400)),
    ("rfc4475/badaspec.dat", Status(400)),
    ("rfc4475/baddn.dat", Status(400)),
    // A comma in an unquoted display name has a single meaning: accepted.
    ("rfc4475/baddn.terminated.dat", Status(200)),
    ("rfc4475/badvers.dat", Status(505)),
    ("rfc4475/mismatch01.dat", Status(400)),
    ("rfc4475/mismatch02.dat", Status(400)),
    ("rfc4475/bigcode.dat", Dropped),
    ("rfc4475/badbranch.dat", Status(200)),
    ("rfc4475/insuf.dat", Status(400)),
    ("rfc4475/unkscm.dat", Status(416)),
    ("rfc4475/novelsc.dat", Status(416)),
    // To is not a SIP URI.
    ("rfc4475/unksm2.dat", Status(400)),
    ("rfc4475/bext01.dat", Status(420)),
    ("rfc4475/invut.dat", Status(415)),
    // Unrequested credentials are ignored.
    ("rfc4475/regaut01.dat", Status(200)),
    ("rfc4475/multi01.dat", Status(400)),
    ("rfc4475/mcl01.dat", Status(400)),
    ("rfc4475/bcast.dat", Stray),
    ("rfc4475/zeromf.dat", Status(200)),
    ("rfc4475/cparam01.dat", Status(200)),
    ("rfc4475/cparam02.dat", Status(200)),
    // Contact has URI headers, which would be copied into requests.
    ("rfc4475/regescrt.dat", Status(400)),
    ("rfc4475/sdp01.dat", Status(406)),
    ("rfc4475/inv2543.dat", Invited),
    ("rfc5118/ipv6-good", Status(200)),
    ("rfc5118/ipv6-bad", Status(400)),
    ("rfc5118/port-ambiguous", Status(200)),
    ("rfc5118/port-unambiguous", Status(200)),
    ("rfc5118/via-received-param-with-delim", Status(481)),
    ("rfc5118/via-received-param-no-delim", Status(200)),
    ("rfc5118/ipv6-in-sdp", Invited),
    ("rfc5118/mult-ip-in-header", Status(481)),
    ("rfc5118/mult-ip-in-sdp", Invited),
    ("rfc5118/ipv4-mapped-ipv6", Invited),
    ("rfc5118/ipv6-bug-abnf-3-colons", Status(400)),
    ("rfc5118/ipv6-correct-abnf-2-colons", Status(200)),
];

/// Responses with access rules to an unknown source; all other messages get none.
const ANSWERED_TO_STRANGERS: [(&str, u16); 23] = [
    ("rfc4475/wsinv.dat", 481),
    ("rfc4475/intmeth.dat", 401),
    ("rfc4475/esc01.dat", 401),
    ("rfc4475/escnull.dat", 401),
    ("rfc4475/esc02.dat", 401),
    ("rfc4475/longreq.dat", 401),
    ("rfc4475/dblreq.dat", 401),
    ("rfc4475/semiuri.dat", 401),
    ("rfc4475/mpart01.dat", 401),
    ("rfc4475/baddate.dat", 401),
    ("rfc4475/bext01.dat", 401),
    ("rfc4475/invut.dat", 401),
    ("rfc4475/regaut01.dat", 401),
    ("rfc4475/sdp01.dat", 401),
    ("rfc4475/inv2543.dat", 401),
    ("rfc5118/ipv6-good", 401),
    ("rfc5118/port-ambiguous", 401),
    ("rfc5118/port-unambiguous", 401),
    ("rfc5118/via-received-param-with-delim", 481),
    ("rfc5118/via-received-param-no-delim", 401),
    ("rfc5118/ipv6-in-sdp", 401),
    ("rfc5118/mult-ip-in-sdp", 401),
    ("rfc5118/ipv4-mapped-ipv6", 401),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/torture")
}

fn read(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

fn agent() -> UserAgent {
    UserAgent::new(Config {
        address: "127.0.0.1:5060".parse().unwrap(),
        tls_port: None,
        product: "confab".into(),
        seed: [7; 32],
    })
}

/// Delivers a message to an agent; returns the datagrams and events.
fn ask(agent: &mut UserAgent, bytes: &[u8]) -> (Vec<String>, Vec<Event>) {
    agent.handle(Instant(0), "192.0.2.77:5099".parse().unwrap(), bytes);
    let (mut replies, mut events) = (Vec::new(), Vec::new());
    while let Some(output) = agent.poll_output() {
        match output {
            Output::Datagram { to, bytes } => {
                assert_eq!(
                    to.to_string(),
                    "192.0.2.77:5099",
                    "replies go to the source"
                );
                replies.push(String::from_utf8_lossy(&bytes).into_owned());
            }
            Output::Event(Event::Registered(_)) => {}
            Output::Event(event) => events.push(event),
            other => panic!("{other:?}"),
        }
    }
    (replies, events)
}

fn reaction(bytes: &[u8]) -> Reaction {
    let mut agent = agent();
    let (replies, events) = ask(&mut agent, bytes);
    match (replies.as_slice(), events.as_slice()) {
        ([reply], [Event::Invited { .. }]) if reply.starts_with("SIP/2.0 100 ") => Invited,
        ([reply], []) => {
            if !bytes.starts_with(b"REGISTER") {
                assert_eq!(agent.leftovers(), (0, 0, 0), "a refusal is not remembered");
            }
            assert!(!reply.contains("\r\nServer:"), "{reply}");
            Status(reply[8..11].parse().unwrap())
        }
        ([], []) => match parse(bytes) {
            Ok(Message::Response(_)) => Stray,
            Ok(Message::Request(request)) => panic!("no reaction to {request:?}"),
            Err(Unreadable::Dropped(_)) => Dropped,
            Err(refused) => panic!("{refused:?} but no reply"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_message_gets_its_reaction() {
    let wrong: Vec<String> = REACTIONS
        .iter()
        .filter_map(|(name, expected)| {
            let got = reaction(&read(name));
            (got != *expected).then(|| format!("{name}: {got:?}, not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const STREAM: ConnectionId = ConnectionId::Theirs(1);

/// Responses, events, and true if the connection was closed.
type Heard = (Vec<String>, Vec<Event>, bool);

/// Collects the outputs of the connection.
fn heard(agent: &mut UserAgent) -> Heard {
    let (mut replies, mut events, mut closed) = (Vec::new(), Vec::new(), false);
    while let Some(output) = agent.poll_output() {
        match output {
            Output::Event(event) => events.push(event),
            Output::Connection {
                connection: STREAM,
                order,
            } => match order {
                ConnectionOrder::Send(bytes) => {
                    assert!(!closed, "nothing is sent after the close");
                    replies.push(String::from_utf8_lossy(&bytes).into_owned());
                }
                ConnectionOrder::Close => closed = true,
                ConnectionOrder::Open { .. } => panic!("{order:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
    (replies, events, closed)
}

/// Delivers a message over TCP, in chunks of `piece` bytes.
fn ask_over_tcp(agent: &mut UserAgent, bytes: &[u8], piece: usize) -> Heard {
    let peer = "192.0.2.77:5099".parse().unwrap();
    agent.handle_connection(Instant(0), STREAM, opened(peer));
    for piece in bytes.chunks(piece) {
        let bytes = piece.to_vec();
        agent.handle_connection(Instant(0), STREAM, ConnectionEvent::Received { bytes });
    }
    heard(agent)
}

/// Returns the expected reactions over TCP, and true if the connection is closed. Content-Length
/// alone determines the next boundary (RFC 3261 §18.3), so that missing, malformed and too large
/// values differ from UDP.
fn over_tcp(name: &str, bytes: &[u8], over_udp: Reaction) -> (Vec<Reaction>, bool) {
    let head = String::from_utf8_lossy(bytes);
    let Some((head, _)) = head.split_once("\r\n\r\n") else {
        return (vec![], false); // The message is incomplete.
    };
    let head = head.to_lowercase();
    let has_length = head.contains("\r\ncontent-length") || head.contains("\r\nl:");
    match name {
        // The bytes after the second request are no start of a message.
        "rfc4475/dblreq.dat" => (vec![over_udp, Invited], true),
        "rfc4475/ncl.dat" | "rfc4475/mcl01.dat" => (vec![Status(400)], true),
        "rfc4475/clerr.dat" => (vec![], false),
        _ if !has_length => (vec![], true),
        _ => match over_udp {
            Dropped | Stray => (vec![], false),
            other => (vec![other], false),
        },
    }
}

#[test]
fn each_message_gets_its_reaction_over_tcp() {
    for (name, over_udp) in REACTIONS {
        let bytes = read(name);
        let (expected, close) = over_tcp(name, &bytes, over_udp);
        for piece in [1, 100, 65_535] {
            let mut agent = agent();
            let (replies, events, closed) = ask_over_tcp(&mut agent, &bytes, piece);
            let status = |reply: &String| match reply[8..11].parse().unwrap() {
                100 => Invited,
                status => Status(status),
            };
            let got: Vec<Reaction> = replies.iter().map(status).collect();
            assert_eq!(
                (got, closed),
                (expected.clone(), close),
                "{name} by {piece}"
            );
            let invited = expected.iter().filter(|one| **one == Invited).count();
            let registered = |event: &&Event| matches!(event, Event::Registered(_));
            let others = events.len() - events.iter().filter(registered).count();
            assert_eq!(others, invited, "{name}");
            // The agent still serves another connection.
            let options = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP c;branch=z9hG4bKo\r\n\
                           From: <sip:c@d>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: o\r\n\
                           CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
            let peer = "192.0.2.78:5099".parse().unwrap();
            let other = ConnectionId::Theirs(2);
            agent.handle_connection(Instant(0), other, opened(peer));
            let bytes = options.as_bytes().to_vec();
            agent.handle_connection(Instant(0), other, ConnectionEvent::Received { bytes });
            let Some(Output::Connection {
                connection,
                order: ConnectionOrder::Send(reply),
            }) = agent.poll_output()
            else {
                panic!("{name}: no answer to OPTIONS");
            };
            assert_eq!(connection, other);
            assert!(reply.starts_with(b"SIP/2.0 200 "), "{name}");
        }
    }
}

#[test]
fn broken_request_without_a_via_is_dropped() {
    let text = "OPTIONS sip:room@192.0.2.1 SIP/2.0\r\nFrom: <sip:a@192.0.2.7>;tag=a\r\n\
                To: <sip:room@192.0.2.1>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";
    assert_eq!(parse(text.as_bytes()), Err(Unreadable::Dropped("no Via")));
    assert_eq!(reaction(text.as_bytes()), Dropped);
}

#[test]
fn what_is_shorter_than_it_says_is_waited_for_and_then_closed() {
    let mut agent = agent();
    let (replies, _, closed) = ask_over_tcp(&mut agent, &read("rfc4475/clerr.dat"), 100);
    assert_eq!((replies.len(), closed), (0, false));
    let at = agent.next_deadline().unwrap();
    assert_eq!(at, Instant(0) + Duration::from_secs(10));
    agent.handle_deadline(at);
    let (replies, events, closed) = heard(&mut agent);
    assert_eq!((replies.len(), events.len(), closed), (0, 0, true));
}

#[test]
fn no_message_is_forgotten() {
    for set in ["rfc4475", "rfc5118"] {
        for entry in fs::read_dir(folder().join(set)).unwrap() {
            let name = format!("{set}/{}", entry.unwrap().file_name().to_str().unwrap());
            assert!(REACTIONS.iter().any(|(known, _)| *known == name), "{name}");
        }
    }
}

#[test]
fn a_refusal_names_what_is_wrong() {
    for (name, words) in [
        ("rfc4475/insuf.dat", "400 Missing From"),
        ("rfc4475/badinv01.dat", "400 Bad Via"),
        ("rfc4475/quotbal.dat", "400 Bad To"),
        ("rfc4475/clerr.dat", "400 Bad Content-Length"),
        ("rfc4475/multi01.dat", "400 More Than One"),
        ("rfc4475/lwsruri.dat", "400 Bad Request Line"),
        ("rfc4475/escruri.dat", "400 Bad Request-URI"),
        ("rfc4475/scalar02.dat", "400 Bad CSeq"),
        ("rfc4475/badvers.dat", "505 Version Not Supported"),
    ] {
        let (replies, _) = ask(&mut agent(), &read(name));
        assert!(
            replies[0].starts_with(&format!("SIP/2.0 {words}")),
            "{name}: {replies:?}"
        );
    }
    let has = |name: &str, line: &str| {
        let (replies, _) = ask(&mut agent(), &read(name));
        assert!(
            replies[0].contains(&format!("\r\n{line}\r\n")),
            "{name}: {replies:?}"
        );
    };
    has(
        "rfc4475/bext01.dat",
        "Unsupported: nothingSupportsThis, nothingSupportsThisEither",
    );
    has("rfc4475/invut.dat", "Accept: application/sdp");
    let allow = "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER";
    has("rfc4475/esc02.dat", allow);
    has("rfc4475/mpart01.dat", allow);
    has("rfc4475/zeromf.dat", allow);
    has("rfc4475/zeromf.dat", "Accept: application/sdp");
}

/// Returns the Contacts of the 200.
fn registered(name: &str) -> Vec<String> {
    let (replies, _) = ask(&mut agent(), &read(name));
    assert!(replies[0].starts_with("SIP/2.0 200 "), "{replies:?}");
    let contacts = replies[0]
        .lines()
        .filter_map(|line| line.strip_prefix("Contact: "));
    contacts.map(str::to_owned).collect()
}

#[test]
fn a_registration_is_what_was_written() {
    for (name, contacts) in [
        (
            "rfc4475/escnull.dat",
            &[
                "<sip:%00@host5.example.com>;expires=3600",
                "<sip:%00%00@host5.example.com>;expires=3600",
            ][..],
        ),
        // The parameter belongs to the header here, and to the URI there.
        (
            "rfc4475/cparam01.dat",
            &["<sip:+19725552222@gw1.example.net>;unknownparam;expires=3600"],
        ),
        (
            "rfc4475/cparam02.dat",
            &["<sip:+19725552222@gw1.example.net;unknownparam>;expires=3600"],
        ),
        (
            "rfc4475/dblreq.dat",
            &["<sip:j.user@host.example.com>;expires=3600"],
        ),
        (
            "rfc5118/ipv6-good",
            &["<sip:caller@[2001:db8::1]>;expires=3600"],
        ),
        // Query without a Contact.
        ("rfc4475/regaut01.dat", &[]),
    ] {
        assert_eq!(registered(name), contacts, "{name}");
    }
}

#[test]
fn a_guarded_registrar_challenges_in_no_more_bytes_than_it_was_asked() {
    let mut agent = agent();
    agent.guard(Access {
        open: false,
        trunks: vec![Trunk {
            name: "phones".into(),
            networks: Vec::new(),
            account: Some(Account {
                user: "j.user".into(),
                password: Secret("pass".into()),
            }),
            gateway: None,
            srtp: None,
            nat: confab_sip::Nat::Auto,
            identity: Default::default(),
        }],
    });
    let mut answered: Vec<(&str, u16)> = Vec::new();
    for (name, _) in REACTIONS {
        let bytes = read(name);
        let (replies, events) = ask(&mut agent, &bytes);
        assert!(events.is_empty() && replies.len() <= 1, "{name}");
        let Some(reply) = replies.first() else {
            continue;
        };
        assert!(reply.len() <= bytes.len(), "{name}: {reply}");
        answered.push((name, reply[8..11].parse().unwrap()));
    }
    assert_eq!(answered, ANSWERED_TO_STRANGERS);
    let (replies, _) = ask(&mut agent, &read("rfc4475/regaut01.dat"));
    let challenge = "\r\nWWW-Authenticate:Digest realm=\"confab\",nonce=\"";
    assert!(replies[0].contains(challenge), "{replies:?}");
    assert_eq!(agent.leftovers(), (0, 0, 0));
}

#[test]
fn escapes_are_undone_once_and_late() {
    let (_, events) = ask(&mut agent(), &read("rfc4475/esc01.dat"));
    let Event::Invited {
        from,
        to,
        to_user,
        to_host,
        ..
    } = &events[0]
    else {
        panic!("{events:?}");
    };
    assert_eq!(to_user, "sips:user@example.com");
    assert_eq!(to_host, "example.net");
    assert_eq!(to, "sip:sips%3Auser%40example.com@example.net");
    assert_eq!(from, "sip:I%20have%20spaces@example.net");
}

#[test]
fn quotes_and_odd_characters_survive() {
    let Ok(Message::Request(request)) = parse(&read("rfc4475/intmeth.dat")) else {
        panic!("refused");
    };
    assert_eq!(
        request.to.name.as_deref(),
        Some("BEL:\u{7} NUL:\0 DEL:\u{7f}")
    );
    assert_eq!(request.cseq, 139_122_385);
    let Ok(Message::Request(request)) = parse(&read("rfc4475/wsinv.dat")) else {
        panic!("refused");
    };
    assert_eq!(request.from.name.as_deref(), Some("J Rosenberg \\\""));
    assert_eq!(request.from.tag(), Some("98asjd8"));
    assert_eq!((request.cseq, request.vias.len()), (9, 3));
    assert_eq!(
        request.headers.text("NewFangledHeader").as_deref(),
        Some("newfangled value continued newfangled value")
    );
}

#[test]
fn two_requests_without_a_branch_of_their_own_are_two() {
    let first = String::from_utf8(read("rfc4475/inv2543.dat")).unwrap();
    let second = first.replace("inv2543.1717", "inv2543.1718");
    let mut agent = agent();
    for text in [&first, &second] {
        let (_, events) = ask(&mut agent, text.as_bytes());
        assert!(matches!(events[..], [Event::Invited { .. }]), "{events:?}");
    }
    // The identical request is a retransmission.
    let (replies, events) = ask(&mut agent, first.as_bytes());
    assert_eq!((replies.len(), events.len()), (1, 0));
}
