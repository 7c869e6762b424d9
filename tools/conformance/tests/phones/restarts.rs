//! baresip and phones of this project in a conference when the server is killed or ended. The API
//! and a receiver show each end once, and a registered phone needs no second REGISTER.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::baresip::{Baresip, Registration};
use confab_conformance::party::{Caller, TONES, call};
use confab_conformance::ports::free_sip_port;
use confab_conformance::server::{Server, pause};
use confab_phone::Phones;

const PATIENCE: Duration = Duration::from_secs(10);
const TALK: Duration = Duration::from_secs(12);
const DOCUMENT: &str = "<Response><Dial><Conference beep=\"false\" record=\"record-from-start\" \
     statusCallback=\"/event\" statusCallbackEvent=\"start end join leave mute hold\" \
     recordingStatusCallback=\"/recorded\">desk</Conference></Dial></Response>";

/// Application and settings of a server and its successors.
struct Scene {
    app: Application,
    data: tempfile::TempDir,
    voice: String,
    calls: String,
    sip: String,
}

impl Scene {
    fn new() -> Self {
        let app = Application::start().unwrap();
        app.serve("/voice", "text/xml", DOCUMENT);
        Self {
            voice: app.url("/voice"),
            calls: app.url("/call"),
            sip: format!("127.0.0.1:{}", free_sip_port("127.0.0.1").unwrap()),
            data: tempfile::tempdir().unwrap(),
            app,
        }
    }

    fn start(&self) -> Server {
        Server::start(&[
            ("CONFAB_VOICE_URL", &self.voice),
            ("CONFAB_STATUS_CALLBACK_URL", &self.calls),
            (
                "CONFAB_STATUS_CALLBACK_EVENTS",
                "initiated,answered,completed",
            ),
            ("CONFAB_DATA_DIR", self.data.path().to_str().unwrap()),
            ("CONFAB_SIP_LISTEN", &self.sip),
            ("CONFAB_DRAIN_SECONDS", "0"),
        ])
        .unwrap()
    }

    fn events(&self) -> Vec<Received> {
        self.app.received_at("/event")
    }

    /// Returns (event, reason) of all events; checks that their numbers have no gap.
    fn numbered(&self) -> Vec<(String, String)> {
        let numbered = (1..).zip(self.events()).map(|(number, event): (u64, _)| {
            let fields = event.fields;
            assert_eq!(fields["SequenceNumber"], number.to_string(), "{fields:?}");
            let reason = fields.get("ReasonParticipantLeft");
            let reason = reason.or(fields.get("ReasonConferenceEnded"));
            let name = fields["StatusCallbackEvent"].clone();
            (name, reason.cloned().unwrap_or_default())
        });
        numbered.collect()
    }
}

/// Starts a conference of two test phones and baresip, one muted and one held; returns the phones
/// and the SIDs.
fn talk(
    scene: &Scene,
    server: &Server,
    phones: &Phones,
) -> (Vec<Caller>, Baresip, String, Vec<String>) {
    let parties: Vec<Caller> = [("anna", TONES[0]), ("boris", TONES[1])]
        .into_iter()
        .map(|(name, hz)| call(phones, server, "desk", name, hz).unwrap())
        .collect();
    let mut baresip = Baresip::start(TONES[2] as u32).unwrap();
    baresip.dial("desk", &server.sip).unwrap();
    let api = Api::new(server).unwrap();
    let (conference, seated) = api.seated("desk", 3).unwrap();
    let sids: Vec<_> = seated
        .iter()
        .map(|one| one["call_sid"].as_str().unwrap().to_owned())
        .collect();
    let path = |n: usize| format!("/Conferences/{conference}/Participants/{}", sids[n]);
    assert_eq!(
        api.post(&path(0), &[("Muted", "true")]).unwrap().status,
        200
    );
    assert_eq!(api.post(&path(2), &[("Hold", "true")]).unwrap().status, 200);
    let told = |all: &[Received]| {
        let events = all.iter().filter(|one| one.path == "/event");
        (events.count() == 6).then_some(())
    };
    scene.app.wait_for("6 events", PATIENCE, told).unwrap();
    (parties, baresip, conference, sids)
}

