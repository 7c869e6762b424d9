//! Public listener: trunks are accepted and audible, all others are rejected. Each test runs in a
//! network namespace with addresses of the documentation ranges.

use std::net::UdpSocket;
use std::time::Duration;

use anyhow::{Context as _, Result};
use confab_conformance::api::Api;
use confab_conformance::caller::{Call, Caller};
use confab_conformance::namespace::alone_with;
use confab_conformance::party::{TONES, heard, settle};
use confab_conformance::server::{Server, pause};
use confab_phone::{machine, now};
use confab_terms::Instant;

const SERVER: &str = "192.0.2.10";
const TRUNK: [&str; 2] = ["198.51.100.7", "198.51.100.8"];
const STRANGER: &str = "203.0.113.9";
const ADDRESSES: [&str; 4] = [SERVER, TRUNK[0], TRUNK[1], STRANGER];
const PATIENCE: Duration = Duration::from_millis(500);

fn start(more: &[(&str, &str)]) -> Result<Server> {
    let listen = format!("{SERVER}:5060");
    let mut environment = vec![("CONFAB_SIP_LISTEN", listen.as_str())];
    environment.extend_from_slice(more);
    let mut server = Server::start(&environment)?;
    server.sip = listen;
    Ok(server)
}

fn call<'a>(from: &'a str, server: &'a Server, hz: f64) -> Call<'a> {
    Call {
        from,
        server: &server.sip,
        room: "trunks",
        hz,
        account: None,
        stays_ms: 6_000,
    }
}

/// Checks that both callers receive each other's tone.
fn hear_each_other(one: &Caller, other: &Caller) -> Result<()> {
    settle();
    let window = Duration::from_millis(600);
    let wait = |_, to: Instant| {
        pause(to.saturating_since(now()));
        Ok::<(), anyhow::Error>(())
    };
    let (from, _) = machine::in_time(window, wait)?;
    for (ear, voice, name) in [(&one.ear, TONES[1], "other"), (&other.ear, TONES[0], "one")] {
        let names = heard("a trunk's caller", &ear.since(from), &[(name, voice)])?;
        assert_eq!(names, [name]);
    }
    Ok(())
}

