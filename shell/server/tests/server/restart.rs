//! Kill during a conference, and the next start: checked with the API and with a real receiver of
//! webhooks.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use confab_phone::{Phone, PhoneConfig, Phones, Voice};
use confab_sockets::{now, sleep_until};

use crate::process::{Folder, Server, command};

const PATIENCE: Duration = Duration::from_secs(5);

type Fields = BTreeMap<String, String>;

/// Application that answers every call with the same document, and keeps each event.
struct Receiver {
    at: SocketAddr,
    events: Arc<Mutex<Vec<Fields>>>,
}

impl Receiver {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let events = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&events);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || serve(stream, at, &kept));
            }
        });
        Self { at, events }
    }

    fn events(&self) -> Vec<Fields> {
        self.events.lock().unwrap().clone()
    }

    /// Returns names, numbers and reasons of the conference's events.
    fn of_conference(&self) -> Vec<(String, u64, String)> {
        let events = self.events();
        let events = events.iter().filter(|e| e.contains_key("EventName"));
        events
            .map(|event| {
                let reason = event.get("ReasonParticipantLeft");
                let reason = reason.or(event.get("ReasonConferenceEnded"));
                let number = event["SequenceNumber"].parse().unwrap();
                let reason = reason.cloned().unwrap_or_default();
                (event["EventName"].clone(), number, reason)
            })
            .collect()
    }

    fn ends_of_calls(&self) -> Vec<Fields> {
        let mut events = self.events();
        events.retain(|event| event.contains_key("CallDuration"));
        events
    }

    fn wait_for(&self, what: &str, is_there: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_there(self) {
            let events = self.events();
            assert!(begun.elapsed() < 2 * PATIENCE, "no {what} in {events:#?}");
            sleep_until(now() + Duration::from_millis(20));
        }
    }
}

fn serve(mut stream: TcpStream, at: SocketAddr, kept: &Mutex<Vec<Fields>>) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    let whole = loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                break (head.to_owned(), body.to_owned());
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
        }
    };
    let (head, body) = whole;
    let is_voice = head.starts_with("POST /voice");
    let document = format!(
        "<Response><Dial><Conference statusCallback=\"http://{at}/events\" \
         statusCallbackEvent=\"start end join leave mute\">Room</Conference></Dial></Response>"
    );
    if !is_voice {
        let fields = url::form_urlencoded::parse(body.as_bytes());
        kept.lock().unwrap().push(fields.into_owned().collect());
    }
    let answer = if is_voice { document.as_str() } else { "" };
    let _gone = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\nConnection: close\r\n\
         \r\n{answer}",
        answer.len()
    );
}

fn start(folder: &Folder, receiver: &Receiver, drain_seconds: &str) -> Server {
    Server::from(&mut started(folder, receiver, drain_seconds))
}

fn started(folder: &Folder, receiver: &Receiver, drain_seconds: &str) -> Command {
    let url = |path: &str| format!("http://{}/{path}", receiver.at);
    let mut command = command(folder);
    command
        .env("CONFAB_VOICE_URL", url("voice"))
        .env("CONFAB_STATUS_CALLBACK_URL", url("calls"))
        .env(
            "CONFAB_STATUS_CALLBACK_EVENTS",
            "initiated,answered,completed",
        )
        .env("CONFAB_DRAIN_SECONDS", drain_seconds);
    command
}

fn call(phones: &Phones, server: &Server, hz: f64) -> Phone {
    let voice = Voice::Tone { hz, dbfs: -20.0 };
    let config = PhoneConfig::new(server.sip, "x", &format!("tone{hz}")).saying(voice);
    let phone = phones.call(&config).unwrap();
    phone.wait_until_talking(PATIENCE).unwrap();
    phone
}

