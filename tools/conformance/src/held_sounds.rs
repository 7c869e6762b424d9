//! Many participants on hold, each with a sound of ten minutes of its own: each must receive its
//! tone, and the memory for decoded audio must stay within its limit.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use confab_phone::heard::level;
use confab_phone::{Phone, PhoneConfig, Phones, now};

use crate::api::Api;
use crate::application::Application;
use crate::server::{Server, pause};

const ROOM: &str = "held";
/// Sampling rate of the files.
const RATE: u32 = 4_000;
const SECONDS: usize = 600;
const AUDIBLE_DBFS: f64 = -30.0;
/// Time until the last participant receives its sound.
const BEGINS: Duration = Duration::from_secs(10);
/// Time in which all receive their sounds, without a gap of a second.
const LASTS: Duration = Duration::from_secs(4);
/// Maximum number of bytes of decoded audio.
const DECODED_MAX: u64 = 256 * 1024 * 1024;

/// Result of a run.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// Bytes of decoded audio while all are on hold.
    pub decoded: u64,
    /// Bytes of encoded audio on the disk.
    pub cached: u64,
    /// Resident memory, in kB, before and while all are on hold.
    pub rss_kb: (u64, u64),
}

/// Holds a number of participants, and checks their audio.
pub fn run(holds: usize) -> Result<Report> {
    let server = Server::start(&[])?;
    let (api, phones, application) = (Api::new(&server)?, Phones::new()?, Application::start()?);
    let held = (0..holds)
        .map(|_| join(&server, &phones))
        .collect::<Result<Vec<Phone>>>()?;
    let (conference, seated) = api.seated(ROOM, holds)?;
    let before = server.memory_kb("VmRSS:")?;
    let begun = now();
    for (number, participant) in seated.iter().enumerate() {
        let path = format!("/sound{number}.wav");
        application.serve(&path, "audio/wav", ten_minutes(hertz(number)));
        let call = participant["call_sid"].as_str().context("a call")?;
        let participant = format!("/Conferences/{conference}/Participants/{call}");
        let url = application.url(&path);
        let form = [("Hold", "true"), ("HoldUrl", &url), ("HoldMethod", "GET")];
        let answer = api.post(&participant, &form)?;
        ensure!(answer.status == 200, "{path}: {answer:?}");
    }
    let until = Instant::now() + BEGINS;
    while count(&held, begun)? < holds {
        let heard = count(&held, begun)?;
        ensure!(Instant::now() < until, "{heard} of {holds} hear a sound");
        pause(Duration::from_millis(100));
    }
    let until = Instant::now() + LASTS;
    while Instant::now() < until {
        pause(Duration::from_secs(1));
        let last = confab_terms::Instant(now().0.saturating_sub(1_000_000_000));
        let heard = count(&held, last)?;
        ensure!(heard == holds, "{heard} of {holds} still hear a sound");
    }
    let report = Report {
        decoded: server.metric("confab_decoded_audio_bytes")?,
        cached: server.metric("confab_audio_cache_bytes")?,
        rss_kb: (before, server.memory_kb("VmRSS:")?),
    };
    let starved = server.metric("confab_decoders_starved_total")?;
    ensure!(starved == 0, "{starved} decoders had to wait");
    ensure!(report.decoded < DECODED_MAX, "{report:?}");
    let files = u64::from(RATE) * (SECONDS * holds) as u64;
    ensure!(
        report.cached >= files,
        "{report:?}: {files} bytes were fetched"
    );
    Ok(report)
}

/// Returns the frequency of a sound; sounds are 12 Hz apart.
fn hertz(number: usize) -> f64 {
    300.0 + 12.0 * number as f64
}

/// Returns the number of phones that have received a tone since an instant; the tones must be
/// distinct.
fn count(held: &[Phone], from: confab_terms::Instant) -> Result<usize> {
    let mut heard: Vec<usize> = held.iter().filter_map(|phone| tone(phone, from)).collect();
    let count = heard.len();
    heard.sort_unstable();
    heard.dedup();
    ensure!(heard.len() == count, "two phones hear the same sound");
    Ok(count)
}

/// Returns the number of the last tone at a phone.
fn tone(phone: &Phone, from: confab_terms::Instant) -> Option<usize> {
    let frames = phone.frames_between(from, now());
    // 400 ms distinguish tones 12 Hz apart.
    let tail: Vec<i16> = frames
        .iter()
        .rev()
        .take(20)
        .rev()
        .flat_map(|frame| frame.samples.iter().copied())
        .collect();
    let levels = (0..=120).map(|number| (level(&tail, hertz(number)), number));
    let loudest = levels.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (loudest.0 > AUDIBLE_DBFS).then_some(loudest.1)
}

fn join(server: &Server, phones: &Phones) -> Result<Phone> {
    let phone = phones.call(&PhoneConfig::new(server.sip.parse()?, ROOM, "caller"))?;
    let talks = phone.wait_until_talking(Duration::from_secs(5));
    talks.with_context(|| server.log())?;
    Ok(phone)
}

/// Returns a WAV file of ten minutes with 8-bit samples.
fn ten_minutes(hertz: f64) -> Vec<u8> {
    let step = std::f64::consts::TAU * hertz / f64::from(RATE);
    let second = (0..RATE).map(|at| (128.0 + 60.0 * (step * f64::from(at)).sin()).round() as u8);
    let samples = second.collect::<Vec<u8>>().repeat(SECONDS);
    let size = samples.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((size + 36).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(RATE.to_le_bytes());
    file.extend(RATE.to_le_bytes());
    file.extend(b"\x01\0\x08\0data");
    file.extend(size.to_le_bytes());
    file.extend(samples);
    file
}
