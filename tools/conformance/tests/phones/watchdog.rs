//! Stalled threads of the server: `strace` delays a thread in a system call, as a fault would.

use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use confab_conformance::party::{TONES, call};
use confab_conformance::server::{Server, pause, plain_get};
use confab_phone::{Phone, Phones};

/// Time from the fault to the end of the process: 2 s for the detection, 1 s for the BYEs, 1 s for
/// the end.
const ENDS_WITHIN: Duration = Duration::from_secs(6);
const STOPPED: i32 = 3;

/// Delays a system call of one thread by 8 s from now on.
fn delay(server: &Server, thread: &str, call: &str) -> Child {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", server.pid())).unwrap();
    let mut tasks = tasks.map(|task| task.unwrap().path());
    let named = |task: &std::path::PathBuf| {
        let name = std::fs::read_to_string(task.join("comm")).unwrap_or_default();
        name.trim() == thread
    };
    let task = tasks.find(named).unwrap();
    let task = task.file_name().unwrap().to_str().unwrap();
    Command::new("strace")
        .args(["-p", task, "-e", &format!("trace={call}")])
        .args(["-e", &format!("inject={call}:delay_enter=8000000")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("strace did not start: is the package strace installed?")
}

/// Waits for the end of the process with its status, and for the BYE to each phone.
fn ends(server: &mut Server, thread: &str, phones: &[Phone]) {
    let begun = Instant::now();
    let mut refused = false;
    while begun.elapsed() < ENDS_WITHIN && !refused {
        let health = plain_get(&server.http, "/healthz");
        refused = health.is_err() || health.is_ok_and(|answer| answer.contains(" 503 "));
        pause(Duration::from_millis(5));
    }
    assert!(refused, "/healthz stays at 200");
    let status = server.wait(ENDS_WITHIN).unwrap();
    assert_eq!(status.code(), Some(STOPPED), "{}", server.log());
    let words = format!("thread {thread} has stood still for 2 s");
    assert!(server.log().contains(&words), "{}", server.log());
    for phone in phones {
        phone.wait_until_ended(Duration::from_secs(1)).unwrap();
    }
}

#[test]
fn media_thread_that_stands_still_ends_the_calls_and_the_process() {
    let mut server = Server::start(&[("CONFAB_MEDIA_THREADS", "2")]).unwrap();
    let phones = Phones::new().unwrap();
    let callers = ["anna", "boris"].map(|name| {
        call(&phones, &server, "stall", name, TONES[0])
            .unwrap()
            .phone
    });
    let mut strace = delay(&server, "media-1", "clock_nanosleep");
    ends(&mut server, "media-1", &callers);
    strace.wait().unwrap();
}

#[test]
fn media_thread_that_stands_still_during_a_drain_ends_the_drain() {
    let settings = [
        ("CONFAB_MEDIA_THREADS", "2"),
        ("CONFAB_DRAIN_SECONDS", "60"),
    ];
    let mut server = Server::start(&settings).unwrap();
    let phones = Phones::new().unwrap();
    let caller = call(&phones, &server, "stall", "anna", TONES[0]).unwrap();
    let mut term = Command::new("kill");
    let status = term.arg(server.pid().to_string()).status();
    assert!(status.unwrap().success());
    pause(Duration::from_millis(500));
    let mut strace = delay(&server, "media-1", "clock_nanosleep");
    // A drain responds with 503 from its start: the time is measured from the report.
    let begun = Instant::now();
    while !server.log().contains("has stood still") {
        assert!(begun.elapsed() < ENDS_WITHIN, "{}", server.log());
        pause(Duration::from_millis(20));
    }
    ends(&mut server, "media-1", &[caller.phone]);
    strace.wait().unwrap();
}

#[test]
fn switchboard_that_stands_still_ends_the_process() {
    let mut server = Server::start(&[]).unwrap();
    let mut strace = delay(&server, "switchboard", "recvmmsg");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    // Each datagram makes the switchboard read, once strace is attached.
    for _ in 0..20 {
        socket.send_to(b"\r\n\r\n", &server.sip).unwrap();
        pause(Duration::from_millis(50));
    }
    ends(&mut server, "switchboard", &[]);
    strace.wait().unwrap();
}

#[test]
fn stall_of_the_whole_process_ends_no_call() {
    let server = Server::start(&[("CONFAB_MEDIA_THREADS", "1")]).unwrap();
    let phones = Phones::new().unwrap();
    let caller = call(&phones, &server, "short", "anna", TONES[0]).unwrap();
    let mut stop = Command::new("kill");
    let status = stop.args(["-STOP", &server.pid().to_string()]).status();
    assert!(status.unwrap().success());
    pause(Duration::from_secs(3));
    let mut go_on = Command::new("kill");
    let status = go_on.args(["-CONT", &server.pid().to_string()]).status();
    assert!(status.unwrap().success());
    pause(Duration::from_secs(3));
    caller
        .phone
        .wait_for_packets(50, Duration::from_secs(3))
        .unwrap();
    assert!(
        server.log().contains("the machine stalled"),
        "{}",
        server.log()
    );
    assert!(
        plain_get(&server.http, "/healthz")
            .unwrap()
            .contains(" 200 ")
    );
}