/// Calls a conference with two phones, the first muted; returns the path of the conference and the
/// CallSids.
fn talk(
    phones: &Phones,
    server: &Server,
    receiver: &Receiver,
) -> ([Phone; 2], String, [String; 2]) {
    let pair = [call(phones, server, 600.0), call(phones, server, 1_000.0)];
    receiver.wait_for("conference-start", |receiver| {
        let events = receiver.of_conference();
        events.iter().any(|(name, ..)| name == "conference-start")
    });
    let (_, list) = server.ask("GET", "Conferences.json?Status=in-progress", "");
    let conference = list["conferences"][0]["sid"].as_str().unwrap();
    let path = format!("Conferences/{conference}");
    let (_, list) = server.ask("GET", &format!("{path}/Participants"), "");
    let sid = |n: usize| {
        list["participants"][n]["call_sid"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let calls = [sid(0), sid(1)];
    let first = format!("{path}/Participants/{}", calls[0]);
    assert_eq!(server.ask("POST", &first, "Muted=true").0, 200);
    receiver.wait_for("participant-mute", |receiver| {
        receiver.of_conference().len() == 4
    });
    (pair, path, calls)
}

fn ended(name: &str, number: u64, reason: &str) -> (String, u64, String) {
    (name.to_owned(), number, reason.to_owned())
}

#[test]
fn kill_closes_calls_and_conferences_with_their_webhooks_at_the_next_start() {
    let (folder, receiver) = (Folder::new(), Receiver::new());
    let phones = Phones::new().unwrap();
    let mut server = start(&folder, &receiver, "0");
    let (_phones, path, calls) = talk(&phones, &server, &receiver);
    let talked = Duration::from_secs(12);
    sleep_until(now() + talked);
    server.kill();
    assert!(receiver.ends_of_calls().is_empty());

    let server = start(&folder, &receiver, "0");
    for call in &calls {
        let (status, call) = server.ask("GET", &format!("Calls/{call}"), "");
        assert_eq!(
            (status, &call["status"]),
            (200, &"completed".into()),
            "{call}"
        );
        assert!(call["end_time"].is_string(), "{call}");
        let seconds = call["duration"].as_i64().unwrap();
        assert!((2..=13).contains(&seconds), "within 10 s of 12: {call}");
    }
    let (status, conference) = server.ask("GET", &path, "");
    assert_eq!((status, &conference["status"]), (200, &"completed".into()));
    let (_, list) = server.ask("GET", "Calls", "");
    assert_eq!(list["calls"].as_array().unwrap().len(), 2, "each once");
    let (_, list) = server.ask("GET", "Conferences?Status=in-progress", "");
    assert_eq!(list["conferences"].as_array().unwrap().len(), 0);

    receiver.wait_for("end of both calls", |receiver| {
        receiver.ends_of_calls().len() == 2
    });
    receiver.wait_for("conference-end", |receiver| {
        receiver.of_conference().len() == 7
    });
    let events = receiver.of_conference();
    let expected = [
        ended("participant-leave", 5, "server_restarted"),
        ended("participant-leave", 6, "server_restarted"),
        ended("conference-end", 7, "server-restarted"),
    ];
    assert_eq!(events[4..], expected);
    let leave = receiver.events();
    let leave = leave
        .iter()
        .find(|e| e.get("SequenceNumber").is_some_and(|n| n == "5"));
    assert_eq!(leave.unwrap()["Muted"], "true");
    for end in receiver.ends_of_calls() {
        assert_eq!(
            (&*end["CallStatus"], &*end["SequenceNumber"]),
            ("completed", "2")
        );
        let seconds: i64 = end["CallDuration"].parse().unwrap();
        assert!((2..=13).contains(&seconds), "{end:?}");
    }

    // Sent only once. Delivered events leave the outbox within milliseconds.
    sleep_until(now() + Duration::from_millis(500));
    drop(server);
    let seen = receiver.events().len();
    let server = start(&folder, &receiver, "0");
    assert_eq!(server.ask("GET", &path, "").0, 200);
    sleep_until(now() + Duration::from_millis(500));
    assert_eq!(receiver.events().len(), seen);
}

/// Starts a server as `start` does, and kills it after a time, in any state.
fn kill_during_start(folder: &Folder, receiver: &Receiver, account: &str, after: Duration) {
    let mut command = started(folder, receiver, "0");
    command.env("CONFAB_ACCOUNT_SID", account);
    let mut child = command.env("CONFAB_AUTH_TOKEN", "secret").spawn().unwrap();
    sleep_until(now() + after);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn kills_during_the_start_lose_no_event_and_send_none_under_another_number() {
    let (folder, receiver) = (Folder::new(), Receiver::new());
    let phones = Phones::new().unwrap();
    let mut server = start(&folder, &receiver, "0");
    let (_phones, path, calls) = talk(&phones, &server, &receiver);
    // The rows are written within milliseconds.
    sleep_until(now() + Duration::from_millis(300));
    server.kill();
    for milliseconds in [5, 20, 40, 60, 80, 110, 150, 200, 300, 450] {
        let after = Duration::from_millis(milliseconds);
        kill_during_start(&folder, &receiver, &server.account, after);
    }
    let server = start(&folder, &receiver, "0");
    let expected = [
        ended("participant-leave", 5, "server_restarted"),
        ended("participant-leave", 6, "server_restarted"),
        ended("conference-end", 7, "server-restarted"),
    ];
    receiver.wait_for("conference-end", |receiver| {
        let events = receiver.of_conference();
        expected.iter().all(|event| events.contains(event))
    });
    receiver.wait_for("end of both calls", |receiver| {
        let ends = receiver.ends_of_calls();
        calls
            .iter()
            .all(|call| ends.iter().any(|end| end["CallSid"] == *call))
    });
    // An event may arrive twice, but with equal content.
    let mut events = receiver.of_conference();
    events.sort_by_key(|(_, number, _)| *number);
    events.dedup();
    assert_eq!(events.len(), 7, "{events:#?}");
    assert_eq!(events[4..], expected);
    for call in &calls {
        let mut ends = receiver.ends_of_calls();
        ends.retain(|end| end["CallSid"] == *call);
        ends.dedup();
        assert_eq!(ends.len(), 1, "{ends:#?}");
    }
    let (_, list) = server.ask("GET", "Calls", "");
    assert_eq!(list["calls"].as_array().unwrap().len(), 2, "each once");
    assert_eq!(server.ask("GET", &path, "").1["status"], "completed");
}

#[test]
fn sigterm_names_the_shutdown_as_the_reason() {
    let (folder, receiver) = (Folder::new(), Receiver::new());
    let phones = Phones::new().unwrap();
    let mut server = start(&folder, &receiver, "0");
    let (_phones, path, calls) = talk(&phones, &server, &receiver);
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    let expected = [
        ended("participant-leave", 5, "server_shutdown"),
        ended("participant-leave", 6, "server_shutdown"),
        ended("conference-end", 7, "server-shutdown"),
    ];
    assert_eq!(receiver.of_conference()[4..], expected);
    assert_eq!(receiver.ends_of_calls().len(), 2);
    let seen = receiver.events().len();
    let server = start(&folder, &receiver, "0");
    let (_, call) = server.ask("GET", &format!("Calls/{}", calls[1]), "");
    assert_eq!(call["status"], "completed");
    assert_eq!(server.ask("GET", &path, "").1["status"], "completed");
    sleep_until(now() + Duration::from_millis(500));
    assert_eq!(receiver.events().len(), seen, "nothing is left to close");
}

#[test]
fn registered_phone_is_called_after_a_kill_without_registering_again() {
    let (folder, receiver) = (Folder::new(), Receiver::new());
    let mut server = start(&folder, &receiver, "0");
    let phone = UdpSocket::bind("127.0.0.1:0").unwrap();
    phone.set_read_timeout(Some(PATIENCE)).unwrap();
    let at = phone.local_addr().unwrap();
    let receive = || {
        let mut buffer = [0; 65_536];
        let (length, _) = phone.recv_from(&mut buffer).expect("a message");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    // Behind a NAT: the address in the Contact cannot be reached.
    let register = format!(
        "REGISTER sip:{sip} SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bKr;rport\r\n\
         From: <sip:anna@{sip}>;tag=1\r\nTo: <sip:anna@{sip}>\r\nCall-ID: r\r\n\
         CSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:anna@10.9.9.9:5060>\r\n\
         Expires: 600\r\nContent-Length: 0\r\n\r\n",
        sip = server.sip
    );
    phone.send_to(register.as_bytes(), server.sip).unwrap();
    assert!(receive().starts_with("SIP/2.0 200 "));
    // The row is written within milliseconds.
    sleep_until(now() + Duration::from_millis(300));
    server.kill();
    let server = start(&folder, &receiver, "0");
    let form = format!(
        "To=sip%3Aanna%40{}&From=sip%3Aboris%40example.com&Url=http%3A%2F%2F{}%2Fvoice",
        server.sip, receiver.at
    );
    let (status, call) = server.ask("POST", "Calls", &form);
    assert_eq!(status, 200, "{call}");
    let invite = loop {
        let message = receive();
        if message.starts_with("INVITE ") {
            break message;
        }
    };
    assert!(
        invite.starts_with("INVITE sip:anna@10.9.9.9:5060 "),
        "{invite}"
    );
    assert_eq!(phone.local_addr().unwrap(), at);
}
