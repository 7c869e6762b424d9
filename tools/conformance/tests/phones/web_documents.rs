//! Documents as web frameworks serve them, and sounds from streams and object stores: measured at a
//! phone.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::server::{Server, pause};
use confab_phone::heard::{frames, wav};
use confab_phone::{Phone, PhoneConfig, Phones};

const TONE: f64 = 1_777.0;
const PATIENCE: Duration = Duration::from_secs(8);

struct Line {
    app: Application,
    api: Api,
    phones: Phones,
    server: Server,
}

/// Starts a server with an application that serves this body.
fn line(content_type: &str, body: impl Into<Vec<u8>>) -> Line {
    let app = Application::start().unwrap();
    app.serve("/voice", content_type, body.into());
    app.serve("/tone.wav", "audio/x-wav", tone());
    let server = Server::start(&[
        ("CONFAB_VOICE_URL", &app.url("/voice")),
        ("CONFAB_VOICE_FALLBACK_URL", &app.url("/fallback")),
    ])
    .unwrap();
    Line {
        api: Api::new(&server).unwrap(),
        phones: Phones::new().unwrap(),
        app,
        server,
    }
}

impl Line {
    fn call(&self) -> Phone {
        let config = PhoneConfig::new(self.server.sip.parse().unwrap(), "support", "alice");
        self.phones.call(&config).unwrap()
    }

    fn asked(&self, path: &str) -> Received {
        let found = |all: &[Received]| all.iter().find(|r| r.path == path).cloned();
        self.app.wait_for(path, PATIENCE, found).unwrap()
    }

    fn notices(&self) -> Vec<(String, String)> {
        let list = self.api.get("/Notifications.json").unwrap().json;
        let text = |notice: &serde_json::Value, key: &str| notice[key].as_str().unwrap().to_owned();
        let list = list["notifications"].as_array().unwrap().iter();
        list.map(|n| (text(n, "error_code"), text(n, "message_text")))
            .collect()
    }
}

/// Returns half a second of the tone.
fn tone() -> Vec<u8> {
    let samples = (0..4_000).map(|i| {
        let turn = std::f64::consts::TAU * TONE * f64::from(i) / 8_000.0;
        (6_000.0 * turn.sin()) as i16
    });
    wav(&samples.collect::<Vec<_>>())
}

fn tones(phone: &Phone) -> usize {
    let heard = frames(&phone.packets());
    heard
        .iter()
        .filter(|frame| frame.level(TONE) > -25.0)
        .count()
}

#[test]
fn document_served_as_html_is_executed_and_heard() {
    for content_type in [
        "text/html; charset=utf-8",
        "text/html; charset=UTF-8",
        "text/plain",
    ] {
        let body = "\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>\
                    <Play>/tone.wav</Play></Response>";
        let line = line(content_type, body);
        let phone = line.call();
        phone.wait_until_talking(PATIENCE).unwrap();
        phone.wait_until_ended(PATIENCE).unwrap();
        let tones = tones(&phone);
        assert!((23..=28).contains(&tones), "{content_type}: {tones} frames");
        assert_eq!(line.notices(), []);
    }
}

#[test]
fn audio_in_place_of_a_document_is_heard_and_the_call_ends() {
    let line = line("audio/x-wav", tone());
    let phone = line.call();
    phone.wait_until_talking(PATIENCE).unwrap();
    phone.wait_until_ended(PATIENCE).unwrap();
    let heard = tones(&phone);
    assert!(
        (23..=28).contains(&heard),
        "at the voice URL: {heard} frames"
    );
    line.app.serve(
        "/voice",
        "text/html",
        "<Response><Dial action=\"/tone.wav\" hangupOnStar=\"true\">\
         <Conference>room</Conference></Dial></Response>",
    );
    let phone = line.call();
    phone.wait_until_talking(PATIENCE).unwrap();
    line.api.seated("room", 1).unwrap();
    phone.press("*").unwrap();
    phone.wait_until_ended(PATIENCE).unwrap();
    let heard = tones(&phone);
    assert!((23..=28).contains(&heard), "at an action: {heard} frames");
    assert_eq!(line.notices(), []);
}

#[test]
fn plain_text_is_heard_as_speech() {
    let line = line("text/plain", "Thank you for calling. Goodbye.");
    let phone = line.call();
    phone.wait_until_talking(PATIENCE).unwrap();
    phone.wait_until_ended(Duration::from_secs(12)).unwrap();
    let heard = frames(&phone.packets());
    let loud = heard
        .iter()
        .filter(|f| f.samples.iter().any(|s| s.abs() > 500));
    let loud = loud.count();
    assert!(loud > 25, "{loud} frames of speech");
}

