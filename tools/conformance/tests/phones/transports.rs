//! SIP over TCP and over IPv6: SIPp and test phones, measured in a conference.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::ear::Ear;
use confab_conformance::party::{DBFS, TONES, beginning, heard, settle};
use confab_conformance::ports::free_sip_port;
use confab_conformance::server::Server;
use confab_conformance::sipp::{Script, Sipp};
use confab_phone::{Phone, PhoneConfig, Phones, Voice};
use confab_terms::Codec;

const PATIENCE: Duration = Duration::from_secs(5);
const VOICES: [(&str, f64); 3] = [("udp", TONES[0]), ("tcp", TONES[1]), ("sipp", TONES[2])];

fn call(phones: &Phones, server: &Server, room: &str, voice: (&str, f64), tcp: bool) -> Phone {
    let (name, hz) = voice;
    let config = PhoneConfig::new(server.sip.parse().unwrap(), room, name);
    let config = config.saying(Voice::Tone { hz, dbfs: DBFS });
    let config = if tcp { config.over_tcp() } else { config };
    let phone = phones.call(&config).unwrap();
    phone.wait_until_talking(PATIENCE).unwrap();
    phone
}

/// Checks that a phone over UDP, one over TCP and SIPp over TCP receive each other.
fn three_hear_each_other(server: &Server) {
    let api = Api::new(server).unwrap();
    let phones = Phones::new().unwrap();
    let over_udp = call(&phones, server, "mixed", VOICES[0], false);
    let over_tcp = call(&phones, server, "mixed", VOICES[1], true);
    api.seated("mixed", 2).unwrap();
    let address: std::net::SocketAddr = server.sip.parse().unwrap();
    let ear = Ear::open_at(address.ip(), TONES[2], DBFS).unwrap();
    let sipp = Sipp::call(&Script {
        server: &server.sip,
        tcp: true,
        room: "mixed",
        rtp_port: ear.port,
        codec: Codec::Pcmu,
        stays: Duration::from_secs(6),
        re_invite: Some("sendrecv"),
    })
    .unwrap();
    api.seated("mixed", 3).unwrap();
    settle();
    settle();
    let frames = over_tcp.listen_in_time(Duration::from_millis(600)).unwrap();
    assert_eq!(heard("tcp", &frames, &VOICES).unwrap(), ["udp", "sipp"]);
    assert_eq!(
        heard("sipp", &ear.since(beginning(&frames)), &VOICES).unwrap(),
        ["udp", "tcp"]
    );
    let frames = over_udp.listen_in_time(Duration::from_millis(400)).unwrap();
    assert_eq!(heard("udp", &frames, &VOICES).unwrap(), ["tcp", "sipp"]);
    // Hold and resume by the phone, over its connection.
    over_tcp.hold(PATIENCE).unwrap();
    over_tcp.resume(PATIENCE).unwrap();
    let (status, log) = sipp.wait().unwrap();
    assert!(status.success(), "SIPp's scenario was not followed:\n{log}");
    // The API ends one call, the phone the other: BYE in both directions over TCP.
    let (conference, seated) = api.seated("mixed", 2).unwrap();
    let tcp = seated[1]["call_sid"].as_str().unwrap();
    let path = format!("/Conferences/{conference}/Participants/{tcp}");
    assert_eq!(api.delete(&path).unwrap().status, 204);
    over_tcp.wait_until_ended(PATIENCE).unwrap();
    over_udp.hang_up().unwrap();
    over_udp.wait_until_ended(PATIENCE).unwrap();
}

#[test]
fn phones_over_tcp_and_udp_hear_each_other() {
    three_hear_each_other(&Server::start(&[]).unwrap());
}

#[test]
fn phones_over_ipv6_hear_each_other() {
    let listen = format!("[::1]:{}", free_sip_port("[::1]").unwrap());
    three_hear_each_other(&Server::start(&[("CONFAB_SIP_LISTEN", &listen)]).unwrap());
}

#[test]
fn two_hundred_calls_of_sipp_over_tcp_all_come_to_their_end() {
    let server = Server::start(&[]).unwrap();
    for transport in ["t1", "tn"] {
        let (status, log) = Sipp::storm(&server.sip, transport, 200).unwrap();
        assert!(status.success(), "{transport}:\n{log}");
    }
}
