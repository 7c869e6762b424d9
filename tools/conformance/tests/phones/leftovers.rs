//! Hangups from either side, at any moment, leave no state behind.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use confab_conformance::api::Api;
use confab_conformance::ports::{free_media_ports, free_media_range};
use confab_conformance::server::{Server, pause};
use confab_phone::{Phone, PhoneConfig, Phones, Voice};

fn wait_for_descriptors(server: &Server, wanted: usize, within: Duration) {
    let until = Instant::now() + within;
    while server.descriptors().unwrap() > wanted {
        assert!(
            Instant::now() < until,
            "{} descriptors instead of {wanted}\n{}",
            server.descriptors().unwrap(),
            server.log()
        );
        pause(Duration::from_millis(100));
    }
}

#[test]
fn hang_ups_at_any_moment_leave_no_descriptor_and_no_port() {
    let first = free_media_ports(20).unwrap();
    let range = format!("{first}-{}", first + 19);
    let server = Server::start(&[("CONFAB_RTP_PORTS", &range)]).unwrap();
    let api = Api::new(&server).unwrap();
    // A first request, so that persistent HTTP connections are open before the count.
    api.get("/Conferences").unwrap();
    let before = server.descriptors().unwrap();
    let phones = Phones::new().unwrap();
    for round in 0_u64..30 {
        let config =
            PhoneConfig::new(server.sip.parse().unwrap(), "brief", "caller").saying(Voice::Tone {
                hz: 440.0,
                dbfs: -14.0,
            });
        let calls: Vec<Phone> = (0..3).map(|_| phones.call(&config).unwrap()).collect();
        // Before the final response of the INVITE, around it, and long after it.
        pause(Duration::from_micros(round * round * 150));
        for call in &calls {
            call.hang_up().unwrap();
        }
        for call in &calls {
            call.wait_until_ended(Duration::from_secs(5)).unwrap();
        }
    }
    // The other side: the API removes the participants one after the other.
    let config = PhoneConfig::new(server.sip.parse().unwrap(), "brief", "caller");
    let calls: Vec<Phone> = (0..3).map(|_| phones.call(&config).unwrap()).collect();
    let (conference, seated) = api.seated("brief", 3).unwrap();
    for participant in &seated {
        let call = participant["call_sid"].as_str().unwrap();
        let path = format!("/Conferences/{conference}/Participants/{call}");
        assert_eq!(api.delete(&path).unwrap().status, 204);
        assert_eq!(api.delete(&path).unwrap().status, 404, "twice");
    }
    for call in &calls {
        call.wait_until_ended(Duration::from_secs(5)).unwrap();
    }
    wait_for_descriptors(&server, before, Duration::from_secs(34));
    for port in first..first + 20 {
        UdpSocket::bind(("127.0.0.1", port)).unwrap();
    }
    let live = api.get("/Conferences?Status=in-progress").unwrap().json;
    assert_eq!(live["conferences"].as_array().unwrap().len(), 0);
}

#[test]
fn when_the_ports_run_out_the_next_call_is_refused_and_the_others_go_on() {
    let range = free_media_range(6).unwrap();
    let server = Server::start(&[("CONFAB_RTP_PORTS", &range)]).unwrap();
    let phones = Phones::new().unwrap();
    let api = Api::new(&server).unwrap();
    let config =
        PhoneConfig::new(server.sip.parse().unwrap(), "tight", "caller").saying(Voice::Tone {
            hz: 440.0,
            dbfs: -14.0,
        });
    let calls: Vec<Phone> = (0..3).map(|_| phones.call(&config).unwrap()).collect();
    api.seated("tight", 3).unwrap();
    let fourth = phones.call(&config).unwrap();
    let state = fourth.wait_until_ended(Duration::from_secs(5)).unwrap();
    let shown = format!("{state:?}");
    assert!(shown.contains("503"), "{shown}");
    for call in &calls {
        call.wait_for_packets(25, Duration::from_secs(2)).unwrap();
    }
}
