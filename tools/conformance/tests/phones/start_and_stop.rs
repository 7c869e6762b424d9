//! Start and stop of the server: one clear line for each error, and the exit status.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use confab_conformance::party::call;
use confab_conformance::ports::free_tcp_port;
use confab_conformance::server::{Server, binary, pause};
use confab_phone::Phones;

fn serve(environment: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let http = format!("127.0.0.1:{}", free_tcp_port().unwrap());
    Command::new(binary().unwrap())
        .arg("serve")
        .env("CONFAB_HTTP_LISTEN", http)
        .env("CONFAB_HTTPS_LISTEN", "")
        .env("CONFAB_SIP_LISTEN", "127.0.0.1:0")
        .env("CONFAB_DATA_DIR", folder.path())
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

/// Checks for one line on standard error that contains all these texts, and for the exit status.
fn complains(environment: &[(&str, &str)], status: i32, says: &[&str]) {
    let output = serve(environment);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(status),
        "{environment:?}: {complaint}"
    );
    assert_eq!(
        complaint.trim().lines().count(),
        1,
        "{environment:?}: {complaint}"
    );
    for word in says {
        assert!(
            complaint.contains(word),
            "{environment:?}: {complaint:?} lacks {word:?}"
        );
    }
}

#[test]
fn bad_variables_end_the_start_with_one_line_and_status_2() {
    complains(
        &[("CONFAB_HTTP_LISTEN", "nonsense")],
        2,
        &["CONFAB_HTTP_LISTEN", "nonsense"],
    );
    complains(
        &[("CONFAB_SIP_LISTEN", "0.0.0.0:5060")],
        2,
        &["CONFAB_SIP_LISTEN", "0.0.0.0:5060"],
    );
    complains(
        &[("CONFAB_RTP_PORTS", "9-1")],
        2,
        &["CONFAB_RTP_PORTS", "9-1"],
    );
    complains(&[("CONFAB_RTP_PORTS", "x")], 2, &["CONFAB_RTP_PORTS"]);
    complains(
        &[("CONFAB_VOICE_URL", "not a url")],
        2,
        &["CONFAB_VOICE_URL", "not a url"],
    );
    complains(
        &[("CONFAB_VOICE_METHOD", "PUT")],
        2,
        &["CONFAB_VOICE_METHOD", "PUT"],
    );
    complains(
        &[("CONFAB_STATUS_CALLBACK_EVENTS", "completed,over")],
        2,
        &["CONFAB_STATUS_CALLBACK_EVENTS", "completed,over"],
    );
    complains(
        &[("CONFAB_FETCH_ALLOW", "10.0.0.0/99")],
        2,
        &["CONFAB_FETCH_ALLOW", "10.0.0.0/99"],
    );
    complains(
        &[("CONFAB_ACCOUNT_SID", "me")],
        2,
        &["CONFAB_ACCOUNT_SID", "me"],
    );
    complains(
        &[("CONFAB_DRAIN_SECONDS", "-1")],
        2,
        &["CONFAB_DRAIN_SECONDS", "-1"],
    );
    complains(
        &[("CONFAB_LOG_FORMAT", "xml")],
        2,
        &["CONFAB_LOG_FORMAT", "xml"],
    );
    complains(
        &[("CONFAB_DIALECT", "esperanto")],
        2,
        &["CONFAB_DIALECT", "esperanto"],
    );
}

#[test]
fn a_port_that_is_taken_and_a_folder_that_is_not_writable_are_status_1() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    complains(
        &[("CONFAB_HTTP_LISTEN", &address)],
        1,
        &["CONFAB_HTTP_LISTEN", &address],
    );
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    complains(
        &[("CONFAB_SIP_LISTEN", &address)],
        1,
        &["CONFAB_SIP_LISTEN", &address],
    );
    complains(
        &[("CONFAB_DATA_DIR", "/proc/nowhere")],
        1,
        &["CONFAB_DATA_DIR", "/proc/nowhere"],
    );
}

#[test]
fn sigterm_drains_and_ends_with_status_0() {
    let mut server = Server::start(&[("CONFAB_DRAIN_SECONDS", "1")]).unwrap();
    let phones = Phones::new().unwrap();
    let caller = call(&phones, &server, "last", "caller", 440.0).unwrap();
    let began = Instant::now();
    let status = server.terminate().unwrap();
    assert!(status.success(), "{status}\n{}", server.log());
    let took = began.elapsed();
    assert!(
        took > Duration::from_millis(800),
        "the call might have gone on: {took:?}"
    );
    assert!(took < Duration::from_secs(5), "{took:?}");
    caller
        .phone
        .wait_until_ended(Duration::from_secs(2))
        .unwrap();
}

#[test]
fn a_second_sigterm_ends_at_once_and_no_calls_end_it_at_once_too() {
    let mut server = Server::start(&[]).unwrap();
    let began = Instant::now();
    assert!(server.terminate().unwrap().success());
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "nobody was calling"
    );

    let mut server = Server::start(&[]).unwrap();
    let phones = Phones::new().unwrap();
    let _caller = call(&phones, &server, "last", "caller", 440.0).unwrap();
    let pid = server.pid().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    pause(Duration::from_millis(300));
    let began = Instant::now();
    server.terminate().unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "the second one does not wait"
    );
}

#[test]
fn what_ended_is_still_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("kept").to_string_lossy().into_owned();
    let mut server = Server::start(&[("CONFAB_DATA_DIR", &data)]).unwrap();
    let api = confab_conformance::api::Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();
    let a = call(&phones, &server, "kept", "a", 440.0).unwrap();
    let b = call(&phones, &server, "kept", "b", 770.0).unwrap();
    let (conference, seated) = api.seated("kept", 2).unwrap();
    a.phone.hang_up().unwrap();
    b.phone.hang_up().unwrap();
    b.phone.wait_until_ended(Duration::from_secs(5)).unwrap();
    assert!(server.terminate().unwrap().success());

    let server = Server::start(&[("CONFAB_DATA_DIR", &data)]).unwrap();
    let api = confab_conformance::api::Api::new(&server).unwrap();
    let fetched = api.get(&format!("/Conferences/{conference}")).unwrap();
    assert_eq!(
        (fetched.status, fetched.json["status"].as_str()),
        (200, Some("completed"))
    );
    let call = seated[0]["call_sid"].as_str().unwrap();
    let fetched = api.get(&format!("/Calls/{call}")).unwrap();
    assert_eq!(
        (fetched.status, fetched.json["status"].as_str()),
        (200, Some("completed"))
    );
    let path = format!("/Conferences/{conference}/Participants/{call}");
    let late = api.post(&path, &[("Muted", "true")]).unwrap();
    assert_eq!(
        (late.status, late.json["code"].as_u64()),
        (422, Some(10_000))
    );
}
