//! Receivers of webhooks that time out, reset, fail, or respond with too large a body. Each delays
//! only its own conference, gets its events retried in order until accepted, and uses no memory.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::rude::{Manners, Rude};
use confab_conformance::server::{Server, pause};
use confab_phone::{Phone, PhoneConfig, Phones};

const PATIENCE: Duration = Duration::from_secs(10);

/// Server with a receiver per conference.
struct Lines {
    app: Application,
    api: Api,
    phones: Phones,
    server: Server,
}

struct Seated {
    phone: Phone,
    /// Path of the participant, below the account.
    path: String,
}

impl Lines {
    fn start() -> Self {
        let app = Application::start().unwrap();
        let server = Server::start(&[("CONFAB_VOICE_URL", &app.url("/voice"))]).unwrap();
        Self {
            api: Api::new(&server).unwrap(),
            phones: Phones::new().unwrap(),
            app,
            server,
        }
    }

    /// Seats a caller in a conference with events to this URL.
    fn call(&self, room: &str, events_to: &str) -> Seated {
        let document = format!(
            "<Response><Dial><Conference statusCallback=\"{events_to}\" \
             statusCallbackEvent=\"join mute leave end\">{room}</Conference></Dial></Response>"
        );
        self.app.serve("/voice", "text/xml", document);
        let config = PhoneConfig::new(self.server.sip.parse().unwrap(), "support", room);
        let phone = self.phones.call(&config).unwrap();
        phone.wait_until_talking(PATIENCE).unwrap();
        let (conference, seated) = self.api.seated(room, 1).unwrap();
        let call = seated[0]["call_sid"].as_str().unwrap();
        let path = format!("/Conferences/{conference}/Participants/{call}");
        Seated { phone, path }
    }

    /// Causes a number of events by alternate mutes and unmutes.
    fn mute(&self, who: &Seated, times: usize) {
        for n in 0..times {
            let muted = if n % 2 == 0 { "true" } else { "false" };
            let began = Instant::now();
            let answer = self.api.post(&who.path, &[("Muted", muted)]).unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            let took = began.elapsed();
            assert!(took < Duration::from_secs(2), "the update waited: {took:?}");
        }
    }

    /// Returns the numbers of the events at a path.
    fn numbers(&self, path: &str) -> Vec<u32> {
        self.app.received_at(path).iter().map(number).collect()
    }

    fn wait_for(&self, path: &str, count: usize, within: Duration) {
        let came = |all: &[Received]| {
            let found = all.iter().filter(|r| r.path == path).count();
            (found >= count).then_some(())
        };
        self.app.wait_for(path, within, came).unwrap();
    }
}

fn number(received: &Received) -> u32 {
    received.fields["SequenceNumber"].parse().unwrap()
}

#[test]
fn one_that_takes_30_s_a_request_delays_no_other_conference() {
    let lines = Lines::start();
    let slow_url = lines.app.url("/slow");
    let thirty = Duration::from_secs(30);
    lines.app.serve_slowly("/slow", "text/plain", "", thirty);
    let slow = lines.call("slow", &slow_url);
    let quick = lines.call("quick", &lines.app.url("/quick"));
    for _ in 0..10 {
        lines.mute(&slow, 2);
        lines.mute(&quick, 2);
    }
    lines.wait_for("/quick", 21, PATIENCE);
    assert_eq!(lines.numbers("/quick"), (1..=21).collect::<Vec<_>>());
    // All events arrived before the slow receiver responded to its first event.
    let came = lines.app.received_at("/quick");
    let slow_ones = lines.numbers("/slow");
    assert!(slow_ones.iter().all(|number| *number == 1), "{slow_ones:?}");
    let took = came[20].at.duration_since(came[0].at);
    assert!(took < Duration::from_secs(8), "20 events in {took:?}");
    // The first event is retried with the same token until accepted; then the other events follow.
    lines.wait_for("/slow", 3, Duration::from_secs(30));
    let attempts = lines.app.received_at("/slow");
    let tokens: BTreeSet<_> = attempts.iter().map(|one| &one.idempotency_token).collect();
    assert_eq!((lines.numbers("/slow"), tokens.len()), (vec![1, 1, 1], 1));
    lines.app.serve("/slow", "text/plain", "");
    slow.phone.hang_up().unwrap();
    quick.phone.hang_up().unwrap();
    lines.wait_for("/quick", 23, PATIENCE);
    let last = |all: &[Received]| {
        let of = |r: &&Received| r.path == "/slow" && number(r) == 23;
        all.iter().find(of).map(|_| ())
    };
    lines.app.wait_for("the last one", PATIENCE, last).unwrap();
    let mut numbers = lines.numbers("/slow");
    numbers.dedup();
    assert_eq!(numbers, (1..=23).collect::<Vec<_>>());
}

#[test]
fn a_receiver_that_resets_or_fails_gets_its_events_again_and_delays_nobody() {
    let lines = Lines::start();
    let resets = Rude::start(Manners::Resets).unwrap();
    let reset = lines.call("reset", &resets.url("/"));
    lines.app.refuse("/failing", 500);
    let failing = lines.call("failing", &lines.app.url("/failing"));
    let quick = lines.call("quick", &lines.app.url("/quick"));
    for _ in 0..2 {
        lines.mute(&reset, 2);
        lines.mute(&failing, 2);
        lines.mute(&quick, 2);
    }
    lines.wait_for("/quick", 5, PATIENCE);
    assert_eq!(lines.numbers("/quick"), [1, 2, 3, 4, 5]);
    lines.wait_for("/failing", 4, Duration::from_secs(20));
    assert!(lines.numbers("/failing").iter().all(|number| *number == 1));
    let until = Instant::now() + PATIENCE;
    while resets.asked() < 4 && Instant::now() < until {
        pause(Duration::from_millis(50));
    }
    let asked = resets.asked();
    assert!((4..8).contains(&asked), "{asked} attempts: no back-off?");
    lines.app.serve("/failing", "text/plain", "");
    let last = |all: &[Received]| {
        let of = |r: &&Received| r.path == "/failing" && number(r) == 5;
        all.iter().find(of).map(|_| ())
    };
    let within = Duration::from_secs(30);
    lines.app.wait_for("the last one", within, last).unwrap();
    let mut numbers = lines.numbers("/failing");
    numbers.dedup();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
}

#[test]
fn an_answer_of_64_mb_is_not_read_and_costs_no_memory() {
    let lines = Lines::start();
    let talker = Rude::start(Manners::Megabytes(64)).unwrap();
    let warm = lines.call("warm", &lines.app.url("/quick"));
    lines.mute(&warm, 4);
    lines.wait_for("/quick", 5, PATIENCE);
    let before = lines.server.memory_kb("VmRSS:").unwrap();
    let flooded = lines.call("flooded", &talker.url("/"));
    lines.mute(&flooded, 19);
    let until = Instant::now() + PATIENCE;
    while talker.asked() < 20 && Instant::now() < until {
        pause(Duration::from_millis(20));
    }
    assert_eq!(talker.asked(), 20, "each event is told once: 200 is 200");
    lines.mute(&warm, 2);
    lines.wait_for("/quick", 7, PATIENCE);
    // None of the 1.3 GB is stored, even temporarily.
    let peak = lines.server.memory_kb("VmHWM:").unwrap();
    let grown = peak.saturating_sub(before);
    assert!(grown < 24 << 10, "{before} kB before, {peak} kB at most");
}
