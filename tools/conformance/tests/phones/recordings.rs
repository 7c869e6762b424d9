//! Recordings, checked by the audio of the API: present and absent voices.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::party::{DBFS, TONES, call, settle};
use confab_conformance::server::{Server, pause};
use confab_phone::Phones;
use confab_phone::heard::{OFF_LEVEL_DB, level};

/// Fields of a conference's callback, by the vendors' documentation.
const FIELDS: [&str; 10] = [
    "AccountSid",
    "CallSid",
    "ConferenceSid",
    "RecordingChannels",
    "RecordingDuration",
    "RecordingSid",
    "RecordingSource",
    "RecordingStartTime",
    "RecordingStatus",
    "RecordingUrl",
];

/// WAV file, parsed by its header.
pub(crate) struct Wav {
    rate: u32,
    channels: Vec<Vec<i16>>,
}

impl Wav {
    pub(crate) fn parse(file: &[u8]) -> Self {
        assert_eq!((&file[..4], &file[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
        let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        let count = usize::from(file[22]);
        assert_eq!(&file[36..40], b"data");
        let (whole, data) = (number(4) as usize + 8, number(40) as usize);
        assert_eq!(whole, data + 44, "the sizes agree");
        assert!(file.len() >= whole, "the header tells of what is not there");
        let bytes = file[44..44 + data].chunks_exact(2);
        let samples: Vec<i16> = bytes.map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
        let channel = |n| samples.iter().skip(n).step_by(count).copied().collect();
        Self {
            rate: number(24),
            channels: (0..count).map(channel).collect(),
        }
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.channels[0].len() as f64 / f64::from(self.rate)
    }

    /// Returns the share of the frames with this tone at its level.
    pub(crate) fn share(&self, channel: usize, hz: f64) -> f64 {
        assert_eq!(self.rate, 8_000, "G.711 phones alone");
        let frames: Vec<&[i16]> = self.channels[channel].chunks_exact(160).collect();
        let carries = |frame: &&&[i16]| (level(frame, hz) - DBFS).abs() <= OFF_LEVEL_DB;
        let carrying = frames.iter().filter(carries).count();
        carrying as f64 / frames.len() as f64
    }

    /// Returns the maximum level of a tone in any frame, in dBFS.
    pub(crate) fn loudest(&self, channel: usize, hz: f64) -> f64 {
        let frames = self.channels[channel].chunks_exact(160);
        frames.map(|f| level(f, hz)).fold(-200.0, f64::max)
    }
}

/// Sends a GET without credentials; returns status, head, and body.
pub(crate) fn get(url: &str, more: &str) -> (u16, String, Vec<u8>) {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let mut tcp = TcpStream::connect(host).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n");
    tcp.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    tcp.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec())
        .unwrap()
        .to_ascii_lowercase();
    (
        head[9..12].parse().unwrap(),
        head,
        answer[end + 4..].to_vec(),
    )
}

fn document(app: &Application, more: &str) -> String {
    format!(
        r#"<Response><Dial><Conference beep="false" record="record-from-start" {more}
        trim="do-not-trim" recordingStatusCallback="{}" waitUrl=""
        recordingStatusCallbackEvent="in-progress completed absent">desk</Conference></Dial>
        </Response>"#,
        app.url("/recorded")
    )
}

fn told(app: &Application, status: &str) -> Received {
    let is_it = |r: &&Received| {
        r.path == "/recorded" && r.fields.get("RecordingStatus").is_some_and(|s| s == status)
    };
    let found = |all: &[Received]| all.iter().find(is_it).cloned();
    app.wait_for(status, Duration::from_secs(10), found)
        .unwrap()
}

#[test]
fn a_conference_is_recorded_without_whispers_and_music() {
    let app = Application::start().unwrap();
    app.serve("/voice", "text/xml", document(&app, ""));
    let server = Server::start(&[("CONFAB_VOICE_URL", &app.url("/voice"))]).unwrap();
    let phones = Phones::new().unwrap();
    let api = Api::new(&server).unwrap();
    let _agent = call(&phones, &server, "desk", "agent", TONES[0]).unwrap();
    let (_, seated) = api.seated("desk", 1).unwrap();
    let agent_sid = seated[0]["call_sid"].as_str().unwrap().to_owned();
    let _customer = call(&phones, &server, "desk", "customer", TONES[1]).unwrap();
    let (conference, seated) = api.seated("desk", 2).unwrap();
    let customer_sid = seated[1]["call_sid"].as_str().unwrap().to_owned();
    let begun = told(&app, "in-progress");
    let sid = begun.fields["RecordingSid"].clone();

    let coach = format!("coach=\"{agent_sid}\"");
    app.serve("/voice", "text/xml", document(&app, &coach));
    let _coach = call(&phones, &server, "desk", "coach", TONES[2]).unwrap();
    api.seated("desk", 3).unwrap();
    settle();
    let customer = format!("/Conferences/{conference}/Participants/{customer_sid}");
    for hold in ["true", "false"] {
        let answer = api.post(&customer, &[("Hold", hold)]).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        pause(Duration::from_millis(800));
    }
    let live = api.get(&format!("/Recordings/{sid}.json")).unwrap().json;
    assert_eq!(live["status"], "in-progress", "{live}");
    assert_eq!(live["conference_sid"], conference.as_str());
    let early = get(&begun.fields["RecordingUrl"], "");
    assert_eq!(early.0, 404, "it is not whole yet");
    let path = format!("/Conferences/{conference}");
    api.post(&path, &[("Status", "completed")]).unwrap();

    let ended = told(&app, "completed");
    let field = |name: &str| ended.fields[name].as_str();
    assert_eq!(field("RecordingSid"), sid);
    assert_eq!(field("ConferenceSid"), conference);
    let names: Vec<&str> = ended.fields.keys().map(String::as_str).collect();
    assert_eq!(names, FIELDS, "and no other");
    assert!(!ended.signature.is_empty() && !ended.twilio_signature.is_empty());
    assert_eq!(field("CallSid"), agent_sid);
    assert_eq!(
        (field("RecordingChannels"), field("RecordingSource")),
        ("1", "Conference")
    );
    let (status, head, file) = get(field("RecordingUrl"), "");
    assert_eq!(status, 200, "{head}");
    assert!(head.contains("content-type: audio/x-wav"), "{head}");
    let wav = Wav::parse(&file);
    assert_eq!(
        field("RecordingDuration"),
        (wav.seconds() as u64).to_string()
    );
    let (agent, customer) = (wav.share(0, TONES[0]), wav.share(0, TONES[1]));
    assert!(agent > 0.95, "the agent is in {agent} of it");
    assert!(
        (0.3..0.85).contains(&customer),
        "the customer, held for a while, in {customer}"
    );
    let coach = wav.loudest(0, TONES[2]);
    assert!(coach < DBFS - 30.0, "the coach is in it, at {coach} dBFS");

    let url = field("RecordingUrl");
    let (status, head, part) = get(&format!("{url}.wav"), "Range: bytes=44-1043\r\n");
    assert_eq!((status, &part[..]), (206, &file[44..1_044]), "{head}");
    assert!(
        head.contains(&format!("content-range: bytes 44-1043/{}", file.len())),
        "{head}"
    );
    let beyond = format!("Range: bytes={}-\r\n", file.len());
    assert_eq!(get(url, &beyond).0, 416);
    let (status, head, mp3) = get(&format!("{url}.mp3"), "");
    assert_eq!((status, mp3[0], mp3[1] & 0xe0), (200, 0xff, 0xe0), "{head}");
    assert!(head.contains("content-type: audio/mpeg"), "{head}");
    assert!(
        mp3.len() * 3 < file.len(),
        "{} of {}",
        mp3.len(),
        file.len()
    );
    let (status, _, part) = get(&format!("{url}.mp3"), "Range: bytes=100-199\r\n");
    assert_eq!((status, &part[..]), (206, &mp3[100..200]));
    assert_eq!(
        get(&format!("{url}.json"), "").0,
        401,
        "what is known of it is the account's"
    );
    let list = api
        .get(&format!("/Conferences/{conference}/Recordings.json"))
        .unwrap()
        .json;
    assert_eq!(list["recordings"][0]["sid"], sid.as_str(), "{list}");
    assert_eq!(
        api.delete(&format!("/Recordings/{sid}.json"))
            .unwrap()
            .status,
        204
    );
    assert_eq!(get(url, "").0, 404);
    let left = std::fs::read_dir(server.data().join("recordings")).unwrap();
    assert_eq!(left.count(), 0, "its audio is gone too");
}

#[test]
fn a_call_is_recorded_on_two_channels_paused_and_ended() {
    let server = Server::start(&[]).unwrap();
    let phones = Phones::new().unwrap();
    let api = Api::new(&server).unwrap();
    let _anna = call(&phones, &server, "desk", "anna", TONES[0]).unwrap();
    let _boris = call(&phones, &server, "desk", "boris", TONES[1]).unwrap();
    let (_, seated) = api.seated("desk", 2).unwrap();
    settle();
    let path = format!(
        "/Calls/{}/Recordings",
        seated[0]["call_sid"].as_str().unwrap()
    );
    let begun = api.post(&path, &[("RecordingChannels", "dual")]).unwrap();
    assert_eq!(
        (begun.status, &begun.json["status"]),
        (200, &"in-progress".into())
    );
    assert_eq!(begun.json["source"], "StartCallRecordingApi");
    let again = api.post(&path, &[]).unwrap();
    assert_eq!(again.status, 422, "one at a time: {again:?}");
    pause(Duration::from_millis(600));
    let sid = begun.json["sid"].as_str().unwrap().to_owned();
    let one = format!("{path}/{sid}.json");
    let current = format!("{path}/Twilio.CURRENT.json");
    for (path, form, status) in [
        (
            &one,
            &[("Status", "paused"), ("PauseBehavior", "skip")][..],
            "paused",
        ),
        (&current, &[("Status", "in-progress")], "in-progress"),
        (&one, &[("Status", "stopped")], "stopped"),
    ] {
        let answer = api.post(path, form).unwrap();
        assert_eq!(
            (answer.status, &answer.json["status"]),
            (200, &status.into()),
            "{form:?}"
        );
        pause(Duration::from_millis(600));
    }
    let over = api.get(&one).unwrap().json;
    assert_eq!(
        (&over["status"], &over["channels"]),
        (&"completed".into(), &"2".into())
    );
    let late = api.post(&one, &[("Status", "paused")]).unwrap();
    assert_eq!(late.status, 422, "{late:?}");
    let account = server.account;
    let url = format!(
        "{}/api/laml/2010-04-01/Accounts/{account}/Recordings/{sid}",
        server.base()
    );
    let wav = Wav::parse(&get(&url, "").2);
    assert!(
        (0.9..1.7).contains(&wav.seconds()),
        "the pause is not in it: {}",
        wav.seconds()
    );
    for (channel, voice, other) in [(0, TONES[0], TONES[1]), (1, TONES[1], TONES[0])] {
        let share = wav.share(channel, voice);
        assert!(share > 0.95, "channel {channel}: {share}");
        let leak = wav.loudest(channel, other);
        assert!(
            leak < DBFS - 28.0,
            "channel {channel} holds the other at {leak} dBFS"
        );
    }
}

#[test]
fn a_recording_outlives_a_kill() {
    let app = Application::start().unwrap();
    app.serve("/voice", "text/xml", document(&app, ""));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let url = app.url("/voice");
    let environment = [
        ("CONFAB_VOICE_URL", url.as_str()),
        ("CONFAB_DATA_DIR", data.to_str().unwrap()),
    ];
    let server = Server::start(&environment).unwrap();
    let phones = Phones::new().unwrap();
    let _anna = call(&phones, &server, "desk", "anna", TONES[0]).unwrap();
    let _boris = call(&phones, &server, "desk", "boris", TONES[1]).unwrap();
    let sid = told(&app, "in-progress").fields["RecordingSid"].clone();
    pause(Duration::from_millis(1_500));
    let pid = server.pid().to_string();
    let killed = std::process::Command::new("kill")
        .args(["-9", &pid])
        .status();
    assert!(killed.unwrap().success());
    drop(server);

    // The file as left by the kill, before any repair.
    let file = data.join("recordings").join(format!("{sid}.wav"));
    let wav = Wav::parse(&std::fs::read(&file).unwrap());
    assert!(wav.seconds() > 1.0, "{} s are there", wav.seconds());
    assert!(wav.share(0, TONES[0]) > 0.9);

    let server = Server::start(&environment).unwrap();
    let ended = told(&app, "completed");
    assert_eq!(ended.fields["RecordingSid"], sid);
    let known = Api::new(&server)
        .unwrap()
        .get(&format!("/Recordings/{sid}.json"));
    let known = known.unwrap().json;
    assert_eq!(known["status"], "completed", "{known}");
    let (status, _, bytes) = get(&ended.fields["RecordingUrl"], "");
    let again = Wav::parse(&bytes);
    assert_eq!(status, 200);
    assert!(again.seconds() >= wav.seconds() && again.share(0, TONES[1]) > 0.9);
}
