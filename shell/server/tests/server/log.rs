//! Standard error without a reader: signaling and API continue, and the server can end.

use std::io::Read;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use crate::process::{Folder, Server, command};

/// Sends OPTIONS, and waits for its response.
fn is_answered(server: &Server, from: &UdpSocket, n: usize) -> bool {
    let here = from.local_addr().expect("bound");
    let options = format!(
        "OPTIONS sip:confab@{0} SIP/2.0\r\nVia: SIP/2.0/UDP {here};branch=z9hG4bK{n}\r\n\
         From: <sip:a@{here}>;tag={n}\r\nTo: <sip:confab@{0}>\r\nCall-ID: {n}@pipe\r\n\
         CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
        server.sip
    );
    from.send_to(options.as_bytes(), server.sip).expect("sent");
    let mut answer = [0; 4_096];
    loop {
        let Ok(count) = from.recv(&mut answer) else {
            return false;
        };
        let answer = String::from_utf8_lossy(&answer[..count]);
        if answer.contains(&format!("Call-ID: {n}@pipe")) {
            return answer.starts_with("SIP/2.0 200");
        }
    }
}

#[test]
fn standard_error_that_is_not_read_stops_nothing() {
    let folder = Folder::new();
    let mut server = Server::from(command(&folder).env("CONFAB_LOG", "trace"));
    let mut log = server.unread();
    let from = UdpSocket::bind("127.0.0.1:0").unwrap();
    from.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let begun = Instant::now();
    let mut n = 0;
    // A pipe holds 64 kB, the queue some thousand lines.
    while server.figure("confab_log_lines_dropped_total") < 100.0 {
        n += 1;
        assert!(is_answered(&server, &from, n), "OPTIONS {n} got no 200");
        assert_eq!(server.health(), 200);
        // Each request writes a line to the log.
        server.ask_often("Conferences", 200);
        assert!(begun.elapsed() < Duration::from_secs(120), "none dropped");
    }
    let mut text = Vec::new();
    let mut piece = [0; 65_536];
    let reported = |text: &[u8]| String::from_utf8_lossy(text).contains("log lines dropped");
    while !reported(&text) {
        let count = log.read(&mut piece).unwrap();
        assert!(count > 0, "the log ended without a report");
        text.extend_from_slice(&piece[..count]);
    }
    // Again, with the end of the server while the pipe is full.
    let dropped = server.figure("confab_log_lines_dropped_total");
    while server.figure("confab_log_lines_dropped_total") == dropped {
        n += 1;
        assert!(is_answered(&server, &from, n), "OPTIONS {n} got no 200");
        server.ask_often("Conferences", 200);
    }
    let begun = Instant::now();
    server.terminate();
    assert!(server.wait().success());
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(10), "it ended after {took:?}");
}