fn everything_is_closed(scene: &Scene, by_signal: bool) {
    let phones = Phones::new().unwrap();
    let mut server = scene.start();
    let (_parties, _baresip, conference, sids) = talk(scene, &server, &phones);
    pause(TALK);
    let (leave, end) = match by_signal {
        true => {
            assert!(server.terminate().unwrap().success());
            ("server_shutdown", "server-shutdown")
        }
        // SIGKILL.
        false => ("server_restarted", "server-restarted"),
    };
    drop(server);
    let server = scene.start();
    let api = Api::new(&server).unwrap();
    let known = api.get(&format!("/Conferences/{conference}.json")).unwrap();
    assert_eq!(known.json["status"], "completed", "{known:?}");
    for sid in &sids {
        let call = api.get(&format!("/Calls/{sid}.json")).unwrap().json;
        assert_eq!(call["status"], "completed", "{call}");
        let seconds = call["duration"].as_i64().unwrap();
        assert!((2..=16).contains(&seconds), "{call}");
    }
    let all = |all: &[Received]| {
        let count = |path: &str| all.iter().filter(|one| one.path == path).count();
        let ends = all
            .iter()
            .filter(|one| one.fields.contains_key("CallDuration"));
        (count("/event") == 10 && count("/recorded") == 1 && ends.count() == 3).then_some(())
    };
    scene.app.wait_for("every end", PATIENCE, all).unwrap();
    let numbered = scene.numbered();
    let wanted = |event: &str, reason: &str| (event.to_owned(), reason.to_owned());
    let left = wanted("participant-leave", leave);
    let ended = wanted("conference-end", end);
    assert_eq!(numbered[6..], [left.clone(), left.clone(), left, ended]);
    let events = scene.events();
    let state = |n: usize| {
        let event = events[6..]
            .iter()
            .find(|e| e.fields.get("CallSid") == Some(&sids[n]));
        let fields = &event.unwrap().fields;
        (fields["Muted"].clone(), fields["Hold"].clone())
    };
    assert_eq!(state(0), ("true".to_owned(), "false".to_owned()));
    assert_eq!(state(1), ("false".to_owned(), "false".to_owned()));
    assert_eq!(state(2), ("false".to_owned(), "true".to_owned()));
    assert!(
        events[9].fields.contains_key("RecordingUrl"),
        "{:?}",
        events[9]
    );

    // A second kill closes nothing again. The outbox deletes delivered events within milliseconds.
    pause(Duration::from_secs(1));
    let before = scene.app.received_count();
    drop(server);
    let server = scene.start();
    pause(Duration::from_secs(1));
    assert_eq!(scene.app.received_count(), before, "{}", server.log());
}

#[test]
fn kill_is_followed_by_every_end_at_the_next_start() {
    everything_is_closed(&Scene::new(), false);
}

#[test]
fn sigterm_is_the_reason_of_every_end() {
    everything_is_closed(&Scene::new(), true);
}

#[test]
fn registered_baresip_is_called_after_a_kill_without_registering_again() {
    let scene = Scene::new();
    let server = scene.start();
    let registration = Registration {
        account: ("anna", "pass"),
        server: &scene.sip,
        ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        lifetime: Duration::from_secs(120),
    };
    let baresip = Baresip::registered(TONES[2] as u32, registration).unwrap();
    baresip.wait_for("200 OK", 1).unwrap();
    pause(Duration::from_millis(500));
    drop(server);
    let server = scene.start();
    let api = Api::new(&server).unwrap();
    let to = format!("sip:anna@{}", scene.sip);
    let document = "<Response><Dial><Conference>called</Conference></Dial></Response>";
    let form = [
        ("To", to.as_str()),
        ("From", "+15557654321"),
        ("Twiml", document),
    ];
    let made = api.post("/Calls.json", &form).unwrap();
    assert!(made.status < 300, "{made:?}");
    let seated = api.seated("called", 1);
    seated.unwrap_or_else(|error| panic!("{error}\n{}\n{}", server.log(), baresip.log()));
    assert_eq!(
        baresip.log().matches("200 OK").count(),
        1,
        "registered once"
    );
}
