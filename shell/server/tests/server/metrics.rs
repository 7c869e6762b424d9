//! `/metrics` of a running server: the counts match the events.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use confab_phone::{PhoneConfig, Phones, Voice};

use crate::process::{Folder, Server, command};
use crate::sip::{Line, header, request_with_media};

const PATIENCE: Duration = Duration::from_secs(5);
/// Time within which the source of a call's media is locked, and the figures are updated.
const LOCKED_WITHIN: Duration = Duration::from_secs(15);
/// Page with all metrics.
const OPERATE: &str = include_str!("../../../../docs/operate.md");
/// RTP ports of two calls.
const RTP_PORTS: [u16; 2] = [18_110, 18_112];

#[test]
fn a_call_and_what_is_dropped_can_be_counted() {
    let folder = Folder::new();
    let server = Server::from(command(&folder).env("CONFAB_RTP_PORTS", "18110-18113"));
    assert_eq!(server.figure("confab_calls"), 0.0);
    let phones = Phones::new().unwrap();
    let voice = Voice::Tone {
        hz: 600.0,
        dbfs: -20.0,
    };
    let call = |name: &str| {
        let config = PhoneConfig::new(server.sip, "counted", name).saying(voice.clone());
        let phone = phones.call(&config).unwrap();
        phone.wait_until_talking(PATIENCE).unwrap();
        phone.wait_for_packets(10, PATIENCE).unwrap();
        phone
    };
    let (anna, boris) = (call("anna"), call("boris"));
    for (name, count) in [
        ("confab_calls", 2.0),
        ("confab_conferences", 1.0),
        ("confab_legs", 2.0),
        ("confab_rooms", 1.0),
        ("confab_calls_total", 2.0),
        ("confab_disagreements_total", 0.0),
        ("confab_history_lost_total", 0.0),
        ("confab_history_degraded", 0.0),
        ("confab_webhooks_waiting", 0.0),
        ("confab_queue_length{queue=\"asked\"}", 0.0),
        ("confab_queue_length{queue=\"recordings\"}", 0.0),
        ("confab_queue_length{queue=\"history\"}", 0.0),
    ] {
        server.wait_for_figure(name, |figure| figure == count);
    }
    for name in [
        "confab_packets_in_total{kind=\"rtp\"}",
        "confab_packets_out_total{kind=\"rtp\"}",
        "confab_sip_datagrams_total{way=\"in\"}",
        "confab_sip_datagrams_total{way=\"out\"}",
        "confab_tick_length_seconds_count",
        "confab_tick_lateness_seconds_bucket{le=\"+Inf\"}",
        "confab_switchboard_turn_seconds_count",
        "confab_worst_seconds{of=\"tick_length\"}",
    ] {
        server.wait_for_figure(name, |figure| figure > 0.0);
    }
    assert_eq!(server.ask("GET", "Conferences/nonsense", "").0, 404);
    assert_eq!(
        server.figure("confab_http_refusals_total{status=\"404\"}"),
        1.0
    );
    // To a port of a connected socket: the kernel drops packets of other sources.
    let unclaimed = server.figure("confab_udp_unclaimed_total");
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let begun = Instant::now();
    // The socket is connected to its phone only once the source is locked.
    while server.figure("confab_udp_unclaimed_total") <= unclaimed {
        for port in RTP_PORTS {
            stranger.send_to(&[0x80; 172], ("127.0.0.1", port)).unwrap();
        }
        assert!(begun.elapsed() < LOCKED_WITHIN, "no packet was dropped");
    }
    assert!(server.figure("confab_media_socket_drops_total") >= 0.0);
    server.figure("confab_sip_datagrams_total{way=\"dropped\"}");
    for phone in [anna, boris] {
        phone.hang_up().unwrap();
        phone.wait_until_ended(PATIENCE).unwrap();
    }
    server.wait_for_figure("confab_calls", |figure| figure == 0.0);
    server.wait_for_figure("confab_legs", |figure| figure == 0.0);
    let junk = UdpSocket::bind("127.0.0.1:0").unwrap();
    let before = server.figure("confab_sip_datagrams_total{way=\"in\"}");
    junk.send_to(b"nonsense", server.sip).unwrap();
    server.wait_for_figure("confab_sip_datagrams_total{way=\"in\"}", |figure| {
        figure > before
    });
}

