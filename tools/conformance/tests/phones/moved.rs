//! A call that an update moves out of its conference and back: audibility at each phone, and events
//! at the application.

use std::time::Duration;

use confab_conformance::application::{Application, Received};
use confab_conformance::party::{Caller, TONES, call, heard, matrix, settle};
use confab_conformance::server::{Server, pause};
use confab_phone::Phones;

use crate::audio::tone;

const HALL_HZ: f64 = 1_777.0;
const PATIENCE: Duration = Duration::from_secs(8);
const EVERYBODY: &str =
    "agent: customer supervisor\ncustomer: agent supervisor\nsupervisor: agent customer\n";
const ROOM: &str = "<Response><Dial action=\"/after\"><Conference statusCallback=\"/events\" \
    statusCallbackEvent=\"start end join leave\">desk</Conference></Dial></Response>";

struct Desk {
    app: Application,
    api: confab_conformance::api::Api,
    callers: Vec<Caller>,
    calls: Vec<String>,
    _phones: Phones,
    _server: Server,
}

fn desk() -> Desk {
    let app = Application::start().unwrap();
    app.serve("/voice", "text/xml", ROOM);
    app.serve("/hall.wav", "audio/wav", tone(HALL_HZ, 1.0));
    let hall = "<Response><Play loop=\"0\">/hall.wav</Play></Response>";
    app.serve("/hall", "text/xml", hall);
    let server = Server::start(&[("CONFAB_VOICE_URL", &app.url("/voice"))]).unwrap();
    let api = confab_conformance::api::Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();
    let mut callers = Vec::new();
    for (name, hz) in ["agent", "customer", "supervisor"].into_iter().zip(TONES) {
        callers.push(call(&phones, &server, "desk", name, hz).unwrap());
        api.seated("desk", callers.len()).unwrap();
    }
    let (_, seated) = api.seated("desk", 3).unwrap();
    let sid = |n: usize| seated[n]["call_sid"].as_str().unwrap().to_owned();
    Desk {
        app,
        api,
        callers,
        calls: (0..3).map(sid).collect(),
        _phones: phones,
        _server: server,
    }
}

impl Desk {
    fn update(&self, who: usize, form: &[(&str, &str)]) -> serde_json::Value {
        let path = format!("/Calls/{}", self.calls[who]);
        let answer = self.api.post(&path, form).unwrap();
        assert_eq!(answer.status, 200, "{form:?}: {answer:?}");
        answer.json
    }

    fn heard(&self) -> String {
        settle();
        let all: Vec<&Caller> = self.callers.iter().collect();
        matrix(&all, &[("hall", HALL_HZ)]).unwrap()
    }

    /// Returns the event with this name about this call, after a number of others.
    fn told(&self, event: &str, who: usize, others: usize) -> Received {
        let is_it = |r: &&Received| {
            let field = |name: &str| r.fields.get(name).map_or("", String::as_str);
            let is_event = field("StatusCallbackEvent") == event;
            is_event && field("CallSid") == self.calls[who]
        };
        let found = |all: &[Received]| all.iter().filter(is_it).nth(others).cloned();
        self.app.wait_for(event, PATIENCE, found).unwrap()
    }
}

#[test]
fn a_call_moved_by_its_url_leaves_hears_the_other_document_and_comes_back() {
    let desk = desk();
    assert_eq!(desk.heard(), EVERYBODY);
    let url = desk.app.url("/hall");
    assert_eq!(desk.update(1, &[("Url", &url)])["status"], "in-progress");
    let left = desk.told("participant-leave", 1, 0);
    let reason = &left.fields["ReasonParticipantLeft"];
    assert_eq!(reason, "participant_updated_via_api");
    assert_eq!(left.fields["ParticipantCallStatus"], "in-progress");
    desk.app
        .wait_for("the document", PATIENCE, |all| {
            all.iter().find(|r| r.path == "/hall.wav").cloned()
        })
        .unwrap();
    pause(Duration::from_millis(400));
    let elsewhere = "agent: supervisor\ncustomer: hall\nsupervisor: agent\n";
    assert_eq!(desk.heard(), elsewhere);
    // The update replaces the document: the action of `<Dial>` is not requested.
    assert!(desk.app.received_at("/after").is_empty());

    let (conference, _) = desk.api.seated("desk", 2).unwrap();
    desk.update(
        1,
        &[("Twiml", &ROOM.replace("/events", &desk.app.url("/events")))],
    );
    let (same, _) = desk.api.seated("desk", 3).unwrap();
    assert_eq!(same, conference);
    desk.told("participant-join", 1, 1);
    assert_eq!(desk.heard(), EVERYBODY);
}

#[test]
fn a_call_ended_by_its_status_is_hung_up_and_the_others_go_on() {
    let desk = desk();
    let json = desk.update(1, &[("Status", "completed")]);
    assert_eq!(json["status"], "completed");
    desk.callers[1].phone.wait_until_ended(PATIENCE).unwrap();
    let left = desk.told("participant-leave", 1, 0);
    let reason = &left.fields["ReasonParticipantLeft"];
    assert_eq!(reason, "participant_updated_via_api");
    assert_eq!(left.fields["ParticipantCallStatus"], "completed");
    desk.api.seated("desk", 2).unwrap();
    let voices: Vec<_> = desk.callers.iter().map(|c| (c.name, c.hz)).collect();
    settle();
    let frames = desk.callers[0]
        .phone
        .listen_in_time(Duration::from_millis(400))
        .unwrap();
    assert_eq!(heard("agent", &frames, &voices).unwrap(), ["supervisor"]);
    // `canceled` applies to unanswered calls only.
    let json = desk.update(0, &[("Status", "canceled")]);
    assert_eq!(json["status"], "in-progress");
    desk.api.seated("desk", 2).unwrap();
}
