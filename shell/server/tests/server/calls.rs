//! Real phones on real sockets: audibility and a drain, measured by received audio.

use std::net::UdpSocket;
use std::time::Duration;

use confab_phone::heard::{Presence, Sought, continuity, presence};
use confab_phone::{Phone, PhoneConfig, PhoneError, Phones, State, Voice};

use crate::process::{Folder, Server, command};

const PATIENCE: Duration = Duration::from_secs(5);
const DBFS: f64 = -20.0;

fn call(phones: &Phones, server: &Server, room: &str, hz: f64) -> Result<Phone, PhoneError> {
    let voice = Voice::Tone { hz, dbfs: DBFS };
    let config = PhoneConfig::new(server.sip, room, &format!("tone{hz}")).saying(voice);
    let phone = phones.call(&config)?;
    phone.wait_until_talking(PATIENCE)?;
    Ok(phone)
}

/// Returns the presence of a tone in half a second from now on.
fn heard(phone: &Phone, hz: f64) -> Presence {
    let frames = phone
        .listen_in_time(Duration::from_millis(500))
        .expect("audio flows");
    let name = String::new();
    presence(
        &frames,
        &Sought {
            name,
            hz,
            dbfs: DBFS,
        },
    )
}

#[test]
fn a_mute_by_http_is_heard_and_so_is_its_end() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let phones = Phones::new().unwrap();
    let anna = call(&phones, &server, "Room 1", 600.0).unwrap();
    let boris = call(&phones, &server, "Room 1", 1_000.0).unwrap();
    boris.wait_for_packets(25, PATIENCE).unwrap();
    assert_eq!(heard(&boris, 600.0), Presence::Heard);
    assert_eq!(heard(&anna, 1_000.0), Presence::Heard);
    assert_eq!(
        heard(&anna, 600.0),
        Presence::Silent,
        "nobody hears himself"
    );

    let (status, list) = server.ask("GET", "Conferences.json?FriendlyName=Room%201", "");
    assert_eq!(status, 200);
    let conference = list["conferences"][0]["sid"].as_str().unwrap();
    let path = format!("Conferences/{conference}/Participants");
    let (_, list) = server.ask("GET", &path, "");
    let first = list["participants"][0]["call_sid"].as_str().unwrap();
    let path = format!("{path}/{first}");
    for (form, wanted) in [
        ("Muted=true", Presence::Silent),
        ("Muted=false", Presence::Heard),
    ] {
        let (status, participant) = server.ask("POST", &path, form);
        assert_eq!(status, 200, "{participant}");
        assert_eq!(participant["muted"], form == "Muted=true");
        // A packet of the previous tick may still be in transit.
        boris.wait_for_packets(1, PATIENCE).unwrap();
        assert_eq!(heard(&boris, 600.0), wanted);
        assert_eq!(heard(&anna, 1_000.0), Presence::Heard);
    }
    let all = confab_phone::heard::frames(&boris.packets());
    assert_eq!(continuity(&all).missing, 0);
}

#[test]
fn a_phone_that_holds_is_neither_heard_nor_sent_to() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let phones = Phones::new().unwrap();
    let anna = call(&phones, &server, "hold", 600.0).unwrap();
    let boris = call(&phones, &server, "hold", 1_000.0).unwrap();
    boris.wait_for_packets(25, PATIENCE).unwrap();
    anna.hold(PATIENCE).unwrap();
    assert_eq!(anna.last_refusal(), None);
    assert_eq!(anna.state(), State::Holding);
    boris.wait_for_packets(5, PATIENCE).unwrap();
    let before = anna.packets_heard();
    assert_eq!(heard(&boris, 600.0), Presence::Silent);
    assert_eq!(anna.packets_heard(), before);
    anna.resume(PATIENCE).unwrap();
    anna.wait_for_packets(5, PATIENCE).unwrap();
    boris.wait_for_packets(5, PATIENCE).unwrap();
    assert_eq!(heard(&boris, 600.0), Presence::Heard);
    assert_eq!(heard(&anna, 1_000.0), Presence::Heard);
}

