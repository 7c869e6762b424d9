//! Fallback of a failed document: the operator's, or that of an update of the call; with the error
//! fields, and in time.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::server::Server;
use confab_phone::{Phone, PhoneConfig, Phones};

const HELLO: &str = "<Response><Play loop=\"0\">/hello.wav</Play></Response>";

struct Line {
    app: Application,
    api: Api,
    phones: Phones,
    server: Server,
}

impl Line {
    fn start(voice: &str) -> Self {
        let app = Application::start().unwrap();
        app.serve(
            "/hello.wav",
            "audio/wav",
            confab_phone::heard::wav(&[0; 8_000]),
        );
        app.serve("/fallback", "text/xml", HELLO);
        let server = Server::start(&[
            ("CONFAB_VOICE_URL", &app.url(voice)),
            ("CONFAB_VOICE_FALLBACK_URL", &app.url("/fallback")),
            ("CONFAB_VOICE_FALLBACK_METHOD", "GET"),
        ])
        .unwrap();
        Self {
            api: Api::new(&server).unwrap(),
            phones: Phones::new().unwrap(),
            app,
            server,
        }
    }

    fn call(&self) -> Phone {
        let config = PhoneConfig::new(self.server.sip.parse().unwrap(), "support", "alice");
        self.phones.call(&config).unwrap()
    }

    fn asked(&self, path: &str, within: Duration) -> Received {
        let found = |all: &[Received]| all.iter().find(|r| r.path == path).cloned();
        self.app.wait_for(path, within, found).unwrap()
    }

    /// Checks that the fallback is requested within this time after the voice URL, and that the
    /// call continues with it.
    fn falls_back(&self, within: Duration, code: &str) {
        let phone = self.call();
        let voice = self.asked("/voice", Duration::from_secs(5));
        let fallback = self.asked("/fallback", Duration::from_secs(20));
        let took = fallback.at.duration_since(voice.at);
        assert!(took < within, "the fallback was asked after {took:?}");
        assert_eq!(fallback.method, "GET");
        assert_eq!(fallback.fields["ErrorCode"], code);
        let whole = self.app.url("/voice");
        assert!(fallback.fields["ErrorUrl"].starts_with(&whole));
        assert_eq!(fallback.fields["CallSid"], voice.fields["CallSid"]);
        phone.wait_until_talking(Duration::from_secs(5)).unwrap();
    }
}

#[test]
fn a_document_that_is_refused_or_no_document_is_the_fallbacks_at_once() {
    let line = Line::start("/voice");
    line.app.refuse("/voice", 500);
    line.falls_back(Duration::from_secs(2), "11217");
    let line = Line::start("/voice");
    line.app.serve("/voice", "text/xml", "<Response><Dial>");
    line.falls_back(Duration::from_secs(2), "12100");
}

#[test]
fn a_document_that_does_not_come_is_the_fallbacks_within_15_s() {
    let line = Line::start("/voice");
    let hangs = Duration::from_secs(60);
    line.app.serve_slowly("/voice", "text/xml", HELLO, hangs);
    line.falls_back(Duration::from_secs(7), "11200");
    // The maximum timeouts that a URL may request.
    let line = Line::start("/voice#rt=99999&tt=99999");
    line.app.serve_slowly("/voice", "text/xml", HELLO, hangs);
    line.falls_back(Duration::from_secs(16), "11200");
}

#[test]
fn an_update_names_a_fallback_for_what_follows() {
    let line = Line::start("/voice");
    line.app.serve(
        "/voice",
        "text/xml",
        "<Response><Dial action=\"/after\"><Conference>room</Conference></Dial></Response>",
    );
    let phone = line.call();
    phone.wait_until_talking(Duration::from_secs(5)).unwrap();
    let (_, seated) = line.api.seated("room", 1).unwrap();
    let path = format!("/Calls/{}", seated[0]["call_sid"].as_str().unwrap());
    line.app.serve("/other", "text/xml", HELLO);
    line.app.refuse("/gone", 404);
    let (other, gone) = (line.app.url("/other"), line.app.url("/gone"));
    let form = [("FallbackUrl", other.as_str()), ("Url", gone.as_str())];
    assert_eq!(line.api.post(&path, &form).unwrap().status, 200);
    let asked = line.asked("/other", Duration::from_secs(5));
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.fields["ErrorCode"], "11217");
    assert_eq!(asked.fields["ErrorUrl"], gone);
    assert_eq!(asked.fields["CallStatus"], "in-progress");
    assert!(line.app.received_at("/fallback").is_empty());
}

#[test]
fn an_action_that_fails_is_made_up_for_too() {
    let line = Line::start("/voice");
    line.app.serve(
        "/voice",
        "text/xml",
        "<Response><Dial action=\"/after\" hangupOnStar=\"true\"><Conference>room</Conference>\
         </Dial></Response>",
    );
    line.app.refuse("/after", 503);
    let phone = line.call();
    phone.wait_until_talking(Duration::from_secs(5)).unwrap();
    line.api.seated("room", 1).unwrap();
    phone.press("*").unwrap();
    let asked = line.asked("/fallback", Duration::from_secs(5));
    assert_eq!(asked.fields["ErrorUrl"], line.app.url("/after"));
    let attempts = line.app.received_at("/after").len();
    assert_eq!(attempts, 1, "a document is asked for once");
}
