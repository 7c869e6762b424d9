//! A data folder without space during calls: audio, updates and events continue. Afterwards, even
//! after `kill -9`, the history contains all reported events.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::namespace::alone_with;
use confab_conformance::party::{TONES, call, matrix, settle};
use confab_conformance::server::{Server, pause, plain_get};
use confab_phone::Phones;

use crate::recordings::get;

const PATIENCE: Duration = Duration::from_secs(10);
const DOCUMENT: &str = "<Response><Dial><Conference beep=\"false\" record=\"record-from-start\" \
     statusCallback=\"/event\" statusCallbackEvent=\"start end join leave mute\" \
     recordingStatusCallback=\"/recorded\" recordingStatusCallbackEvent=\"completed absent\">desk\
     </Conference></Dial></Response>";

fn events(app: &Application, name: &str) -> Vec<Received> {
    let mut all = app.received();
    all.retain(|received| is_event(received, name));
    all
}

fn is_event(received: &Received, name: &str) -> bool {
    received.path == "/event" && received.fields["StatusCallbackEvent"] == name
}

fn wait_for_health(server: &Server, wanted: &str) {
    let until = Instant::now() + PATIENCE;
    let wanted = format!("{{\"status\":\"{wanted}\"}}");
    loop {
        let health = plain_get(&server.http, "/healthz").unwrap();
        assert!(health.starts_with("HTTP/1.1 200 "), "{health}");
        if health.ends_with(&wanted) {
            return;
        }
        assert!(Instant::now() < until, "{health} instead of {wanted}");
        pause(Duration::from_millis(50));
    }
}

/// Data folder that can be filled, and an application.
struct Place {
    _folder: tempfile::TempDir,
    data: PathBuf,
    app: Application,
}

impl Place {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        mount_tmpfs(&data);
        let app = Application::start()?;
        app.serve("/voice", "text/xml", DOCUMENT);
        Ok(Self {
            _folder: folder,
            data,
            app,
        })
    }

    fn start(&self) -> Result<Server> {
        Server::start(&[
            ("CONFAB_VOICE_URL", &self.app.url("/voice")),
            ("CONFAB_DATA_DIR", self.data.to_str().unwrap()),
        ])
    }

    /// Kills a server by SIGKILL, and starts the next one.
    fn killed_and_started(&self, server: Server) -> Result<Server> {
        let pid = server.pid().to_string();
        ensure!(Command::new("kill").args(["-9", &pid]).status()?.success());
        drop(server);
        self.start()
    }
}

fn mount_tmpfs(dir: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]);
    assert!(mount.arg(dir).status().unwrap().success(), "no tmpfs");
}

/// Uses all free space of a file system.
fn fill(data: &Path) -> PathBuf {
    let ballast = data.join("ballast");
    let mut file = File::create(&ballast).unwrap();
    while file.write_all(&[0; 4_096]).is_ok() {}
    ballast
}

/// Returns the SIDs of a list of the API, of all pages.
fn sids(api: &Api, list: &str) -> Vec<String> {
    let listed = api.get(&format!("/{list}.json?PageSize=1000")).unwrap();
    let key = list.to_ascii_lowercase();
    let items = listed.json[&key].as_array().unwrap().clone();
    let sid = |item: &serde_json::Value| item["sid"].as_str().unwrap().to_owned();
    items.iter().map(sid).collect()
}

/// Checks that each call, conference and recording with a reported end is in the history.
fn events_are_true(app: &Application, server: &Server) {
    let api = &Api::new(server).unwrap();
    let (calls, conferences) = (sids(api, "Calls"), sids(api, "Conferences"));
    let left = events(app, "participant-leave");
    assert!(left.iter().all(|e| calls.contains(&e.fields["CallSid"])));
    for ended in events(app, "conference-end") {
        let sid = &ended.fields["ConferenceSid"];
        assert!(conferences.contains(sid), "{sid} is unknown");
        let known = api.get(&format!("/Conferences/{sid}.json")).unwrap();
        assert_eq!(known.json["status"], "completed");
    }
    for told in app.received_at("/recorded") {
        let (sid, status) = (
            &told.fields["RecordingSid"],
            &told.fields["RecordingStatus"],
        );
        let known = api.get(&format!("/Recordings/{sid}.json")).unwrap();
        assert_eq!(known.json["status"], status.as_str(), "{known:?}");
        if status == "completed" {
            let account = server.account;
            let path = format!("/api/laml/2010-04-01/Accounts/{account}/Recordings/{sid}");
            let audio = get(&format!("{}{path}", server.base()), "");
            assert_eq!(audio.0, 200, "audio of {sid}");
        }
    }
}

/// Runs conferences of two callers, one after the other, each ended by its callers.
fn conferences(app: &Application, server: &Server, phones: &Phones, count: usize) {
    for _ in 0..count {
        let before = events(app, "conference-end").len();
        let anna = call(phones, server, "desk", "anna", TONES[0]).unwrap();
        let boris = call(phones, server, "desk", "boris", TONES[1]).unwrap();
        pause(Duration::from_millis(700));
        anna.phone.hang_up().unwrap();
        boris.phone.hang_up().unwrap();
        let ended = |all: &[Received]| {
            let ended = all.iter().filter(|one| is_event(one, "conference-end"));
            (ended.count() > before).then_some(())
        };
        app.wait_for("conference-end", PATIENCE, ended).unwrap();
    }
}

