//! Phones with all codecs in a conference: audibility with mute, hold and whisper; and calls of
//! baresip and SIPp in each codec, measured in both directions.

use std::time::Duration;

use confab_conformance::api::Api;
use confab_conformance::application::Application;
use confab_conformance::baresip::Baresip;
use confab_conformance::ear::Ear;
use confab_conformance::party::{DBFS, TONES, beginning, call, call_in, heard, settle};
use confab_conformance::server::{Server, pause};
use confab_conformance::sipp::{Script, Sipp};
use confab_phone::heard::Frame;
use confab_phone::{Phones, Voice, now};
use confab_terms::Codec;

use crate::audio::tone_at;
use crate::matrix::Desk;
use crate::others::in_samples;

const SEATS: [(&str, Codec); 4] = [
    ("mu", Codec::Pcmu),
    ("a", Codec::Pcma),
    ("wide", Codec::G722),
    ("full", Codec::Opus),
];
const EVERYBODY: &str = "mu: a wide full\na: mu wide full\nwide: mu a full\nfull: mu a wide\n";

#[test]
fn phones_of_four_codecs_hear_each_other_by_the_rules() {
    let desk = Desk::speaking(&SEATS);
    let (mu, a, wide, full) = (0, 1, 2, 3);
    let check = |row: &str, expected: &str| {
        assert_eq!(desk.matrix(), expected, "heard: {row}");
        assert_eq!(desk.audibility(), expected, "told: {row}");
    };
    check("normal", EVERYBODY);

    desk.update(full, &[("Muted", "true")]);
    check(
        "full muted",
        "mu: a wide\na: mu wide\nwide: mu a\nfull: mu a wide\n",
    );
    desk.update(full, &[("Muted", "false")]);
    desk.update(mu, &[("Muted", "true")]);
    check(
        "mu muted",
        "mu: a wide full\na: wide full\nwide: a full\nfull: a wide\n",
    );
    desk.update(mu, &[("Muted", "false")]);

    desk.update(wide, &[("Hold", "true"), ("HoldUrl", "")]);
    check("wide held", "mu: a full\na: mu full\nwide: \nfull: mu a\n");
    desk.update(wide, &[("Hold", "false")]);

    // Whispers from narrowband to wideband, from wideband to narrowband, and between wideband
    // phones.
    for (coach, target, expected) in [
        (
            mu,
            full,
            "mu: a wide full\na: wide full\nwide: a full\nfull: mu a wide\n",
        ),
        (
            full,
            a,
            "mu: a wide\na: mu wide full\nwide: mu a\nfull: mu a wide\n",
        ),
        (
            wide,
            full,
            "mu: a full\na: mu full\nwide: mu a full\nfull: mu a wide\n",
        ),
    ] {
        let target = desk.calls[target].clone();
        desk.update(coach, &[("Coaching", "true"), ("CallSidToCoach", &target)]);
        check("a whisper", expected);
        desk.update(coach, &[("Coaching", "false"), ("CallSidToCoach", "")]);
    }
    check("everybody again", EVERYBODY);
}

#[test]
fn what_is_above_4_khz_is_heard_by_wide_phones_alone() {
    const HIGH_HZ: f64 = 5_300.0;
    let desk = Desk::speaking(&SEATS);
    let phone = &desk.callers[3].phone;
    phone
        .say(Voice::Tone {
            hz: HIGH_HZ,
            dbfs: DBFS,
        })
        .unwrap();
    settle();
    hear_above_4_khz(&desk, HIGH_HZ, &[(0, false), (1, false), (2, true)]);
}

#[test]
fn what_a_file_holds_above_4_khz_is_heard_by_wide_phones_alone() {
    const HIGH_HZ: f64 = 5_000.0;
    let app = Application::start().unwrap();
    let desk = Desk::speaking(&SEATS);
    for rate in [16_000, 48_000] {
        let path = format!("/{rate}.wav");
        app.serve(&path, "audio/wav", tone_at(rate, HIGH_HZ, 0.8));
        for who in 0..SEATS.len() {
            desk.update(who, &[("Hold", "true"), ("HoldUrl", &app.url(&path))]);
        }
        pause(Duration::from_millis(1_000));
        // Longer than the file, which repeats.
        let all = [(0, false), (1, false), (2, true), (3, true)];
        hear_above_4_khz(&desk, HIGH_HZ, &all);
    }
}

