//! Events at the application: complete, in order, signed, without a gap.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::server::{Server, pause};
use confab_conformance::vendors::validate;
use confab_phone::heard::wav;
use confab_phone::{Phone, PhoneConfig, Phones};

const EVENTS: &str = "start end join leave mute hold modify announcement";

struct Line {
    app: Application,
    api: Api,
    phones: Phones,
    server: Server,
}

fn line() -> Line {
    let app = Application::start().unwrap();
    app.serve("/speech.wav", "audio/wav", wav(&[1_000; 4_000]));
    app.serve(
        "/voice",
        "text/xml",
        format!(
            "<Response><Dial><Conference statusCallback=\"/events?room=42\" \
             statusCallbackEvent=\"{EVENTS}\" participantLabel=\"é &amp; ☎\">Room &amp; 1\
             </Conference></Dial></Response>"
        ),
    );
    let server = Server::start(&[("CONFAB_VOICE_URL", &app.url("/voice"))]).unwrap();
    let api = Api::new(&server).unwrap();
    Line {
        app,
        api,
        phones: Phones::new().unwrap(),
        server,
    }
}

impl Line {
    fn call(&self, from: &str) -> Phone {
        let config = PhoneConfig::new(self.server.sip.parse().unwrap(), "support", from);
        let phone = self.phones.call(&config).unwrap();
        phone.wait_until_talking(Duration::from_secs(5)).unwrap();
        phone
    }

    fn events(&self) -> Vec<Received> {
        self.app.received_at("/events")
    }

    fn wait_for(&self, event: &str) {
        self.app
            .wait_for(event, Duration::from_secs(6), |all| {
                all.iter()
                    .any(|r| {
                        r.fields
                            .get("StatusCallbackEvent")
                            .is_some_and(|e| e == event)
                    })
                    .then_some(())
            })
            .unwrap();
    }
}

#[test]
fn every_event_comes_once_in_order_signed_and_without_a_gap() {
    let line = line();
    let first = line.call("anna");
    line.api.seated("Room%20%26%201", 1).unwrap();
    // Without the label, which must be unique in the conference.
    line.app.serve(
        "/voice",
        "text/xml",
        "<Response><Dial><Conference>Room &amp; 1</Conference></Dial></Response>",
    );
    let second = line.call("boris");
    let (conference, seated) = line.api.seated("Room%20%26%201", 2).unwrap();
    let path = |n: usize| {
        let call = seated[n]["call_sid"].as_str().unwrap();
        format!("/Conferences/{conference}/Participants/{call}")
    };
    let speech = line.app.url("/speech.wav");
    let other = seated[0]["call_sid"].as_str().unwrap().to_owned();
    let forms: [&[(&str, &str)]; 7] = [
        &[("Muted", "true")],
        &[("Muted", "true")],
        &[("Muted", "false")],
        &[("Hold", "true")],
        &[("Hold", "false")],
        &[("CallSidToCoach", &other)],
        &[("AnnounceUrl", &speech)],
    ];
    for form in forms {
        assert_eq!(
            line.api.post(&path(1), form).unwrap().status,
            200,
            "{form:?}"
        );
    }
    line.wait_for("announcement-end");
    line.app.refuse("/dead.wav", 404);
    let dead = line.app.url("/dead.wav");
    line.api.post(&path(1), &[("AnnounceUrl", &dead)]).unwrap();
    line.wait_for("announcement-fail");
    second.hang_up().unwrap();
    line.wait_for("participant-leave");
    first.hang_up().unwrap();
    line.wait_for("conference-end");
    pause(Duration::from_millis(300));

    let events = line.events();
    let names: Vec<&str> = events
        .iter()
        .map(|e| e.fields["StatusCallbackEvent"].as_str())
        .collect();
    let expected = [
        "participant-join",
        "participant-join",
        "conference-start",
        "participant-mute",
        "participant-unmute",
        "participant-hold",
        "participant-unhold",
        "participant-modify",
        "announcement-end",
        "announcement-fail",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ];
    assert_eq!(names, expected);
    for (n, event) in events.iter().enumerate() {
        assert_eq!(
            event.fields["SequenceNumber"],
            (n + 1).to_string(),
            "no gap"
        );
        assert_eq!(event.fields["FriendlyName"], "Room & 1");
        assert_eq!(event.fields["ConferenceSid"], conference);
        assert!(event.fields["Timestamp"].ends_with(" +0000"));
        assert_eq!(event.method, "POST");
    }
    assert_eq!(events[0].fields["ParticipantLabel"], "é & ☎");
    assert_eq!(events[3].fields["Muted"], "true");
    assert_eq!(events[7].fields["Coaching"], "true");
    assert_eq!(
        events[10].fields["ReasonParticipantLeft"],
        "participant_hung_up"
    );
    assert_eq!(
        events[12].fields["ReasonConferenceEnded"],
        "last-participant-left"
    );
    validate(line.server.key, &line.app.received()).unwrap();
}

#[test]
fn a_receiver_that_hangs_does_not_delay_the_call() {
    let line = line();
    line.app
        .serve_slowly("/events", "text/plain", "", Duration::from_secs(30));
    let phone = line.call("anna");
    let (conference, seated) = line.api.seated("Room%20%26%201", 1).unwrap();
    let call = seated[0]["call_sid"].as_str().unwrap();
    let path = format!("/Conferences/{conference}/Participants/{call}");
    for muted in ["true", "false", "true"] {
        let began = std::time::Instant::now();
        assert_eq!(
            line.api.post(&path, &[("Muted", muted)]).unwrap().status,
            200
        );
        assert!(
            began.elapsed() < Duration::from_secs(1),
            "the update waited for the webhook"
        );
    }
    phone.wait_for_packets(20, Duration::from_secs(2)).unwrap();
}
