//! DTMF digits that applications send to phones: as RFC 4733 events if negotiated, otherwise as
//! in-band tones. Each digit arrives once, in order, and before the next verb.

use std::time::Duration;

use confab_codec::TouchTones;
use confab_conformance::api::Api;
use confab_conformance::application::Application;
use confab_conformance::caller::{Call, Caller};
use confab_conformance::ear::Ear;
use confab_conformance::party::{DBFS, TONES, call, settle};
use confab_conformance::ports::free_sip_port;
use confab_conformance::server::{Server, pause};
use confab_conformance::sipp::Sipp;
use confab_phone::heard::{Frame, frames};
use confab_phone::{Packet, PhoneConfig, Phones, Voice, now};
use confab_terms::{Codec, Digit, Instant};

const PHONE: &str = "answers";
/// Payload type of events in all offers of these tests.
const EVENTS: u8 = 101;

/// Returns the digits of the events; each is started once, and ended.
fn told(packets: &[Packet]) -> String {
    let mut keys: Vec<(u32, u8, bool)> = Vec::new();
    for packet in packets.iter().filter(|p| p.payload_type == EVENTS) {
        let (event, ends) = (packet.payload[0], packet.payload[1] & 0x80 != 0);
        match keys.last_mut() {
            Some(key) if key.0 == packet.timestamp => {
                assert_eq!((key.1, packet.marker), (event, false));
                key.2 |= ends;
            }
            _ => {
                assert!(packet.marker, "a key begins");
                keys.push((packet.timestamp, event, ends));
            }
        }
    }
    assert!(keys.iter().all(|key| key.2), "each ends: {keys:?}");
    let name = |event: u8| "0123456789*#ABCD".chars().nth(event.into()).unwrap();
    keys.iter().map(|key| name(key.1)).collect()
}

/// Returns the digits of the in-band tones.
fn toned(frames: &[Frame]) -> String {
    let mut ear = TouchTones::default();
    let blocks = frames.iter().flat_map(|frame| frame.samples.chunks(80));
    let keys = blocks.filter_map(|block| ear.hear(block));
    keys.map(|Digit(key)| key).collect()
}

#[test]
fn a_document_presses_keys_on_its_callers_phone_and_goes_on() {
    let application = Application::start().unwrap();
    let document = "<Response><Play digits=\"w12#\"/><Play digits=\"3\" loop=\"2\"/>\
                    <Dial><Conference>menu</Conference></Dial></Response>";
    application.serve("/voice", "text/xml", document);
    let voice = application.url("/voice");
    let server = Server::start(&[("CONFAB_VOICE_URL", &voice)]).unwrap();
    let api = Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();

    let knows = call(&phones, &server, "menu", "knows", TONES[0]).unwrap();
    api.seated("menu", 1).unwrap();
    let seated = now();
    // Packets that have arrived may not be read yet.
    settle();
    let packets = knows.phone.packets_between(Instant(0), seated);
    assert_eq!(told(&packets), "12#33");
    assert_eq!(toned(&frames(&packets)), "");
    knows.phone.hang_up().unwrap();

    let does_not = Caller::start(&Call {
        from: "127.0.0.1",
        server: &server.sip,
        room: "menu",
        hz: TONES[1],
        account: None,
        stays_ms: 4_000,
    })
    .unwrap();
    api.seated("menu", 1).unwrap();
    settle();
    assert_eq!(toned(&does_not.ear.since(Instant(0))), "12#33");
    assert_eq!(told(&does_not.ear.packets()), "");
    let (status, log) = does_not.wait().unwrap();
    assert!(status.success(), "{log}");
}

#[test]
fn a_call_presses_its_keys_at_the_answer_and_then_runs_its_document() {
    let event = "a=rtpmap:101 telephone-event/8000";
    for (formats, event) in [("0 101", event), ("0", "a=sendrecv")] {
        let port = free_sip_port("127.0.0.1").unwrap();
        let address = format!("127.0.0.1:{port}");
        let server = Server::start(&[("CONFAB_TRUNK_ADDRESS", &address)]).unwrap();
        let api = Api::new(&server).unwrap();
        let ear = Ear::open(TONES[0], DBFS).unwrap();
        let (rtp, keys) = (ear.port.to_string(), "w0*W9#");
        let more = [
            "-key", "ear", &rtp, "-key", "formats", formats, "-key", "event", event,
        ];
        let sipp = Sipp::wait_for_call(PHONE, port, "u1", &more).unwrap();
        pause(Duration::from_millis(300));
        let document = "<Response><Dial><Conference>out</Conference></Dial></Response>";
        let call = [
            ("To", "+15551234567"),
            ("From", "confab"),
            ("Twiml", document),
        ];
        let wrong = [&call[..], &[("SendDigits", "1,2")]].concat();
        let refused = api.post("/Calls.json", &wrong).unwrap();
        let code = (refused.status, refused.json["code"].as_u64());
        assert_eq!(code, (422, Some(21_206)), "{}", refused.json);
        let made = [&call[..], &[("SendDigits", keys)]].concat();
        let made = api.post("/Calls.json", &made).unwrap();
        assert_eq!(made.status, 200, "{}", made.json);
        api.seated("out", 1).unwrap();
        settle();
        let (packets, tones) = (told(&ear.packets()), toned(&ear.since(Instant(0))));
        let expected = match formats {
            "0 101" => ("0*9#", ""),
            _ => ("", "0*9#"),
        };
        assert_eq!((&*packets, &*tones), expected);
        let path = format!("/Calls/{}.json", made.json["sid"].as_str().unwrap());
        api.post(&path, &[("Status", "completed")]).unwrap();
        let (status, log) = sipp.wait().unwrap();
        assert!(status.success(), "{log}");
    }
}

#[test]
fn a_conference_hears_keys_only_where_it_is_asked_to() {
    for (asked, expected) in [(None, ""), (Some("on"), "7#")] {
        let settings = asked.map(|on| ("CONFAB_DIGITS_IN_ROOMS", on));
        let server = Server::start(settings.as_slice()).unwrap();
        let api = Api::new(&server).unwrap();
        let phones = Phones::new().unwrap();
        let call = |name, codec| {
            let config = PhoneConfig::new(server.sip.parse().unwrap(), "keys", name)
                .saying(Voice::Silence)
                .speaking(&[codec]);
            let phone = phones.call(&config).unwrap();
            phone.wait_until_talking(Duration::from_secs(5)).unwrap();
            phone
        };
        let (narrow, wide) = (call("narrow", Codec::Pcmu), call("wide", Codec::Opus));
        let presses = call("presses", Codec::Opus);
        api.seated("keys", 3).unwrap();
        let from = now();
        presses.press("7#").unwrap();
        pause(Duration::from_millis(1_500));
        assert_eq!(toned(&narrow.frames_between(from, now())), expected);
        assert_eq!(told(&narrow.packets_between(from, now())), "");
        // The tone detector supports narrowband only; for wideband, any sound counts.
        let sounds = |frame: &Frame| frame.samples.iter().any(|s| s.unsigned_abs() > 1_000);
        let frames = wide.frames_between(from, now());
        assert_eq!(frames.iter().any(sounds), asked.is_some());
        let own = presses.frames_between(from, now());
        assert!(!own.iter().any(sounds), "who presses hears itself");
    }
}
