//! SIP over TCP on real sockets: connections that vanish, that nobody reads, or that flood the
//! server. No frame is missing in concurrent calls.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use confab_phone::heard::{continuity, frames};
use confab_phone::{Phone, PhoneConfig, Phones, State, Voice};

use crate::process::{Folder, Server};
use crate::sip::{Line, OPTIONS, header, request};

const PATIENCE: Duration = Duration::from_secs(5);

fn call(phones: &Phones, server: &Server, hz: f64) -> Phone {
    let voice = Voice::Tone { hz, dbfs: -20.0 };
    let config = PhoneConfig::new(server.sip, "beside", &format!("tone{hz}")).saying(voice);
    let phone = phones.call(&config.over_tcp()).expect("a call");
    phone.wait_until_talking(PATIENCE).expect("a call");
    phone.wait_for_packets(25, PATIENCE).expect("a call");
    phone
}

/// Places a call over a line up to the ACK; returns the To tag.
fn answered(line: &Line, room: &str, contact: std::net::SocketAddr) -> String {
    line.send(&request("INVITE", room, "", contact));
    let mut last = line.next().expect("100");
    while last.status != "200" {
        assert!(last.status.starts_with('1'), "{last:?}");
        last = line.next().expect("200");
    }
    let contact_of_it = header(&last.text, "Contact");
    assert!(
        contact_of_it.ends_with(";transport=tcp>"),
        "{contact_of_it}"
    );
    let to = header(&last.text, "To");
    let tag = to[to.find(";tag=").expect("a tag")..].to_owned();
    line.send(&request("ACK", room, &tag, contact));
    tag
}

/// Ends the call of this room through the API.
fn end_by_api(server: &Server, room: &str) {
    let (_, list) = server.ask("GET", &format!("Conferences.json?FriendlyName={room}"), "");
    let conference = list["conferences"][0]["sid"]
        .as_str()
        .expect("a conference");
    let path = format!("Conferences/{conference}/Participants");
    let (_, list) = server.ask("GET", &path, "");
    let call = list["participants"][0]["call_sid"]
        .as_str()
        .expect("a call");
    assert_eq!(server.ask("DELETE", &format!("{path}/{call}"), "").0, 204);
}

#[test]
fn a_bye_goes_to_the_contact_when_the_connection_is_gone() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let phone = TcpListener::bind("127.0.0.1:0").unwrap();
    let contact = phone.local_addr().unwrap();
    let line = Line::tcp(&server);
    answered(&line, "gone", contact);
    server.wait_for_figure("confab_calls", |figure| figure == 1.0);
    drop(line);
    server.wait_for_figure("confab_sip_connections", |figure| figure == 0.0);
    assert_eq!(
        server.figure("confab_calls"),
        1.0,
        "it survives its connection"
    );
    end_by_api(&server, "gone");
    let (stream, _) = phone.accept().unwrap();
    let line = Line::over(stream);
    let bye = line.next().expect("a BYE").text;
    let start = format!("BYE sip:t@{contact};transport=tcp SIP/2.0\r\n");
    assert!(bye.starts_with(&start), "{bye}");
    assert!(header(&bye, "Via").starts_with("SIP/2.0/TCP "), "{bye}");
    let echo: String = ["Via", "From", "To", "Call-ID", "CSeq"]
        .iter()
        .map(|name| format!("{name}: {}\r\n", header(&bye, name)))
        .collect();
    line.send(format!("SIP/2.0 200 OK\r\n{echo}Content-Length: 0\r\n\r\n").as_bytes());
    server.wait_for_figure("confab_calls", |figure| figure == 0.0);
}

#[test]
fn a_bye_that_nobody_takes_ends_the_call_all_the_same() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    let contact = {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap();
        closed.local_addr().unwrap()
    };
    let line = Line::tcp(&server);
    answered(&line, "nobody", contact);
    server.wait_for_figure("confab_calls", |figure| figure == 1.0);
    drop(line);
    server.wait_for_figure("confab_sip_connections", |figure| figure == 0.0);
    end_by_api(&server, "nobody");
    server.wait_for_figure("confab_calls", |figure| figure == 0.0);
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn a_keep_alive_is_answered() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let mut stream = TcpStream::connect(server.sip).unwrap();
    stream.write_all(b"\r\n\r\n").unwrap();
    let mut pong = [0; 2];
    std::io::Read::read_exact(&mut stream, &mut pong).unwrap();
    assert_eq!(&pong, b"\r\n");
}

#[test]
fn floods_and_slow_readers_leave_a_call_alone() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let phones = Phones::new().unwrap();
    let (anna, boris) = (
        call(&phones, &server, 600.0),
        call(&phones, &server, 1_000.0),
    );
    let before = server.resident();

    // A client that sends requests and never reads is closed, and delays nothing meanwhile.
    let mut deaf = TcpStream::connect(server.sip).unwrap();
    deaf.set_write_timeout(Some(PATIENCE)).unwrap();
    let asked = Instant::now();
    while deaf.write_all(OPTIONS).is_ok() {
        assert!(asked.elapsed() < 12 * PATIENCE, "it is never closed");
    }
    // Hundreds of half messages at once.
    let halves: Vec<TcpStream> = (0..400)
        .map(|n| {
            let mut stream = TcpStream::connect(server.sip).unwrap();
            let half = &OPTIONS[..n % OPTIONS.len()];
            stream.write_all(half).unwrap();
            stream
        })
        .collect();
    // Connections that close immediately, with and without a message.
    for n in 0..400 {
        let mut stream = TcpStream::connect(server.sip).unwrap();
        if n % 2 == 0 {
            stream.write_all(OPTIONS).unwrap();
        }
    }
    let line = Line::tcp(&server);
    line.send(OPTIONS);
    assert!(line.until_options().is_empty());
    boris.wait_for_packets(50, PATIENCE).unwrap();
    drop(halves);
    // The connections of the two phones and of the line.
    server.wait_for_figure("confab_sip_connections", |figure| figure == 3.0);
    let grown = server.resident().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more");
    for phone in [&anna, &boris] {
        assert_eq!(phone.state(), State::Talking);
        let heard = continuity(&frames(&phone.packets()));
        assert_eq!((heard.missing, heard.doubled), (0, 0), "{heard:?}");
    }
    for phone in [anna, boris] {
        phone.hang_up().unwrap();
        phone.wait_until_ended(PATIENCE).unwrap();
    }
    server.wait_for_figure("confab_calls", |figure| figure == 0.0);
}