#[test]
fn page_and_unknown_verbs_are_noted_and_go_to_the_fallback() {
    for (body, code, says) in [
        (
            "\n<!doctype html><html><body>Log in</body></html>",
            "12100",
            "line 2, column 1: an HTML",
        ),
        (
            "<Response><Gather/><Enqueue/></Response>",
            "12200",
            "<Gather>, <Enqueue>",
        ),
    ] {
        let line = line("text/html", body);
        line.app.serve(
            "/fallback",
            "text/html",
            "<Response><Play>/tone.wav</Play></Response>",
        );
        let phone = line.call();
        phone.wait_until_ended(PATIENCE).unwrap();
        assert_eq!(line.asked("/fallback").fields["ErrorCode"], code);
        let heard = tones(&phone);
        assert!((23..=28).contains(&heard), "{code}: {heard} frames");
        let notices = line.notices();
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert_eq!(notices[0].0, code);
        assert!(notices[0].1.contains(says), "{notices:?}");
        // Without a valid document from the fallback, the call is rejected.
        line.app.refuse("/fallback", 500);
        let state = format!("{:?}", line.call().wait_until_ended(PATIENCE).unwrap());
        assert!(state.contains("480"), "{state}");
    }
}

#[test]
fn session_cookie_is_returned_throughout_a_call_and_by_no_other_one() {
    let line = line(
        "text/html",
        "<Response><Dial action=\"/after\"><Conference waitUrl=\"/wait\" \
         startConferenceOnEnter=\"false\">room</Conference></Dial></Response>",
    );
    line.app
        .serve("/after", "text/html", "<Response><Hangup/></Response>");
    line.app.serve(
        "/wait",
        "text/html",
        "<Response><Play>/tone.wav</Play></Response>",
    );
    line.app
        .set_cookie("/voice", "PHPSESSID=0f3a; path=/; HttpOnly");
    let phone = line.call();
    phone.wait_until_talking(PATIENCE).unwrap();
    let (conference, seated) = line.api.seated("room", 1).unwrap();
    assert_eq!(line.asked("/wait").cookie, "PHPSESSID=0f3a");
    let call = seated[0]["call_sid"].as_str().unwrap().to_owned();
    let path = format!("/Conferences/{conference}/Participants/{call}");
    line.api.delete(&path).unwrap();
    assert_eq!(line.asked("/after").cookie, "PHPSESSID=0f3a");
    phone.wait_until_ended(PATIENCE).unwrap();
    line.call().wait_until_talking(PATIENCE).unwrap();
    let asked = line.app.received_at("/voice");
    assert_eq!(asked.len(), 2);
    assert!(
        asked.iter().all(|asked| asked.cookie.is_empty()),
        "{asked:?}"
    );
    assert!(!line.server.log().contains("0f3a"), "{}", line.server.log());
}

#[test]
fn warnings_are_listed_in_the_order_of_the_document() {
    let verbs: String = (1..=9).map(|n| format!("<Dance{n}/>\n")).collect();
    let body = format!("<Response>\n{verbs}<Say language=\"fr-FR\">Bonjour</Say></Response>");
    let line = line("text/html", body);
    line.call().wait_until_ended(PATIENCE).unwrap();
    let notices = line.notices();
    let lines: Vec<_> = notices
        .iter()
        .map(|(_, text)| text.split(',').next().unwrap())
        .collect();
    let expected: Vec<_> = (2..=11).map(|n| format!("line {n}")).collect();
    assert_eq!(lines, expected);
    let (code, text) = notices.last().unwrap();
    assert_eq!(code, "13511");
    assert!(text.contains("fr-FR") && text.contains("en-US"), "{text}");
}

const SIGNED: &str = "/signed?X-Amz-Signature=f0&X-Amz-Expires=60";

/// Starts a Shoutcast server; and an object store that rejects a URL with a query other than the
/// signed one.
fn streams() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 8_192];
            let Ok(count) = stream.read(&mut request) else {
                continue;
            };
            let request = String::from_utf8_lossy(&request[..count]).into_owned();
            let target = request.split(' ').nth(1).unwrap_or_default();
            let status = match target.starts_with("/radio?") || target == SIGNED {
                true => "ICY 200 OK",
                false => "HTTP/1.1 403 Forbidden",
            };
            let head = format!("{status}\r\ncontent-type: audio/wav\r\n\r\n");
            let _gone = stream.write_all(head.as_bytes());
            let _gone = stream.write_all(&tone());
        }
    });
    url
}

#[test]
fn shoutcast_stream_and_signed_url_are_heard_as_hold_music() {
    let line = line(
        "text/html",
        "<Response><Dial><Conference>room</Conference></Dial></Response>",
    );
    let streams = streams();
    let phone = line.call();
    phone.wait_until_talking(PATIENCE).unwrap();
    let (conference, seated) = line.api.seated("room", 1).unwrap();
    let call = seated[0]["call_sid"].as_str().unwrap().to_owned();
    let path = format!("/Conferences/{conference}/Participants/{call}");
    for sound in ["/radio", SIGNED] {
        let url = format!("{streams}{sound}");
        let form = [
            ("Hold", "true"),
            ("HoldUrl", url.as_str()),
            ("HoldMethod", "GET"),
        ];
        assert_eq!(line.api.post(&path, &form).unwrap().status, 200);
        pause(Duration::from_millis(900));
        let frames = phone.listen(Duration::from_secs(1)).unwrap();
        let heard = frames
            .iter()
            .filter(|frame| frame.level(TONE) > -25.0)
            .count();
        assert!(
            heard > 40,
            "{sound}: {heard} of {} frames; {:?}",
            frames.len(),
            line.notices()
        );
        line.api.post(&path, &[("Hold", "false")]).unwrap();
        pause(Duration::from_millis(300));
    }
}