/// Checks half a second of all phones: those marked receive the pitch in all frames. The others do
/// not receive its alias, which would appear without a low-pass filter.
fn hear_above_4_khz(desk: &Desk, hz: f64, who: &[(usize, bool)]) {
    let from = now();
    desk.callers[0]
        .phone
        .listen_in_time(Duration::from_millis(500))
        .unwrap();
    let until = now();
    for &(n, hears) in who {
        let frames = desk.callers[n].phone.frames_between(from, until);
        assert!(frames.len() > 20);
        let carries = frames.iter().filter(|f| f.level(hz) > DBFS - 6.0).count();
        let folds = |f: &&Frame| f.level(8_000.0 - hz) > DBFS - 28.0;
        let folded = frames.iter().filter(folds).count();
        let name = SEATS[n].0;
        match hears {
            true => assert!(
                carries + 1 >= frames.len(),
                "{name}: {carries} of {}",
                frames.len()
            ),
            false => assert_eq!(folded, 0, "{name}"),
        }
    }
}

/// Compares the received octets per second with the configured bit rate.
#[test]
fn opus_is_sent_at_the_bit_rate_that_is_configured() {
    for bit_rate in [16_000, 64_000] {
        let chosen = bit_rate.to_string();
        let server = Server::start(&[("CONFAB_OPUS_BIT_RATE", &chosen)]).unwrap();
        let phones = Phones::new().unwrap();
        let call = |name, hz| call_in(Codec::Opus, &phones, &server, "rates", (name, hz)).unwrap();
        let (_speaks, hears) = (call("speaks", TONES[0]), call("hears", TONES[1]));
        settle();
        let from = now();
        pause(Duration::from_secs(1));
        let packets = hears.phone.packets_between(from, now());
        let bytes: usize = packets.iter().map(|packet| packet.payload.len()).sum();
        let came = bytes * 8 * 50 / packets.len().max(1);
        let off = came.abs_diff(bit_rate);
        assert!(off < bit_rate / 10, "{came} bit/s of {bit_rate}");
    }
}

#[test]
fn baresip_is_heard_and_hears_in_every_codec() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();
    for (room, codec) in [
        ("mu", "PCMU"),
        ("a", "PCMA"),
        ("wide", "G722/16000/1"),
        ("full", "opus/48000/2"),
    ] {
        let ours = call(&phones, &server, room, "ours", TONES[0]).unwrap();
        api.seated(room, 1).unwrap();
        let mut baresip = Baresip::speaking(codec, TONES[2] as u32).unwrap();
        baresip.dial(room, &server.sip).unwrap();
        api.seated(room, 2).unwrap();
        pause(Duration::from_millis(1_000));
        let voices = [("ours", TONES[0]), ("baresip", TONES[2])];
        let before = baresip.heard().unwrap().len();
        let frames = ours
            .phone
            .listen_in_time(Duration::from_millis(1_000))
            .unwrap();
        assert_eq!(
            heard("ours", &frames, &voices).unwrap(),
            ["baresip"],
            "{codec}"
        );
        let dump = baresip.heard().unwrap();
        let newest = dump[before..].len().min(4_000);
        assert!(
            newest > 1_600,
            "{codec}: {newest} samples\n{}",
            baresip.log()
        );
        let hears = in_samples(&dump[dump.len() - newest..], &voices);
        assert_eq!(hears, ["ours"], "{codec}\n{}", baresip.log());
        let name = codec.split('/').next().unwrap();
        assert!(baresip.log().contains(name), "{codec}\n{}", baresip.log());
        baresip.hang_up().unwrap();
        api.seated(room, 1).unwrap();
    }
}

#[test]
fn sipp_offers_one_codec_gets_it_and_is_heard() {
    let server = Server::start(&[]).unwrap();
    let api = Api::new(&server).unwrap();
    let phones = Phones::new().unwrap();
    for (room, codec) in SEATS {
        let ours = call(&phones, &server, room, "ours", TONES[0]).unwrap();
        api.seated(room, 1).unwrap();
        let ear = Ear::speaking(codec, TONES[1], DBFS).unwrap();
        let sipp = Sipp::call(&Script {
            server: &server.sip,
            tcp: false,
            room,
            rtp_port: ear.port,
            codec,
            stays: Duration::from_secs(3),
            re_invite: None,
        })
        .unwrap();
        api.seated(room, 2).unwrap();
        pause(Duration::from_millis(700));
        let voices = [("ours", TONES[0]), ("sipp", TONES[1])];
        let frames = ours
            .phone
            .listen_in_time(Duration::from_millis(500))
            .unwrap();
        assert_eq!(
            heard("ours", &frames, &voices).unwrap(),
            ["sipp"],
            "{codec:?}"
        );
        assert_eq!(
            heard("sipp", &ear.since(beginning(&frames)), &voices).unwrap(),
            ["ours"],
            "{codec:?}"
        );
        let (status, log) = sipp.wait().unwrap();
        assert!(status.success(), "{codec:?}:\n{log}");
        api.seated(room, 1).unwrap();
    }
}
