//! Long use of a server: phones call, hang up and vanish, the API updates and ends, webhooks are
//! rejected now and then. Afterwards no state is left, and no event is missing.

mod receiver;

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use confab_phone::{Phone, PhoneConfig, Phones, State, Voice};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use serde_json::Value;

use crate::api::{Answer, Api};
use crate::party::{DBFS, TONES};
use crate::server::{Server, pause};
use receiver::Receiver;

/// Seconds without RTP and RTCP after which the server probes a phone.
const MEDIA_TIMEOUT: &str = "5";
/// Time until a vanished phone has left: the media timeout, and timer B of RFC 3261.
const ALL_GONE: Duration = Duration::from_secs(60);
/// Maximum number of simultaneous calls.
const PHONES_MAX: usize = 24;
const ROOMS: u32 = 6;
/// Time between two actions.
const PAUSE: Duration = Duration::from_millis(60);
/// Time between two samples of memory.
const SAMPLE: Duration = Duration::from_secs(2);
/// Time until all idle connections are closed. The server closes those of the API after 10 s. Those
/// to receivers and audio hosts stay 20 s in a pool, which is inspected every 20 s.
const IDLE_CLOSED: Duration = Duration::from_secs(45);
/// Maximum growth of memory from the second quarter to the last one, in kB.
const GROWTH_MAX_KB: u64 = 5 * 1_024;

/// Counts and faults of a soak test.
#[derive(Debug, Default)]
pub struct Report {
    /// Number of calls started.
    pub calls: u64,
    /// Number of phones that closed their sockets without a BYE.
    pub vanished: u64,
    /// Number of updates, removals and ends by the API.
    pub requests: u64,
    /// Number of received events, without repetitions.
    pub events: u64,
    /// Number of started conferences.
    pub conferences: usize,
    /// Mean resident memory in the second and in the last quarter, in kB.
    pub memory_kb: (u64, u64),
    /// Number of sockets, event descriptors and the like, before and after.
    pub descriptors: (usize, usize),
    /// Descriptions of all faults.
    pub faults: Vec<String>,
}

impl Report {
    /// Checks that enough happened, and that there was no fault.
    pub fn check(&self) -> Result<()> {
        ensure!(self.faults.is_empty(), "{} faults", self.faults.len());
        let is_used = self.events > 20 && self.requests > 20 && self.vanished > 0;
        ensure!(is_used, "too little happened to judge by");
        let (before, after) = self.memory_kb;
        ensure!(
            after <= before + GROWTH_MAX_KB,
            "memory {before} -> {after} kB"
        );
        let (before, after) = self.descriptors;
        ensure!(after <= before, "{before} descriptors, then {after}");
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (was, is) = self.memory_kb;
        let (before, after) = self.descriptors;
        writeln!(
            f,
            "{} calls ({} vanished), {} API requests, {} conferences, {} events",
            self.calls, self.vanished, self.requests, self.conferences, self.events
        )?;
        writeln!(
            f,
            "memory {was} -> {is} kB, descriptors {before} -> {after}"
        )?;
        for fault in self.faults.iter().take(20) {
            writeln!(f, "fault: {fault}")?;
        }
        write!(f, "{} faults", self.faults.len())
    }
}

/// Runs for a time; equal seeds draw equal actions.
pub fn run(lasting: Duration, seed: u64) -> Result<Report> {
    let receiver = Receiver::start()?;
    let server = Server::start(&[
        ("CONFAB_VOICE_URL", &receiver.url("/voice")),
        ("CONFAB_MEDIA_TIMEOUT", MEDIA_TIMEOUT),
    ])?;
    let api = Api::new(&server)?;
    api.get("/Conferences")?;
    let before = server.descriptors()?;
    let mut soak = Soak {
        phones: Phones::new()?,
        random: ChaCha8Rng::seed_from_u64(seed),
        calls: Vec::new(),
        report: Report::default(),
        music: receiver.url("/music"),
        server,
        api,
    };
    let begun = Instant::now();
    let mut memory = Vec::new();
    let mut minute = 0;
    while begun.elapsed() < lasting {
        if begun.elapsed() > SAMPLE * memory.len() as u32 {
            memory.push(soak.server.memory_kb("VmRSS:")?);
        }
        if begun.elapsed().as_secs() / 60 > minute {
            minute = begun.elapsed().as_secs() / 60;
            let (calls, events) = (soak.report.calls, receiver.events());
            let rss = memory.last().copied().unwrap_or_default();
            println!("{minute} min: {calls} calls, {events} events, {rss} kB");
        }
        soak.act()?;
        pause(PAUSE);
    }
    soak.empty(&receiver)?;
    let mut report = soak.report;
    report.memory_kb = quarters(&memory);
    let until = Instant::now() + IDLE_CLOSED;
    let mut after = soak.server.descriptors()?;
    while after > before && Instant::now() < until {
        pause(Duration::from_millis(200));
        after = soak.server.descriptors()?;
    }
    report.descriptors = (before, after);
    report.faults.extend(receiver.faults());
    report.events = receiver.events();
    report.conferences = receiver.conferences();
    for name in ["confab_disagreements_total", "confab_history_lost_total"] {
        let count = soak.server.metric(name)?;
        if count > 0 {
            report.faults.push(format!("{name} {count}"));
        }
    }
    let log = soak.server.log();
    let bad = log
        .lines()
        .filter(|line| line.contains("ERROR") || line.contains("panicked"));
    report
        .faults
        .extend(bad.take(20).map(|line| format!("log: {line}")));
    ensure!(soak.server.terminate()?.success(), "{}", soak.server.log());
    Ok(report)
}

