//! Webhooks with an unavailable receiver: no event is lost at `kill -9`, SIGTERM and restarts, and
//! events of a conference arrive in order. The API retries dead letters.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{Duration, Instant};

use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::party::{TONES, call};
use confab_conformance::ports::free_tcp_port;
use confab_conformance::server::{Server, pause};
use confab_phone::Phones;

const PATIENCE: Duration = Duration::from_secs(30);

/// Server with events to a receiver of their own.
struct Setting {
    voice: Application,
    receiver: String,
    folder: tempfile::TempDir,
    phones: Phones,
}

impl Setting {
    fn new() -> Self {
        let voice = Application::start().unwrap();
        let receiver = format!("127.0.0.1:{}", free_tcp_port().unwrap());
        let document = format!(
            "<Response><Dial><Conference beep=\"false\" statusCallback=\"http://{receiver}/event\" \
             statusCallbackEvent=\"start end join leave mute\">desk</Conference></Dial></Response>"
        );
        voice.serve("/voice", "text/xml", document);
        Self {
            voice,
            receiver,
            folder: tempfile::tempdir().unwrap(),
            phones: Phones::new().unwrap(),
        }
    }

    fn start(&self, more: &[(&str, &str)]) -> Server {
        let (voice, calls) = (
            self.voice.url("/voice"),
            format!("http://{}/call", self.receiver),
        );
        let data = self.folder.path().join("data");
        let mut environment = vec![
            ("CONFAB_VOICE_URL", voice.as_str()),
            ("CONFAB_STATUS_CALLBACK_URL", &calls),
            ("CONFAB_DATA_DIR", data.to_str().unwrap()),
        ];
        environment.extend_from_slice(more);
        Server::start(&environment).unwrap()
    }

    /// Runs a conference of two callers: seven conference events, and two ends of calls.
    fn conference(&self, server: &Server) {
        let anna = call(&self.phones, server, "desk", "anna", TONES[0]).unwrap();
        let boris = call(&self.phones, server, "desk", "boris", TONES[1]).unwrap();
        let api = Api::new(server).unwrap();
        let (conference, seated) = api.seated("desk", 2).unwrap();
        let sid = seated[0]["call_sid"].as_str().unwrap();
        let path = format!("/Conferences/{conference}/Participants/{sid}");
        assert_eq!(api.post(&path, &[("Muted", "true")]).unwrap().status, 200);
        anna.phone.hang_up().unwrap();
        boris.phone.hang_up().unwrap();
        server
            .wait_until_none_of(&["confab_conferences", "confab_calls"], PATIENCE)
            .unwrap();
    }
}

/// Number of events of one `Setting::conference`, including those of its calls.
const EVENTS: usize = 9;

/// Number of events in the outbox.
const WAITING: &str = "confab_webhooks_waiting";

/// Waits until this number of events is in the outbox: the events of a call reach the outbox
/// shortly after the gauges show its end.
fn wait_for_waiting(server: &Server, events: usize) {
    server
        .wait_until_metric(WAITING, events as u64, PATIENCE)
        .unwrap();
}

/// Waits until the receiver has received this number of events, and the outbox is empty.
fn wait_until_delivered(server: &Server, receiver: &Application, events: usize) {
    let until = Instant::now() + PATIENCE;
    while once(&receiver.received()).len() < events && Instant::now() < until {
        pause(Duration::from_millis(20));
    }
    server.wait_until_none_of(&[WAITING], PATIENCE).unwrap();
}

fn kill(server: Server) {
    let pid = server.pid().to_string();
    let killed = Command::new("kill").args(["-9", &pid]).status();
    assert!(killed.unwrap().success());
    drop(server);
}

/// Removes repetitions of an event, which have the same token.
fn once(received: &[Received]) -> Vec<&Received> {
    let mut tokens = BTreeSet::new();
    let first = |one: &&Received| tokens.insert(one.idempotency_token.clone());
    received.iter().filter(first).collect()
}

/// Checks that the events of each conference arrived in order, from 1 to its end, and that the end
/// of each call arrived.
fn nothing_is_missing(receiver: &Application, conferences: usize) {
    let events = receiver.received_at("/event");
    let mut numbers: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for event in once(&events) {
        assert_eq!(event.idempotency_token.len(), 36);
        let number = event.fields["SequenceNumber"].parse().unwrap();
        let sid = event.fields["ConferenceSid"].clone();
        numbers.entry(sid).or_default().push(number);
    }
    assert_eq!(numbers.len(), conferences, "{numbers:?}");
    for (sid, numbers) in numbers {
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7], "{sid}");
    }
    let ends = receiver.received_at("/call");
    let ended: BTreeSet<_> = ends.iter().map(|one| &one.fields["CallSid"]).collect();
    assert_eq!(ended.len(), 2 * conferences);
}

