//! Dialect of Twilio at the application: webhooks, documents, and the client of this project.

use std::collections::BTreeSet;
use std::time::Duration;

use confab_client::Client;
use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::server::{Dialect, Server, TOKEN, TWILIO_ACCOUNT, pause};
use confab_conformance::vendors::validate;
use confab_phone::heard::wav;
use confab_phone::{Phone, PhoneConfig, Phones};

const PATIENCE: Duration = Duration::from_secs(8);
const TONE_HZ: f64 = 1_777.0;

struct Line {
    app: Application,
    api: Api,
    phones: Phones,
    server: Server,
}

fn line(document: &str) -> Line {
    let app = Application::start().unwrap();
    app.serve("/voice", "text/xml", document.to_owned());
    let tone: Vec<i16> = (0..4_000)
        .map(|i| {
            (6_000.0 * (std::f64::consts::TAU * TONE_HZ * f64::from(i) / 8_000.0).sin()) as i16
        })
        .collect();
    app.serve("/tone.wav", "audio/wav", wav(&tone));
    let voice = app.url("/voice");
    let callback = app.url("/calls");
    let more = [
        ("CONFAB_VOICE_URL", voice.as_str()),
        ("CONFAB_STATUS_CALLBACK_URL", callback.as_str()),
    ];
    let server = Server::speaking(Dialect::Twilio, &more).unwrap();
    Line {
        api: Api::new(&server).unwrap(),
        phones: Phones::new().unwrap(),
        app,
        server,
    }
}

impl Line {
    fn call(&self, from: &str) -> Phone {
        let config = PhoneConfig::new(self.server.sip.parse().unwrap(), "support", from);
        let phone = self.phones.call(&config).unwrap();
        phone.wait_until_talking(PATIENCE).unwrap();
        phone
    }

    fn wait_for(&self, event: &str) -> Received {
        let told = |all: &[Received]| {
            let mut events = all.iter();
            let is_it = |r: &&Received| {
                r.fields.get("StatusCallbackEvent").map(String::as_str) == Some(event)
            };
            events.find(is_it).cloned()
        };
        self.app.wait_for(event, PATIENCE, told).unwrap()
    }
}

/// Returns whether a text consists of a prefix, as `CA`, and 32 hexadecimal digits.
fn is_sid(letters: &str, text: &str) -> bool {
    let digits = text.strip_prefix(letters).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Returns the fields that only SignalWire documents, by the table of requests; without those of
/// SIP, which both dialects have.
fn signalwires_alone() -> BTreeSet<&'static str> {
    let lines = include_str!("requests.txt").lines();
    let words = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let fields: Vec<_> = words.filter(|words| words.len() >= 4).collect();
    // A field counts if no request has it from both vendors.
    let both = fields.iter().filter(|words| words.len() > 4);
    let both: BTreeSet<_> = both.map(|words| words[0]).collect();
    let alone = fields.iter().filter(|words| words[3..] == ["SW"]);
    let names: BTreeSet<_> = alone.map(|words| words[0]).collect();
    let names = &names - &both;
    assert!(names.len() > 15, "{names:?}");
    names
        .into_iter()
        .filter(|name| *name != "SipUser")
        .collect()
}