#[test]
fn a_drain_refuses_new_calls_and_ends_the_old_ones() {
    let folder = Folder::new();
    let mut server = Server::from(command(&folder).env("CONFAB_DRAIN_SECONDS", "1"));
    let phones = Phones::new().unwrap();
    let anna = call(&phones, &server, "drain", 600.0).unwrap();
    assert_eq!(server.health(), 200);
    server.terminate();
    while server.health() == 200 {}
    assert!(matches!(
        call(&phones, &server, "drain", 1_000.0),
        Err(PhoneError::Over(confab_sip::Ending::Refused(503)))
    ));
    assert_eq!(anna.state(), State::Talking, "it may go on for a second");
    let ended = anna.wait_until_ended(PATIENCE).unwrap();
    assert_eq!(ended, State::Ended(confab_sip::Ending::Bye));
    assert_eq!(server.wait().code(), Some(0));
    UdpSocket::bind(server.sip).expect("its SIP port is free again");
}

#[test]
fn second_sigterm_sends_bye_to_every_leg_and_ends_within_500_ms() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    let phones = Phones::new().unwrap();
    let anna = call(&phones, &server, "drain", 600.0).unwrap();
    let boris = call(&phones, &server, "drain", 1_000.0).unwrap();
    server.terminate();
    while server.health() == 200 {}
    let begun = std::time::Instant::now();
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    let lasted = begun.elapsed();
    for phone in [anna, boris] {
        let ended = phone.wait_until_ended(PATIENCE).unwrap();
        assert_eq!(ended, State::Ended(confab_sip::Ending::Bye));
    }
    assert!(lasted < Duration::from_millis(500), "{lasted:?}");
}

#[test]
fn second_sigterm_does_not_wait_for_phones_that_are_silent() {
    let folder = Folder::new();
    let mut server = Server::start(&folder);
    // A caller that never responds, not even to BYE.
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let at = socket.local_addr().unwrap();
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
               m=audio 9 RTP/AVP 0\r\n";
    let request = |method: &str, branch: &str, to: &str, body: &str| {
        format!(
            "{method} sip:room@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK{branch}\r\n\
             From: <sip:mute@example.com>;tag=1\r\nTo: {to}\r\nCall-ID: mute\r\n\
             CSeq: 1 {method}\r\nContact: <sip:mute@{at}>\r\nMax-Forwards: 70\r\n\
             Content-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{body}",
            server = server.sip,
            length = body.len()
        )
    };
    let mut buffer = [0; 65_536];
    let mut receive = || {
        let (length, _) = socket.recv_from(&mut buffer).expect("a message");
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    let to = format!("<sip:room@{}>", server.sip);
    let invite = request("INVITE", "1", &to, sdp);
    socket.send_to(invite.as_bytes(), server.sip).unwrap();
    let answer = loop {
        let answer = receive();
        if answer.starts_with("SIP/2.0 200") {
            break answer;
        }
    };
    let to = answer.lines().find_map(|line| line.strip_prefix("To: "));
    let ack = request("ACK", "2", to.unwrap(), "");
    socket.send_to(ack.as_bytes(), server.sip).unwrap();
    server.wait_for_figure("confab_calls", |calls| calls == 1.0);
    server.terminate();
    while server.health() == 200 {}
    let begun = std::time::Instant::now();
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    let lasted = begun.elapsed();
    while !receive().starts_with("BYE ") {}
    assert!(lasted < Duration::from_millis(500), "{lasted:?}");
}

#[test]
fn every_port_is_free_again_after_a_call() {
    let folder = Folder::new();
    let ports = "18100-18103";
    let server = Server::from(command(&folder).env("CONFAB_RTP_PORTS", ports));
    let phones = Phones::new().unwrap();
    for _ in 0..3 {
        let anna = call(&phones, &server, "ports", 600.0).unwrap();
        let boris = call(&phones, &server, "ports", 1_000.0).unwrap();
        let refused = call(&phones, &server, "ports", 1_400.0);
        assert!(matches!(
            refused,
            Err(PhoneError::Over(confab_sip::Ending::Refused(503)))
        ));
        for phone in [&anna, &boris] {
            phone.hang_up().unwrap();
            phone.wait_until_ended(PATIENCE).unwrap();
        }
        let free = || (18_100..18_104).all(|port| UdpSocket::bind(("127.0.0.1", port)).is_ok());
        let begun = std::time::Instant::now();
        while !free() {
            assert!(begun.elapsed() < PATIENCE, "media ports are left over");
        }
    }
}
