//! Many participants on hold with an endless stream, then released: use of resources during the
//! hold and 5 s afterwards, and the start times of other calls' sounds meanwhile.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use confab_phone::heard::{level, wav};
use confab_phone::{Phone, PhoneConfig, Phones, now};

use crate::api::Api;
use crate::application::Application;
use crate::radio::{HZ, Radio};
use crate::server::{Server, pause};

/// Time after which the server's resources must be as before.
pub const AFTER: Duration = Duration::from_secs(5);
/// Maximum time until connections are closed.
pub const CLOSED: Duration = Duration::from_millis(1_500);
/// Maximum time until a sound of another call starts.
pub const BEGINS: Duration = Duration::from_secs(2);
/// Frequency of the sounds of other calls.
const OTHER_HZ: f64 = 1_530.0;
const AUDIBLE_DBFS: f64 = -30.0;
const CPU_WINDOW: Duration = Duration::from_secs(5);
/// Room of the held participants, and room of the others.
const HELD: &str = "radio";
const OTHERS: &str = "others";

/// Resources of a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Number of sockets, event descriptors and the like, without files.
    pub descriptors: usize,
    /// Resident memory, in kB.
    pub rss_kb: u64,
    /// Processor time, in percent of one processor.
    pub cpu_percent: f64,
}

/// Result of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// Before any hold.
    pub before: Figures,
    /// While all are on hold.
    pub during: Figures,
    /// `AFTER` after the last release.
    pub after: Figures,
    /// Time from the last release to the close of the last connection to the stream.
    pub closed_after: Duration,
    /// Number of held participants that receive the stream.
    pub listeners: usize,
    /// Time until each sound of another call started: announcements, `<Play>`, `<Say>` in turn.
    pub others: Vec<(&'static str, Duration)>,
}

impl Report {
    /// Returns the longest time until a sound of another call started.
    #[must_use]
    pub fn worst(&self) -> Duration {
        let begins = self.others.iter().map(|(_, begins)| *begins);
        begins.max().unwrap_or_default()
    }

    /// Checks the figures against the requirements.
    pub fn check(&self, holds: usize) -> Result<()> {
        let (before, after) = (self.before, self.after);
        ensure!(self.listeners == holds, "{} hear the radio", self.listeners);
        ensure!(
            after.descriptors == before.descriptors,
            "descriptors: {self}"
        );
        let grown = after.rss_kb.saturating_sub(before.rss_kb);
        ensure!(grown <= 10 * 1_024, "{grown} kB more: {self}");
        let busier = after.cpu_percent - before.cpu_percent;
        ensure!(busier <= 2.0, "{busier:.1} points more: {self}");
        ensure!(self.closed_after <= CLOSED, "{self}");
        ensure!(self.worst() <= BEGINS, "{self}");
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, figures) in [
            ("before", self.before),
            ("during", self.during),
            ("after", self.after),
        ] {
            let Figures {
                descriptors,
                rss_kb,
                cpu_percent,
            } = figures;
            let rss = rss_kb as f64 / 1_024.0;
            writeln!(
                f,
                "{name:>6}: {descriptors} descriptors, {rss:.1} MB, \
                 {cpu_percent:.1} % of a processor"
            )?;
        }
        writeln!(
            f,
            "{} heard the radio; its connections were closed {} ms after the last unhold",
            self.listeners,
            self.closed_after.as_millis()
        )?;
        let count = self.others.len();
        let sum: Duration = self.others.iter().map(|(_, begins)| *begins).sum();
        write!(
            f,
            "{count} sounds of other calls began after {} ms on average, {} ms at most",
            sum.as_millis() / count.max(1) as u128,
            self.worst().as_millis()
        )
    }
}

/// Holds a number of participants for a time.
pub fn run(holds: usize, lasting: Duration) -> Result<Report> {
    let server = Server::start(&[])?;
    let (radio, api, phones) = (Radio::start()?, Api::new(&server)?, Phones::new()?);
    let mut others = Others::start(&server, &phones, &api)?;
    let held = (0..holds)
        .map(|_| join(&server, &phones, HELD))
        .collect::<Result<Vec<Phone>>>()?;
    let (conference, seated) = api.seated(HELD, holds)?;
    let paths: Vec<String> = seated
        .iter()
        .filter_map(|participant| participant["call_sid"].as_str())
        .map(|call| format!("/Conferences/{conference}/Participants/{call}"))
        .collect();
    // Allocates once the memory that persists.
    others.round(&api)?;
    hold(&api, &paths[..1], Some(&radio.url()))?;
    radio.wait_for(1, Duration::from_secs(5))?;
    hold(&api, &paths[..1], None)?;
    radio.wait_for(0, CLOSED)?;
    others.begun.clear();
    pause(AFTER);
    let before = figures(&server)?;
    hold(&api, &paths, Some(&radio.url()))?;
    others.round(&api)?;
    radio.wait_for(holds, Duration::from_secs(10))?;
    let until = Instant::now() + lasting;
    while Instant::now() < until {
        others.round(&api)?;
    }
    let listeners = held.iter().filter(|phone| hears(phone, HZ)).count();
    let during = figures(&server)?;
    hold(&api, &paths, None)?;
    let closed_after = radio.wait_for(0, Duration::from_secs(30))?;
    others.round(&api)?;
    pause(AFTER.saturating_sub(closed_after));
    let after = figures(&server)?;
    Ok(Report {
        before,
        during,
        after,
        closed_after,
        listeners,
        others: others.begun,
    })
}