/// Starts a call whose RTP the test sends.
fn call_by_hand(server: &Server) -> UdpSocket {
    let rtp = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let rtp_port = rtp.local_addr().expect("bound").port();
    let line = Line::tcp(server);
    let request =
        |method, tag: &str| request_with_media(method, "by-hand", tag, line.local(), rtp_port);
    line.send(&request("INVITE", ""));
    let answer = loop {
        let response = line.next().expect("a response");
        match response.status.as_str() {
            "100" | "180" => {}
            _ => break response,
        }
    };
    assert_eq!(answer.status, "200", "{}", answer.text);
    let (_, tag) = header(&answer.text, "To")
        .split_once(";tag=")
        .expect("a tag");
    line.send(&request("ACK", &format!(";tag={tag}")));
    let media = answer
        .text
        .lines()
        .find(|line| line.starts_with("m=audio "));
    let port = media.and_then(|media| media.split(' ').nth(1)?.parse::<u16>().ok());
    rtp.connect(("127.0.0.1", port.expect("a port")))
        .expect("a socket");
    let patience = Some(Duration::from_millis(200));
    rtp.set_read_timeout(patience).expect("a socket");
    // Dropping the connection would end the call.
    std::mem::forget(line);
    rtp
}

#[test]
fn lost_and_overtaken_packets_are_counted() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let rtp = call_by_hand(&server);
    let figure = |name: &str| server.figure(&format!("confab_packets_{name}_total"));
    assert_eq!((figure("missing"), figure("overtaken")), (0.0, 0.0));
    let send = |n: u16| {
        let mut packet = vec![0x80, 0];
        packet.extend(n.to_be_bytes());
        packet.extend((u32::from(n) * 160).to_be_bytes());
        packet.extend([0, 0, 0, 7]);
        packet.extend([0x55; 160]);
        rtp.send(&packet).unwrap();
        // The server sends a packet every 20 ms.
        let _silent = rtp.recv(&mut [0; 2_048]);
    };
    // 20 to 24 are lost; 41 overtakes 40, which is missing until then.
    (0..20).chain(25..40).for_each(send);
    for n in [41, 40] {
        send(n);
    }
    (42..60).for_each(send);
    server.wait_for_figure("confab_packets_missing_total", |figure| figure == 6.0);
    server.wait_for_figure("confab_packets_overtaken_total", |figure| figure == 1.0);
    server.wait_for_figure("confab_frames_concealed_total", |figure| figure >= 5.0);
}

#[test]
fn every_line_is_of_the_text_form_and_no_name_comes_twice() {
    let folder = Folder::new();
    let server = Server::start(&folder);
    let metrics = server.metrics();
    let mut series = BTreeSet::new();
    let mut families = BTreeSet::new();
    for line in metrics.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let name = help.split(' ').next().unwrap();
            assert!(name.starts_with("confab_"), "{line}");
            assert!(families.insert(name.to_owned()), "{name} comes twice");
            let is_documented = [format!("`{name}`"), format!("`{name}{{")];
            let is_documented = is_documented.iter().any(|form| OPERATE.contains(form));
            assert!(is_documented, "{name} is missing in docs/operate.md");
        } else if !line.starts_with("# TYPE ") {
            let (name, value) = line.rsplit_once(' ').expect(line);
            value.parse::<f64>().expect(line);
            assert!(series.insert(name.to_owned()), "{name} comes twice");
            assert!(families.iter().any(|family| name.starts_with(family)));
        }
    }
    assert!(families.len() > 25, "{} families", families.len());
}