/// Returns whether the text contains a UUID.
fn holds_a_uuid(text: &str) -> bool {
    text.as_bytes().windows(36).any(|window| {
        window.iter().enumerate().all(|(n, byte)| match n {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    })
}

#[test]
fn all_that_an_application_receives_is_spelled_and_signed_with_the_token() {
    let events = "start end join leave mute hold modify announcement";
    let line = line(&format!(
        "<Response><Dial action=\"/after\"><Conference statusCallback=\"/events\" \
         statusCallbackEvent=\"{events}\" participantLabel=\"first\">desk</Conference></Dial>\
         </Response>"
    ));
    line.app
        .serve("/after", "text/xml", "<Response><Hangup/></Response>");
    let first = line.call("anna");
    let (_, seated) = line.api.seated("desk", 1).unwrap();
    let target = seated[0]["call_sid"].as_str().unwrap().to_owned();
    assert!(is_sid("CA", &target), "{seated:?}");
    assert_eq!(seated[0]["label"], "first");
    // Documents accept the SID of a call as reported.
    line.app.serve(
        "/voice",
        "text/xml",
        format!(
            "<Response><Dial><Conference coach=\"{target}\">desk</Conference></Dial></Response>"
        ),
    );
    let coach = line.call("boris");
    let (conference, seated) = line.api.seated("desk", 2).unwrap();
    assert_eq!(seated[1]["call_sid_to_coach"], target.as_str());
    let path = format!(
        "/Conferences/{conference}/Participants/{}",
        seated[1]["call_sid"].as_str().unwrap()
    );
    let (tone, gone) = (line.app.url("/tone.wav"), line.app.url("/gone.wav"));
    line.app.refuse("/gone.wav", 404);
    for form in [
        &[("Muted", "true")][..],
        // An invalid boolean counts as false.
        &[("Muted", "perhaps")],
        &[("Hold", "true"), ("HoldUrl", &tone)],
        &[("Hold", "false")],
        &[("AnnounceUrl", &tone)],
        &[("AnnounceUrl", &gone)],
    ] {
        assert_eq!(line.api.post(&path, form).unwrap().status, 200, "{form:?}");
    }
    line.wait_for("announcement-end");
    line.wait_for("announcement-fail");
    let unmuted = line.wait_for("participant-unmute");
    assert_eq!(unmuted.fields["Muted"], "false");
    assert_eq!(unmuted.fields["ConferenceSid"], conference);
    assert_eq!(unmuted.fields["AccountSid"], TWILIO_ACCOUNT);
    let left = format!("/Conferences/{conference}/Participants/first");
    assert_eq!(line.api.delete(&left).unwrap().status, 204);
    first.wait_until_ended(PATIENCE).unwrap();
    coach.hang_up().unwrap();
    let end = line.wait_for("conference-end");
    assert!(is_sid("CA", &end.fields["CallSidEndingConference"]));
    pause(Duration::from_millis(500));

    let after = &line.app.received_at("/after")[0].fields;
    assert_eq!(after["DialCallStatus"], "answered");
    assert_eq!(after["DialBridged"], "true");
    assert!(!after.contains_key("DialCallDuration"), "{after:?}");
    let asked = &line.app.received_at("/voice")[0].fields;
    assert_eq!(asked["CallSid"], target);
    assert_eq!(
        (&asked["Caller"], &asked["Called"]),
        (&asked["From"], &asked["To"])
    );
    let ended = &line.app.received_at("/calls")[0].fields;
    assert_eq!(ended["SipResponseCode"], "200");
    let received = line.app.received();
    assert!(received.len() > 15, "{} requests", received.len());
    let not_twilios = signalwires_alone();
    for request in &received {
        assert!(!holds_a_uuid(&request.url), "{request:?}");
        let strange = request
            .fields
            .keys()
            .find(|name| not_twilios.contains(name.as_str()));
        assert_eq!(strange, None, "{request:?}");
        for (name, value) in &request.fields {
            // The Call-ID is chosen by the phone.
            assert!(
                name == "SipCallId" || !holds_a_uuid(value),
                "{name}: {request:?}"
            );
        }
    }
    let signed: Vec<_> = received
        .into_iter()
        .filter(|request| !request.fields.is_empty())
        .collect();
    validate(TOKEN, &signed).unwrap();
    assert_eq!(line.server.key, TOKEN);
    let log = line.server.log();
    assert!(
        log.contains(&target),
        "calls are logged as applications know them"
    );
    assert!(!holds_a_uuid(&log), "{log}");
}

#[test]
fn a_hold_document_runs_once_and_a_redirect_loops_it() {
    let line =
        line("<Response><Dial><Conference beep=\"false\">desk</Conference></Dial></Response>");
    let phone = line.call("anna");
    let (conference, seated) = line.api.seated("desk", 1).unwrap();
    let call = seated[0]["call_sid"].as_str().unwrap();
    let path = format!("/Conferences/{conference}/Participants/{call}");
    let heard_for = |document: &str| {
        line.app.serve("/hold", "text/xml", document.to_owned());
        let url = line.app.url("/hold");
        line.api
            .post(&path, &[("Hold", "true"), ("HoldUrl", &url)])
            .unwrap();
        let frames = phone.listen(Duration::from_millis(4_000)).unwrap();
        line.api.post(&path, &[("Hold", "false")]).unwrap();
        let tones = frames.iter().filter(|f| f.level(TONE_HZ) > -25.0);
        tones.count()
    };
    // Half a second of the tone: 25 frames.
    let once = heard_for("<Response><Play>/tone.wav</Play></Response>");
    assert!((20..=30).contains(&once), "{once} frames of tone");
    let looped = heard_for("<Response><Play>/tone.wav</Play><Redirect method=\"GET\"/></Response>");
    assert!(looped > 60, "{looped} frames of tone");
}

#[test]
fn our_client_knows_both_dialects() {
    let line = line(
        "<Response><Dial><Conference participantLabel=\"a 1\">desk</Conference></Dial></Response>",
    );
    let phone = line.call("anna");
    let (conference, seated) = line.api.seated("desk", 1).unwrap();
    let call = seated[0]["call_sid"].as_str().unwrap();
    let client = Client::new(&line.server.base(), TWILIO_ACCOUNT, TOKEN).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let all = client.all_conferences().list().send().await.unwrap();
        assert_eq!(all[0].sid, conference);
        let participants = client.conferences(&conference).all_participants();
        let all = participants.list().page_size(1).send().await.unwrap();
        assert_eq!((all.len(), all[0].call_sid.as_str()), (1, call));
        let one = client.conferences(&conference).participants("a 1");
        let updated = one.update().muted(true).send().await.unwrap();
        assert!(updated.muted);
        assert_eq!(updated.label.as_deref(), Some("a 1"));
        assert_eq!(updated.status, "connected");
        let shown = client.calls(call).fetch().await.unwrap();
        assert_eq!(shown.direction, "inbound");
        assert_eq!(client.account().await.unwrap().sid, TWILIO_ACCOUNT);
        one.remove().await.unwrap();
    });
    phone.wait_until_ended(PATIENCE).unwrap();
}
