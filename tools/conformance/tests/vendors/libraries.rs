//! Requests to the API with npm `twilio`, PyPI `twilio` and PyPI `signalwire`, in each dialect.

use confab_conformance::api::Api;
use confab_conformance::application::Application;
use confab_conformance::party::{Caller, TONES, call, matrix, settle};
use confab_conformance::server::{Dialect, Server};
use confab_conformance::vendors::{Library, Subject, steps};
use confab_phone::Phones;
use confab_phone::heard::wav;
use serde_json::Value;

struct Desk {
    api: Api,
    subject: Subject,
    callers: Vec<Caller>,
    _phones: Phones,
    server: Server,
    _app: Application,
}

fn desk(dialect: Dialect) -> Desk {
    let server = Server::speaking(dialect, &[]).unwrap();
    let app = Application::start().unwrap();
    app.serve("/hold", "audio/wav", wav(&[0; 8_000]));
    let phones = Phones::new().unwrap();
    let api = Api::new(&server).unwrap();
    let mut callers = Vec::new();
    for (name, hz) in ["agent", "customer", "supervisor"].into_iter().zip(TONES) {
        callers.push(call(&phones, &server, "desk", name, hz).unwrap());
        api.seated("desk", callers.len()).unwrap();
    }
    let (conference, seated) = api.seated("desk", 3).unwrap();
    let sid = |n: usize| seated[n]["call_sid"].as_str().unwrap().to_owned();
    let hold_url = app.url("/hold");
    let subject = Subject {
        conference,
        call: sid(2),
        coached: sid(0),
        hold_url,
        filter: "{}".to_owned(),
    };
    Desk {
        api,
        subject,
        callers,
        _phones: phones,
        server,
        _app: app,
    }
}

fn run(dialect: Dialect, library: Library) {
    let desk = desk(dialect);
    let step = |name: &str| -> Value {
        let lines = steps(library, &desk.server, &desk.subject, &[name]).unwrap();
        lines[0]["result"].clone()
    };
    let heard = || {
        settle();
        matrix(&desk.callers.iter().collect::<Vec<_>>(), &[]).unwrap()
    };
    let everybody =
        "agent: customer supervisor\ncustomer: agent supervisor\nsupervisor: agent customer\n";
    step("update");
    assert_eq!(heard(), everybody);
    step("coaching");
    assert_eq!(
        heard(),
        "agent: customer supervisor\ncustomer: agent\nsupervisor: agent customer\n"
    );
    step("monitoring");
    assert_eq!(
        heard(),
        "agent: customer\ncustomer: agent\nsupervisor: agent customer\n"
    );
    step("barge");
    assert_eq!(heard(), everybody);
    step("mute");
    assert_eq!(
        heard(),
        "agent: customer\ncustomer: agent\nsupervisor: agent customer\n"
    );
    step("hold");
    assert_eq!(heard(), "agent: customer\ncustomer: agent\nsupervisor: \n");
    step("unhold");
    assert_eq!(heard(), everybody);

    let fetched = step("fetch");
    let (camel, snake) = (&fetched["callSid"], &fetched["call_sid"]);
    assert!(
        [camel, snake]
            .iter()
            .any(|v| **v == desk.subject.call.as_str()),
        "{fetched}"
    );
    // One participant per page.
    assert_eq!(step("list").as_array().unwrap().len(), 3);
    for name in ["conference", "call", "account"] {
        let text = step(name).to_string();
        let sid = match name {
            "conference" => &desk.subject.conference,
            "call" => &desk.subject.call,
            _ => desk.server.account,
        };
        assert!(text.contains(sid), "{name}: {text}");
    }
    assert_eq!(step("conferences").as_array().unwrap().len(), 1);
    assert_eq!(step("calls").as_array().unwrap().len(), 3);
    assert_eq!(step("notifications").as_array().unwrap().len(), 0);
    let refused = |name: &str| {
        let error = step(name);
        assert!(!error["message"].as_str().unwrap().is_empty(), "{error}");
        (
            error["status"].as_u64().unwrap(),
            error["code"].as_u64().unwrap(),
        )
    };
    let is_twilio = dialect == Dialect::Twilio;
    let invalid = if is_twilio { 400 } else { 422 };
    assert_eq!(refused("wrong"), (invalid, 16_002));
    let unknown = if is_twilio {
        (400, 16_028)
    } else {
        (422, 16_002)
    };
    assert_eq!(refused("unknown"), unknown);
    if is_twilio {
        let held = [("Hold", "true")];
        let conference = &desk.subject.conference;
        let target = format!(
            "/Conferences/{conference}/Participants/{}",
            desk.subject.coached
        );
        desk.api.post(&target, &held).unwrap();
        assert_eq!(refused("held"), (400, 16_027));
        let fetched = step("fetch");
        assert_eq!(fetched["status"], "connected");
        assert!(fetched["label"].is_null(), "{fetched}");
    }
    assert_eq!(step("remove"), true);
    desk.api.seated("desk", 2).unwrap();
    step("end");
    let over = if is_twilio {
        (404, 20_404)
    } else {
        (422, 10_000)
    };
    assert_eq!(refused("late"), over);
    let ended = step("ended");
    assert_eq!(ended["status"], "completed");
    if is_twilio {
        let camel = &ended["reasonConferenceEnded"];
        let snake = &ended["reason_conference_ended"];
        assert!(
            [camel, snake]
                .iter()
                .any(|v| **v == "conference-ended-via-api"),
            "{ended}"
        );
    }
}

#[test]
fn npm_twilio() {
    run(Dialect::SignalWire, Library::NodeTwilio);
}

#[test]
fn npm_twilio_in_its_own_dialect() {
    run(Dialect::Twilio, Library::NodeTwilio);
}

#[test]
fn pypi_twilio() {
    run(Dialect::SignalWire, Library::PythonTwilio);
}

#[test]
fn pypi_twilio_in_its_own_dialect() {
    run(Dialect::Twilio, Library::PythonTwilio);
}

#[test]
fn pypi_signalwire() {
    run(Dialect::SignalWire, Library::PythonSignalwire);
}