#[test]
fn events_survive_kill_and_sigterm_while_their_receiver_is_away() {
    let setting = Setting::new();
    let server = setting.start(&[]);
    setting.conference(&server);
    wait_for_waiting(&server, EVENTS);
    // Events are stored on the disk within milliseconds.
    pause(Duration::from_millis(500));
    kill(server);

    let mut server = setting.start(&[]);
    let waiting = server.metric(WAITING).unwrap();
    assert_eq!(waiting, EVENTS as u64, "after kill -9");
    setting.conference(&server);
    wait_for_waiting(&server, 2 * EVENTS);
    let begun = Instant::now();
    assert!(server.terminate().unwrap().success());
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(3), "the end took {took:?}");
    assert!(server.log().contains("events stay in the outbox"));
    drop(server);

    let receiver = Application::start_at(&setting.receiver).unwrap();
    for path in ["/event", "/call"] {
        receiver.serve(path, "text/plain", "");
    }
    let server = setting.start(&[]);
    setting.conference(&server);
    wait_until_delivered(&server, &receiver, 3 * EVENTS);
    nothing_is_missing(&receiver, 3);
    let api = Api::new(&server).unwrap();
    let notices = api.get("/Notifications.json").unwrap().json;
    assert_eq!(notices["notifications"].as_array().unwrap().len(), 0);
    // Delivered events are not on the disk: the next start sends nothing.
    let before = receiver.received_count();
    pause(Duration::from_millis(500));
    kill(server);
    let server = setting.start(&[]);
    assert_eq!(server.metric(WAITING).unwrap(), 0);
    assert_eq!(receiver.received_count(), before);
}

#[test]
fn a_receiver_that_returns_gets_its_events_in_order_without_a_restart() {
    let setting = Setting::new();
    let server = setting.start(&[]);
    setting.conference(&server);
    setting.conference(&server);
    pause(Duration::from_secs(3));
    let receiver = Application::start_at(&setting.receiver).unwrap();
    for path in ["/event", "/call"] {
        receiver.serve(path, "text/plain", "");
    }
    wait_until_delivered(&server, &receiver, 2 * EVENTS);
    nothing_is_missing(&receiver, 2);
}

/// Returns the SIDs of the dead letters.
fn dead_letters(api: &Api) -> Vec<String> {
    let page = api.get("/DeadLetters.json?PageSize=1000").unwrap();
    let items = page.json["dead_letters"].as_array().unwrap().clone();
    let sid = |one: &serde_json::Value| one["sid"].as_str().unwrap().to_owned();
    items.iter().map(sid).collect()
}

#[test]
fn events_that_expire_are_dead_letters_which_the_api_sends_again() {
    let setting = Setting::new();
    let lifetime = [("CONFAB_CALLBACK_LIFETIME", "2")];
    let server = setting.start(&lifetime);
    setting.conference(&server);
    let api = Api::new(&server).unwrap();
    let until = Instant::now() + PATIENCE;
    let (mut dead, mut notices) = (Vec::new(), Vec::new());
    while (dead.len(), notices.len()) != (EVENTS, EVENTS) && Instant::now() < until {
        pause(Duration::from_millis(20));
        dead = dead_letters(&api);
        let page = api.get("/Notifications.json").unwrap();
        notices = page.json["notifications"].as_array().unwrap().clone();
    }
    assert_eq!(dead.len(), EVENTS);
    assert_eq!(notices.len(), EVENTS);
    assert!(notices.iter().all(|one| one["error_code"] == "11200"));
    pause(Duration::from_millis(500));
    kill(server);

    let server = setting.start(&[]);
    let api = Api::new(&server).unwrap();
    assert_eq!(dead_letters(&api), dead, "after kill -9");
    let receiver = Application::start_at(&setting.receiver).unwrap();
    for path in ["/event", "/call"] {
        receiver.serve(path, "text/plain", "");
    }
    for sid in &dead {
        let sent = api.post(&format!("/DeadLetters/{sid}.json"), &[]).unwrap();
        assert_eq!(sent.status, 200, "{sent:?}");
        assert_eq!(sent.json["status"], "queued");
    }
    wait_until_delivered(&server, &receiver, EVENTS);
    let mut tokens: Vec<String> = once(&receiver.received())
        .iter()
        .map(|one| one.idempotency_token.clone())
        .collect();
    tokens.sort();
    dead.sort();
    assert_eq!(tokens, dead);
    assert_eq!(dead_letters(&api), Vec::<String>::new());
    let again = api.post(&format!("/DeadLetters/{}", dead[0]), &[]).unwrap();
    assert_eq!(again.status, 404);
}
