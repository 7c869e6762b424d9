//! A listener that strangers can reach: who is a trunk gets in and is heard, nobody else does.
//! Each of these runs in a network of its own, with addresses of the documentation ranges.

use std::net::UdpSocket;
use std::time::Duration;

use anyhow::Result;
use confab_conformance::api::Api;
use confab_conformance::caller::{Call, Caller};
use confab_conformance::namespace::alone_with;
use confab_conformance::party::{TONES, heard, settle};
use confab_conformance::server::{Server, pause};
use confab_phone::now;

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
        stays_ms: 2_500,
    }
}

/// What each of the two hears of the other's voice.
fn hear_each_other(one: &Caller, other: &Caller) -> Result<()> {
    settle();
    let from = now();
    pause(Duration::from_millis(600));
    for (ear, voice, name) in [(&one.ear, TONES[1], "other"), (&other.ear, TONES[0], "one")] {
        let names = heard("a trunk's caller", &ear.since(from), &[(name, voice)])?;
        assert_eq!(names, [name]);
    }
    Ok(())
}

/// What comes back for so many datagrams from a stranger, in the order of asking.
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