fn join(server: &Server, phones: &Phones, room: &str) -> Result<Phone> {
    let phone = phones.call(&PhoneConfig::new(server.sip.parse()?, room, "caller"))?;
    let talks = phone.wait_until_talking(Duration::from_secs(5));
    talks.with_context(|| server.log())?;
    Ok(phone)
}

/// Holds participants with a URL; releases them without one.
fn hold(api: &Api, paths: &[String], url: Option<&str>) -> Result<()> {
    for path in paths {
        let form = match url {
            Some(url) => vec![("Hold", "true"), ("HoldUrl", url), ("HoldMethod", "GET")],
            None => vec![("Hold", "false")],
        };
        let answer = api.post(path, &form)?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
    }
    Ok(())
}

/// Returns whether a phone receives a tone now.
fn hears(phone: &Phone, hz: f64) -> bool {
    let to = now();
    let from = confab_terms::Instant(to.0.saturating_sub(400_000_000));
    let frames = phone.frames_between(from, to);
    let audible = frames
        .iter()
        .filter(|f| level(&f.samples, hz) > AUDIBLE_DBFS);
    !frames.is_empty() && audible.count() * 2 > frames.len()
}

/// Other calls; their sounds must start without delay.
struct Others {
    application: Application,
    listener: Phone,
    _second: Phone,
    path: String,
    count: usize,
    begun: Vec<(&'static str, Duration)>,
}

impl Others {
    fn start(server: &Server, phones: &Phones, api: &Api) -> Result<Self> {
        let listener = join(server, phones, OTHERS)?;
        let second = join(server, phones, OTHERS)?;
        let (conference, seated) = api.seated(OTHERS, 2)?;
        let call = seated[0]["call_sid"].as_str().context("a call")?;
        Ok(Self {
            application: Application::start()?,
            listener,
            _second: second,
            path: format!("/Conferences/{conference}/Participants/{call}"),
            count: 0,
            begun: Vec::new(),
        })
    }

    /// Plays an announcement of a file, of a `<Play>`, and of a `<Say>`; none is cached.
    fn round(&mut self, api: &Api) -> Result<()> {
        self.count += 1;
        let number = self.count;
        let (file, play, say) = (
            format!("/tone{number}.wav"),
            format!("/play{number}"),
            format!("/say{number}"),
        );
        self.application.serve(&file, "audio/wav", tone_file());
        let verbs = format!("<Response><Play>/tone{number}.wav?played</Play></Response>");
        self.application.serve(&play, "text/xml", verbs);
        let verbs = format!("<Response><Say>Number {number}, number {number}.</Say></Response>");
        self.application.serve(&say, "text/xml", verbs);
        for (what, path) in [("announcement", file), ("<Play>", play), ("<Say>", say)] {
            let url = self.application.url(&path);
            let form = [("AnnounceUrl", url.as_str()), ("AnnounceMethod", "GET")];
            let from = now();
            let begun = Instant::now();
            let answer = api.post(&self.path, &form)?;
            ensure!(answer.status == 200, "{answer:?}");
            while !self.is_heard(from, what) {
                ensure!(begun.elapsed() < 5 * BEGINS, "{what} was not heard");
                pause(Duration::from_millis(10));
            }
            self.begun.push((what, begun.elapsed()));
            // Waits for the end of the sound, so that the next one is not mistaken for it.
            while self.is_heard(confab_terms::Instant(now().0 - 300_000_000), what) {
                ensure!(begun.elapsed() < 10 * BEGINS, "{what} does not end");
                pause(Duration::from_millis(20));
            }
        }
        Ok(())
    }

    fn is_heard(&self, from: confab_terms::Instant, what: &str) -> bool {
        let frames = self.listener.frames_between(from, now());
        frames.iter().any(|frame| match what {
            "<Say>" => loudness(&frame.samples) > 300.0,
            _ => level(&frame.samples, OTHER_HZ) > AUDIBLE_DBFS,
        })
    }
}

fn loudness(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    (sum / samples.len().max(1) as f64).sqrt()
}

/// Returns a WAV file with 600 ms of a tone.
fn tone_file() -> Vec<u8> {
    let step = std::f64::consts::TAU * OTHER_HZ / 8_000.0;
    let samples = (0..4_800).map(|at| (9_000.0 * (step * f64::from(at)).sin()) as i16);
    wav(&samples.collect::<Vec<_>>())
}

fn figures(server: &Server) -> Result<Figures> {
    let (descriptors, rss_kb) = (server.descriptors()?, server.memory_kb("VmRSS:")?);
    let (begun, worked) = (Instant::now(), server.worked()?);
    pause(CPU_WINDOW);
    let used = (server.worked()? - worked).as_secs_f64();
    Ok(Figures {
        descriptors,
        rss_kb,
        cpu_percent: 100.0 * used / begun.elapsed().as_secs_f64(),
    })
}