/// Sends datagrams from a stranger; returns the responses to each.
fn ask_all(from: &str, requests: &[String]) -> Result<Vec<Vec<String>>> {
    let socket = UdpSocket::bind((from, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut all = Vec::new();
    for request in requests {
        socket.send_to(request.as_bytes(), (SERVER, 5060))?;
        let mut replies = Vec::new();
        let mut bytes = [0; 4_096];
        while let Ok(length) = socket.recv(&mut bytes) {
            replies.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
        }
        all.push(replies);
    }
    Ok(all)
}

fn scan(method: &str, user: &str, n: usize) -> String {
    format!(
        "{method} sip:{user}@{SERVER} SIP/2.0\r\nVia: SIP/2.0/UDP {STRANGER}:5060;\
         branch=z9hG4bKscan{n:04};rport\r\nMax-Forwards: 70\r\nFrom: <sip:{user}@{SERVER}>;\
         tag=scan{n:04}\r\nTo: <sip:{user}@{SERVER}>\r\nCall-ID: scan{n:04}@{STRANGER}\r\n\
         CSeq: 1 {method}\r\nContact: <sip:{user}@{STRANGER}:5060>\r\nUser-Agent: a-scanner\r\n\
         Accept: application/sdp\r\nContent-Length: 0\r\n\r\n"
    )
}

#[test]
fn a_trunk_gets_in_by_its_network_and_a_stranger_gets_nothing() {
    const NAME: &str = "trunks::a_trunk_gets_in_by_its_network_and_a_stranger_gets_nothing";
    let inside = || {
        let server = start(&[("CONFAB_TRUNK_NETWORKS", "198.51.100.0/24")])?;
        let api = Api::new(&server)?;
        let stranger = Caller::start(&call(STRANGER, &server, TONES[2]))?;
        let one = Caller::start(&call(TRUNK[0], &server, TONES[0]))?;
        let other = Caller::start(&call(TRUNK[1], &server, TONES[1]))?;
        api.seated("trunks", 2)?;
        hear_each_other(&one, &other)?;
        let methods = ["INVITE", "REGISTER", "OPTIONS", "BYE", "CANCEL", "NONSENSE"];
        let asked: Vec<String> = (0..)
            .zip(methods)
            .map(|(n, m)| scan(m, "trunks", n))
            .collect();
        for (asked, replies) in asked.iter().zip(ask_all(STRANGER, &asked)?) {
            assert!(replies.is_empty(), "{asked}\n{replies:?}");
        }
        for caller in [one, other] {
            let (status, log) = caller.wait()?;
            assert!(status.success(), "{log}");
        }
        assert!(!stranger.log().contains("SIP/2.0 "), "{}", stranger.log());
        let calls = api.get("/Calls.json")?.json;
        assert_eq!(calls["calls"].as_array().map(Vec::len), Some(2), "{calls}");
        Ok(())
    };
    alone_with(NAME, &ADDRESSES, inside).unwrap();
}

/// Replaces the parts of a response that differ by nature, so that a scanner's view can be
/// compared.
fn plain(reply: &str, user: &str) -> String {
    let mut plain = reply.replace(user, "USER");
    for (from, to) in [
        ("nonce=\"", "\""),
        ("rport=", "\r"),
        (";tag=", "\r"),
        ("branch=", ";"),
        ("scan", "@"),
    ] {
        let mut at = 0;
        while let Some(found) = plain[at..].find(from) {
            let begin = at + found + from.len();
            let Some(length) = plain[begin..].find(to) else {
                break;
            };
            plain.replace_range(begin..begin + length, "");
            at = begin;
        }
    }
    plain
}

#[test]
fn a_password_gets_in_from_anywhere_and_a_scanner_learns_nothing() {
    const NAME: &str = "trunks::a_password_gets_in_from_anywhere_and_a_scanner_learns_nothing";
    let inside = || {
        let server = start(&[
            ("CONFAB_TRUNK_USER", "anna"),
            ("CONFAB_TRUNK_PASSWORD", "pass"),
        ])?;
        let api = Api::new(&server)?;
        let account = |password| Some(("anna", password));
        let with = |from, hz, password| Call {
            account: account(password),
            ..call(from, &server, hz)
        };
        let one = Caller::start(&with(TRUNK[0], TONES[0], "pass"))?;
        let other = Caller::start(&with(TRUNK[1], TONES[1], "pass"))?;
        let seated = api.seated("trunks", 2);
        seated.with_context(|| format!("{}\n{}", one.log(), server.log()))?;
        hear_each_other(&one, &other)?;
        for caller in [one, other] {
            let (status, log) = caller.wait()?;
            assert!(status.success(), "{log}");
        }
        let wrong = Caller::start(&with(TRUNK[0], TONES[0], "guess"))?;
        let (status, log) = wrong.wait()?;
        assert!(!status.success(), "{log}");
        // Existing and non-existing extensions, with three methods.
        let mut told = Vec::new();
        for (n, method) in (0..).zip(["REGISTER", "INVITE", "OPTIONS"]) {
            for (m, user) in (0..).zip(["anna", "none", "1000", "admin"]) {
                let request = scan(method, user, 10 * n + m);
                let replies = ask_all(STRANGER, std::slice::from_ref(&request))?.remove(0);
                assert_eq!(replies.len(), 1, "{request}");
                assert!(replies[0].starts_with("SIP/2.0 401 "), "{}", replies[0]);
                assert!(replies[0].len() <= request.len(), "{}", replies[0]);
                told.push((method, plain(&replies[0], user)));
            }
        }
        for (method, reply) in &told {
            let first = told.iter().find(|(known, _)| known == method);
            assert_eq!(Some(reply), first.map(|(_, reply)| reply));
        }
        let calls = api.get("/Calls.json")?.json;
        assert_eq!(calls["calls"].as_array().map(Vec::len), Some(2), "{calls}");
        Ok(())
    };
    alone_with(NAME, &ADDRESSES, inside).unwrap();
}

/// Waits until a call has this status.
fn wait_for_status(api: &Api, call: &serde_json::Value, status: &str) -> Result<()> {
    let path = format!("/Calls/{}.json", call["sid"].as_str().unwrap_or_default());
    for _ in 0..50 {
        if api.get(&path)?.json["status"] == status {
            return Ok(());
        }
        pause(Duration::from_millis(100));
    }
    anyhow::bail!("{status}: {}", api.get(&path)?.json)
}

#[test]
fn a_call_of_ours_goes_through_the_trunk_with_its_password() {
    const NAME: &str = "trunks::a_call_of_ours_goes_through_the_trunk_with_its_password";
    let inside = || {
        let carrier = start(&[
            ("CONFAB_TRUNK_USER", "anna"),
            ("CONFAB_TRUNK_PASSWORD", "pass"),
        ])?;
        let there = Api::new(&carrier)?;
        let ours = |password| {
            let listen = format!("{}:5060", TRUNK[0]);
            Server::start(&[
                ("CONFAB_SIP_LISTEN", &listen),
                ("CONFAB_TRUNK_ADDRESS", SERVER),
                ("CONFAB_TRUNK_USER", "anna"),
                ("CONFAB_TRUNK_PASSWORD", password),
            ])
        };
        let call = [
            ("To", "+15551234567"),
            ("From", "+15557654321"),
            (
                "Twiml",
                "<Response><Dial><Conference>out</Conference></Dial></Response>",
            ),
        ];
        let mut server = ours("pass")?;
        let here = Api::new(&server)?;
        let made = here.post("/Calls.json", &call)?;
        assert_eq!(made.status, 200, "{}", made.json);
        assert_eq!(made.json["status"], "queued", "{}", made.json);
        assert_eq!(made.json["direction"], "outbound", "{}", made.json);
        let seated = here.seated("out", 1);
        seated.with_context(|| format!("{}\n{}", server.log(), carrier.log()))?;
        let theirs = there.get("/Calls.json")?.json["calls"][0].clone();
        assert_eq!(theirs["status"], "in-progress", "{theirs}");
        assert_eq!(
            theirs["to"],
            format!("sip:+15551234567@{SERVER}"),
            "{theirs}"
        );
        assert_eq!(
            theirs["from"],
            format!("sip:+15557654321@{}", TRUNK[0]),
            "{theirs}"
        );
        // The trunk accepts the server's BYE too.
        let path = format!("/Calls/{}.json", made.json["sid"].as_str().unwrap_or(""));
        assert_eq!(here.post(&path, &[("Status", "completed")])?.status, 200);
        wait_for_status(&there, &theirs, "completed")?;
        assert!(server.terminate()?.success());

        let server = ours("wrong")?;
        let here = Api::new(&server)?;
        let made = here.post("/Calls.json", &call)?;
        wait_for_status(&here, &made.json, "failed")?;
        let notices = here.get("/Notifications.json")?.json.to_string();
        assert!(notices.contains("refused the call with 401"), "{notices}");
        let nobody = [("To", "sip:x@example.com"), call[1], call[2]];
        let refused = here.post("/Calls.json", &nobody)?;
        assert_eq!(
            (refused.status, &refused.json["code"]),
            (422, &21_211.into())
        );
        Ok(())
    };
    alone_with(NAME, &ADDRESSES, inside).unwrap();
}
