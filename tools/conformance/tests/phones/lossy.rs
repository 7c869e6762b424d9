//! Fifty calls with 25 % loss in each direction, of SIP and RTP. All calls are established, are
//! audible, end by a BYE from either side, and leave no state behind.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use confab_conformance::api::Api;
use confab_conformance::lossy_line::{LossyLine, Tally, Weather};
use confab_conformance::party::{DBFS, TONES};
use confab_conformance::ports::free_media_range;
use confab_conformance::server::{Server, pause};
use confab_phone::heard::Frame;
use confab_phone::{Phone, PhoneConfig, Phones, Voice};

const CALLS: usize = 50;
const WEATHER: Weather = Weather { seed: 3, lost: 250 };
/// State of calls in `/metrics`.
const OF_CALLS: [&str; 6] = [
    "confab_calls",
    "confab_conferences",
    "confab_legs",
    "confab_rooms",
    "confab_sip_state{kind=\"transaction\"}",
    "confab_sip_state{kind=\"dialog\"}",
];

/// Returns the tone of a call: two callers per room, three pairs of tones.
fn tone(call: usize) -> f64 {
    TONES[call % 6]
}

fn room(call: usize) -> String {
    format!("lossy{}", call / 2)
}

fn name(call: usize) -> String {
    format!("caller{call}.")
}

/// Returns the CallSid of a call, by its From.
fn sid_of(listed: &serde_json::Value, call: usize) -> String {
    let mut calls = listed["calls"].as_array().unwrap().iter();
    let found = calls.find(|one| one["from"] == name(call));
    found.unwrap()["sid"].as_str().unwrap().to_owned()
}

/// Returns the percentage of frames with a tone.
fn percent_with(frames: &[Frame], hz: f64) -> usize {
    let carry = frames.iter().filter(|frame| frame.level(hz) > DBFS - 16.0);
    carry.count() * 100 / frames.len().max(1)
}

/// Checks that a caller receives the other caller of its room in most frames, and no other caller.
fn assert_hears_its_fellow(call: usize, frames: &[Frame]) {
    assert!(
        frames.len() > 50,
        "call {call} received {} frames of 100",
        frames.len()
    );
    for hz in TONES {
        let heard = percent_with(frames, hz);
        if hz.total_cmp(&tone(call ^ 1)).is_eq() {
            assert!(
                heard >= 70,
                "call {call} hears its fellow in {heard} % of its frames"
            );
        } else {
            assert!(
                heard <= 2,
                "call {call} hears {hz} Hz in {heard} % of its frames"
            );
        }
    }
}

fn assert_lossy(what: &str, tally: &Tally) {
    let (came, lost) = (tally.came(), tally.lost_per_mille());
    println!("{what}: {came} packets, {lost} of 1,000 lost");
    // At least three messages per call: INVITE, ACK, BYE, or their responses.
    assert!(
        came as usize >= 3 * CALLS,
        "{what}: the line was hardly used: {came} packets"
    );
    // Four standard deviations at a probability of 25 %.
    let spread = 4_000.0 * (0.25 * 0.75 / came as f64).sqrt();
    let off = (lost as f64 - 250.0).abs();
    assert!(off <= spread, "{what}: {lost} of 1,000 lost");
}

#[test]
fn fifty_calls_over_a_line_that_loses_every_fourth_packet_each_way() {
    let began = Instant::now();
    let range = free_media_range(200).unwrap();
    // As a trunk: other peers have only three retransmissions.
    let server = Server::start(&[
        ("CONFAB_RTP_PORTS", &range),
        ("CONFAB_TRUNK_NETWORKS", "127.0.0.0/8"),
    ]);
    let server = server.unwrap();
    let api = Api::new(&server).unwrap();
    let line = LossyLine::to(server.sip.parse().unwrap(), WEATHER).unwrap();
    let phones = Phones::new().unwrap();
    let calls: Vec<Phone> = (0..CALLS)
        .map(|call| {
            let voice = Voice::Tone {
                hz: tone(call),
                dbfs: DBFS,
            };
            let config = PhoneConfig::new(line.sip, &room(call), &name(call)).saying(voice);
            phones.call(&config).unwrap()
        })
        .collect();
    for phone in &calls {
        phone.wait_until_talking(Duration::from_secs(31)).unwrap();
    }
    println!("{CALLS} of {CALLS} are up after {:?}", began.elapsed());
    let listed = api.get("/Calls?PageSize=100").unwrap().json;
    let sent_away: Vec<String> = (1..CALLS)
        .step_by(2)
        .map(|call| {
            let (conference, _) = api.seated(&room(call), 2).unwrap();
            let sid = sid_of(&listed, call);
            format!("/Conferences/{conference}/Participants/{sid}")
        })
        .collect();
    pause(Duration::from_millis(500));
    let from = confab_phone::now();
    pause(Duration::from_secs(2));
    let to = confab_phone::now();
    for (call, phone) in calls.iter().enumerate() {
        let frames = phone.frames_between(from, to);
        assert_hears_its_fellow(call, &frames);
    }

    // One caller of each room hangs up, the other is removed: a BYE from either side.
    for path in &sent_away {
        assert_eq!(api.delete(path).unwrap().status, 204, "{path}");
    }
    for phone in calls.iter().step_by(2) {
        phone.hang_up().unwrap();
    }
    for phone in &calls {
        phone.wait_until_ended(Duration::from_secs(33)).unwrap();
    }
    println!("{CALLS} of {CALLS} are down after {:?}", began.elapsed());
    // Transactions end after 64 × T1 (RFC 3261 §17).
    server
        .wait_until_none_of(&OF_CALLS, Duration::from_secs(40))
        .unwrap();
    // The former connection has been idle for long, and may be closed.
    let api = Api::new(&server).unwrap();
    let completed = api
        .get("/Calls?Status=completed&PageSize=100")
        .unwrap()
        .json;
    assert_eq!(completed["calls"].as_array().unwrap().len(), CALLS);
    for port in 19_200..19_400 {
        UdpSocket::bind(("127.0.0.1", port)).unwrap();
    }
    let tallies = &line.tallies;
    assert_lossy("signalling up", &tallies.sip_up);
    assert_lossy("signalling down", &tallies.sip_down);
    assert_lossy("voices up", &tallies.voice_up);
    assert_lossy("voices down", &tallies.voice_down);
    println!("nothing is left after {:?}", began.elapsed());
}