#[test]
fn full_data_folder_stops_no_call_and_loses_no_history() {
    let test = "outages::full_data_folder_stops_no_call_and_loses_no_history";
    let run = || {
        let place = Place::new()?;
        let (data, app) = (&place.data, &place.app);
        let server = place.start()?;
        let (phones, api) = (Phones::new()?, Api::new(&server)?);
        conferences(app, &server, &phones, 3);

        // A call whose recording is complete before the disk is full, and that ends during the
        // outage.
        let anna = call(&phones, &server, "desk", "anna", TONES[0])?;
        let boris = call(&phones, &server, "desk", "boris", TONES[1])?;
        let (conference, seated) = api.seated("desk", 2)?;
        settle();
        let ballast = fill(data);
        let muted = format!(
            "/Conferences/{conference}/Participants/{}",
            seated[0]["call_sid"].as_str().unwrap()
        );
        ensure!(api.post(&muted, &[("Muted", "true")])?.status == 200);
        settle();
        ensure!(matrix(&[&anna, &boris], &[])? == "anna: boris\nboris: \n");
        ensure!(api.post(&muted, &[("Muted", "false")])?.status == 200);
        settle();
        ensure!(matrix(&[&anna, &boris], &[])? == "anna: boris\nboris: anna\n");
        anna.phone.hang_up()?;
        boris.phone.hang_up()?;
        conferences(app, &server, &phones, 3);
        wait_for_health(&server, "degraded");
        let notices = api.get("/Notifications.json")?.json.to_string();
        ensure!(
            notices.contains("the history cannot be written ("),
            "{notices}"
        );
        pause(Duration::from_secs(3));

        std::fs::remove_file(ballast)?;
        wait_for_health(&server, "ok");
        conferences(app, &server, &phones, 3);
        let ended = events(app, "conference-end").len();
        ensure!(ended == 10, "{ended} conferences");
        let recorded = |all: &[Received]| {
            let told = all.iter().filter(|r| r.path == "/recorded").count();
            (told == 10).then_some(())
        };
        app.wait_for("10 recordings", PATIENCE, recorded)?;
        events_are_true(app, &server);
        let calls = sids(&api, "Calls").len();
        ensure!(calls == 20, "{calls} of 20 calls");

        // All data is on the disk, not only in the process.
        let server = place.killed_and_started(server)?;
        let api = Api::new(&server)?;
        events_are_true(app, &server);
        let calls = sids(&api, "Calls").len();
        ensure!(calls == 20, "{calls} of 20 calls after the restart");
        Ok(())
    };
    alone_with(test, &[], run).unwrap();
}

#[test]
fn end_of_a_recording_is_reported_after_its_row_is_written() {
    let test = "outages::end_of_a_recording_is_reported_after_its_row_is_written";
    let run = || {
        let place = Place::new()?;
        let (data, app) = (&place.data, &place.app);
        // The audio has space; the database has none.
        mount_tmpfs(&data.join("recordings"));
        let server = place.start()?;
        let (phones, api) = (Phones::new()?, Api::new(&server)?);
        conferences(app, &server, &phones, 1);
        let recorded = |count| {
            move |all: &[Received]| {
                let told = all.iter().filter(|r| r.path == "/recorded").count();
                (told == count).then_some(())
            }
        };
        app.wait_for("a recording", PATIENCE, recorded(1))?;

        let ballast = fill(data);
        conferences(app, &server, &phones, 2);
        wait_for_health(&server, "degraded");
        pause(Duration::from_secs(2));
        let known = api.get("/Recordings.json")?.json.to_string();
        let completed = known.matches("\"completed\"").count();
        ensure!(completed == 3, "the API knows of {completed}: {known}");
        let told = app.received_at("/recorded").len();
        ensure!(told == 1, "{told} recordings were reported");

        std::fs::remove_file(ballast)?;
        app.wait_for("3 recordings", PATIENCE, recorded(3))?;
        events_are_true(app, &place.killed_and_started(server)?);
        Ok(())
    };
    alone_with(test, &[], run).unwrap();
}

#[test]
fn first_start_on_a_full_disk_takes_calls_and_is_written_later() {
    let test = "outages::first_start_on_a_full_disk_takes_calls_and_is_written_later";
    let run = || {
        let place = Place::new()?;
        // The audio has space; certificate, key file and database have none.
        mount_tmpfs(&place.data.join("recordings"));
        let ballast = fill(&place.data);
        let server = place.start()?;
        wait_for_health(&server, "degraded");
        let (phones, api) = (Phones::new()?, Api::new(&server)?);
        let anna = call(&phones, &server, "desk", "anna", TONES[0])?;
        let boris = call(&phones, &server, "desk", "boris", TONES[1])?;
        api.seated("desk", 2)?;
        settle();
        ensure!(matrix(&[&anna, &boris], &[])? == "anna: boris\nboris: anna\n");
        anna.phone.hang_up()?;
        boris.phone.hang_up()?;
        let ended = |all: &[Received]| {
            let mut ended = all.iter().filter(|one| is_event(one, "conference-end"));
            ended.next().map(|_| ())
        };
        place.app.wait_for("conference-end", PATIENCE, ended)?;
        wait_for_health(&server, "degraded");
        std::fs::remove_file(ballast)?;
        wait_for_health(&server, "ok");
        let recorded = |all: &[Received]| all.iter().find(|r| r.path == "/recorded").map(|_| ());
        place.app.wait_for("a recording", PATIENCE, recorded)?;
        let server = place.killed_and_started(server)?;
        wait_for_health(&server, "ok");
        events_are_true(&place.app, &server);
        let calls = sids(&Api::new(&server)?, "Calls").len();
        ensure!(calls == 2, "{calls} of 2 calls after the restart");
        Ok(())
    };
    alone_with(test, &[], run).unwrap();
}
