//! Log entries of calls and conferences, as JSON; and their absence: no query and no password of
//! any URL is logged.

use std::time::{Duration, Instant};

use confab_conformance::application::Application;
use confab_conformance::server::{Server, pause};
use confab_phone::{Phone, PhoneConfig, Phones};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(8);

fn call(phones: &Phones, server: &Server, from: &str) -> Phone {
    let config = PhoneConfig::new(server.sip.parse().unwrap(), "support", from);
    let phone = phones.call(&config).unwrap();
    phone.wait_until_talking(PATIENCE).unwrap();
    phone
}

/// Returns the entries of the log, each an object.
fn entries(server: &Server) -> Vec<Value> {
    let log = server.log();
    let lines = log.lines().filter(|line| line.starts_with('{'));
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Waits for a number of entries with this message.
fn wait_for(server: &Server, message: &str, count: usize) {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = entries(server)
            .iter()
            .filter(|e| e["message"] == message)
            .count();
        if found >= count {
            return;
        }
        assert!(
            Instant::now() < until,
            "{message}: {found} of {count}\n{}",
            server.log()
        );
        pause(Duration::from_millis(20));
    }
}

#[test]
fn calls_and_conferences_are_told_of_from_beginning_to_end() {
    let app = Application::start().unwrap();
    app.serve(
        "/voice",
        "text/xml",
        "<Response><Dial><Conference>evil \"name\"</Conference></Dial></Response>",
    );
    let server = Server::start(&[
        ("CONFAB_VOICE_URL", &app.url("/voice")),
        ("CONFAB_LOG_FORMAT", "json"),
    ])
    .unwrap();
    let phones = Phones::new().unwrap();
    let (anna, boris) = (
        call(&phones, &server, "anna"),
        call(&phones, &server, "boris"),
    );
    wait_for(&server, "a conference started", 1);
    anna.hang_up().unwrap();
    wait_for(&server, "a call ended", 1);
    boris.hang_up().unwrap();
    wait_for(&server, "a call ended", 2);
    let entries = entries(&server);
    let of = |message: &str| -> Vec<&Value> {
        entries
            .iter()
            .filter(|entry| entry["message"] == message)
            .collect()
    };
    let answered = of("a call was answered");
    assert_eq!(answered.len(), 2);
    assert_eq!(answered[0]["from"], "sip:anna@127.0.0.1");
    let source = answered[0]["source"].as_str().unwrap();
    assert!(source.starts_with("127.0.0.1:"), "{source}");
    let sid = answered[0]["call"].clone();
    let started = of("a conference started")[0];
    assert_eq!(started["name"], "evil \"name\"");
    let conference = started["conference"].clone();
    // All entries of one call, by its SID.
    let story = entries.iter().filter(|e| e["call"] == sid);
    let story: Vec<_> = story.map(|e| e["message"].as_str().unwrap()).collect();
    assert_eq!(
        story,
        [
            "a call was answered",
            "a call joined",
            "a call left",
            "a call ended"
        ]
    );
    let (joined, left) = (of("a call joined")[0], of("a call left")[0]);
    assert_eq!(
        (&joined["conference"], &left["conference"]),
        (&conference, &conference)
    );
    assert_eq!(left["why"], "HungUp");
    let ended = of("a call ended")[0];
    assert_eq!(
        (&ended["how"], &ended["status"]),
        (&"TheyHungUp".into(), &"Completed".into())
    );
    assert!(ended["seconds"].is_number());
    let over = of("a conference ended")[0];
    assert_eq!(
        (&over["conference"], &over["why"]),
        (&conference, &"LastParticipantLeft".into())
    );
    assert!(entries.iter().all(|entry| entry["level"] != "ERROR"));
}

#[test]
fn no_query_and_no_password_of_a_url_is_ever_logged() {
    const SECRET: &str = "hunter2";
    let app = Application::start().unwrap();
    app.serve("/document", "text/xml", "<Response/>");
    let with = |path: &str| format!("{}?key={SECRET}", app.url(path));
    let user = with("/x.wav").replace("://", &format!("://u:{SECRET}@"));
    let verbs = format!(
        "<Play>{}</Play><Play>{}</Play><Play>{user}</Play>\
         <Dial record=\"{user}\" action=\"{}\"><Conference statusCallback=\"{}\" \
         statusCallbackEvent=\"join\" waitUrl=\"{}\" recordingStatusCallback=\"{user}\" \
         beep=\"{user}\">room</Conference></Dial>",
        with("/document"),
        with("/gone.wav"),
        with("/after"),
        with("/events"),
        with("/wait.wav"),
    );
    app.serve(
        "/voice",
        "text/xml",
        format!("<Response>{verbs}</Response>"),
    );
    for path in ["/gone.wav", "/wait.wav", "/events"] {
        app.refuse(path, 404);
    }
    app.serve(
        "/after",
        "text/xml",
        "<Response><Redirect>ftp://x?key=hunter2</Redirect></Response>",
    );
    let server = Server::start(&[
        ("CONFAB_VOICE_URL", &with("/voice")),
        ("CONFAB_LOG_FORMAT", "json"),
        ("CONFAB_LOG", "debug"),
    ])
    .unwrap();
    let phones = Phones::new().unwrap();
    let phone = call(&phones, &server, "anna");
    wait_for(&server, "a call joined", 1);
    wait_for(&server, "a callback was given up", 1);
    phone.hang_up().unwrap();
    wait_for(&server, "a call ended", 1);
    let log = server.log();
    let told: Vec<_> = log.lines().filter(|line| line.contains(SECRET)).collect();
    assert_eq!(told, [""; 0]);
    let notices = entries(&server);
    let notices = notices.iter().filter(|entry| entry["message"] == "notice");
    assert!(notices.count() >= 5, "{log}");
}
