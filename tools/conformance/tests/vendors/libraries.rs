//! The same calls, and the rest of the surface, with npm `twilio`, PyPI `twilio` and PyPI
//! `signalwire`.

use confab_conformance::api::Api;
use confab_conformance::application::Application;
use confab_conformance::party::{Caller, TONES, call, matrix, settle};
use confab_conformance::server::{ACCOUNT, Server};
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

fn desk() -> Desk {
    let server = Server::start(&[]).unwrap();
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

fn run(library: Library) {
    let desk = desk();
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
    // Page by page, one participant each.
    assert_eq!(step("list").as_array().unwrap().len(), 3);
    for name in ["conference", "call", "account"] {
        let text = step(name).to_string();
        let sid = match name {
            "conference" => &desk.subject.conference,
            "call" => &desk.subject.call,
            _ => ACCOUNT,
        };
        assert!(text.contains(sid), "{name}: {text}");
    }
    if library == Library::NodeTwilio {
        assert_eq!(step("conferences").as_array().unwrap().len(), 1);
        let wrong = step("wrong");
        assert_eq!(
            (wrong["status"].as_u64(), wrong["code"].as_u64()),
            (Some(422), Some(16_002))
        );
        assert!(!wrong["message"].as_str().unwrap().is_empty());
    }
    assert_eq!(step("remove"), true);
    desk.api.seated("desk", 2).unwrap();
}

#[test]
fn npm_twilio() {
    run(Library::NodeTwilio);
}

#[test]
fn pypi_twilio() {
    run(Library::PythonTwilio);
}

#[test]
fn pypi_signalwire() {
    run(Library::PythonSignalwire);
}