struct Soak {
    phones: Phones,
    random: ChaCha8Rng,
    calls: Vec<Phone>,
    report: Report,
    music: String,
    server: Server,
    api: Api,
}

impl Soak {
    fn below(&mut self, end: usize) -> usize {
        self.random.next_u32() as usize % end.max(1)
    }

    fn act(&mut self) -> Result<()> {
        self.calls
            .retain(|phone| !matches!(phone.state(), State::Ended(_)));
        match self.below(100) {
            0..30 if self.calls.len() < PHONES_MAX => self.call(),
            0..36 => {
                if let Some(phone) = self.draw() {
                    phone.hang_up()?;
                }
                Ok(())
            }
            36..39 => {
                if let Some(phone) = self.draw() {
                    self.report.vanished += 1;
                    phone.vanish()?;
                }
                Ok(())
            }
            _ => self.request(),
        }
    }

    fn draw(&mut self) -> Option<Phone> {
        let at = self.below(self.calls.len());
        (at < self.calls.len()).then(|| self.calls.swap_remove(at))
    }

    fn call(&mut self) -> Result<()> {
        let room = format!("room{}", self.random.next_u32() % ROOMS);
        let hz = TONES[self.below(TONES.len())];
        let config = PhoneConfig::new(self.server.sip.parse()?, &room, "caller")
            .saying(Voice::Tone { hz, dbfs: DBFS });
        self.calls.push(self.phones.call(&config)?);
        self.report.calls += 1;
        Ok(())
    }

    /// Updates, removes or ends a random participant or conference.
    fn request(&mut self) -> Result<()> {
        let Some((conference, calls)) = self.seated()? else {
            return Ok(());
        };
        let call = calls[self.below(calls.len())].clone();
        let other = calls[self.below(calls.len())].clone();
        let path = format!("/Conferences/{conference}/Participants/{call}");
        let music = self.music.clone();
        let is_coaching = |form: &[(&str, &str)]| form.iter().any(|(name, _)| *name == "Coaching");
        let form: Vec<(&str, &str)> = match self.below(24) {
            0 => return self.sent(&["204", "404"], |api| api.delete(&path)),
            1 => {
                let path = format!("/Conferences/{conference}");
                let form = [("Status", "completed")];
                return self.sent(&["200", "404"], |api| api.post(&path, &form));
            }
            2..7 => vec![("Muted", "true")],
            7..11 => vec![("Muted", "false")],
            11..14 => vec![("Hold", "true"), ("HoldUrl", &music), ("HoldMethod", "GET")],
            14..17 => vec![("Hold", "false")],
            17..20 => vec![("AnnounceUrl", &music), ("AnnounceMethod", "GET")],
            20 | 21 => vec![("Coaching", "true"), ("CallSidToCoach", &other)],
            22 => vec![("Coaching", "false")],
            _ => vec![("BeepOnExit", "true"), ("EndConferenceOnExit", "false")],
        };
        // The target may be the participant itself, or may have left.
        let wanted: &[&str] = match is_coaching(&form) {
            true => &["200", "404", "422"],
            false => &["200", "404"],
        };
        self.sent(wanted, |api| api.post(&path, &form))
    }

    fn sent(
        &mut self,
        wanted: &[&str],
        request: impl FnOnce(&Api) -> Result<Answer>,
    ) -> Result<()> {
        let answer = request(&self.api)?;
        self.report.requests += 1;
        if !wanted.contains(&answer.status.to_string().as_str()) {
            self.report
                .faults
                .push(format!("wanted {wanted:?}: {answer:?}"));
        }
        Ok(())
    }

    /// Returns a live conference and the calls of its participants.
    fn seated(&mut self) -> Result<Option<(String, Vec<String>)>> {
        let list = self
            .api
            .get("/Conferences?Status=in-progress&PageSize=50")?;
        let live = texts(&list.json["conferences"], "sid");
        if live.is_empty() {
            return Ok(None);
        }
        let conference = live[self.below(live.len())].clone();
        let list = self
            .api
            .get(&format!("/Conferences/{conference}/Participants"))?;
        let calls = texts(&list.json["participants"], "call_sid");
        Ok((!calls.is_empty()).then_some((conference, calls)))
    }

    /// Hangs up all calls, and waits until no state of calls is left in the server.
    fn empty(&mut self, receiver: &Receiver) -> Result<()> {
        for phone in self.calls.drain(..) {
            phone.hang_up()?;
        }
        let names = ["confab_calls", "confab_conferences"];
        self.server.wait_until_none_of(&names, ALL_GONE)?;
        let until = Instant::now() + ALL_GONE;
        while receiver.open() > 0 && Instant::now() < until {
            pause(Duration::from_millis(100));
        }
        Ok(())
    }
}

fn texts(list: &Value, name: &str) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    let texts = items.filter_map(|item| item[name].as_str());
    texts.map(str::to_owned).collect()
}

/// Returns the means of the second and the last quarter.
fn quarters(samples: &[u64]) -> (u64, u64) {
    let quarter = samples.len() / 4;
    let mean = |part: &[u64]| part.iter().sum::<u64>() / (part.len() as u64).max(1);
    (
        mean(&samples[quarter..2 * quarter]),
        mean(&samples[samples.len() - quarter..]),
    )
}
