//! Two speaking participants beside a hostile web server (`harmful`): hundreds of fetches at once,
//! a hundred endless sounds, a thousand calls with a document that redirects to itself. Measures
//! audibility, memory, and the end of the calls.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use confab_phone::{PhoneConfig, Phones};

use crate::api::Api;
use crate::harmful::{ENDLESS, ITSELF, PATHS, serve};
use crate::party::{Caller, TONES, call, matrix};
use crate::server::{Server, pause};

/// Maximum growth of memory: 16 MB per hundred fetches.
const GROWTH_KB_MAX: u64 = 16 * 1024;
/// Maximum memory for decoded audio: see `confab-sounds`.
const SOUND_KB_MAX: u64 = 256 * 1024;
/// Duration of each audibility check during the attack.
const TALK: Duration = Duration::from_secs(4);
/// Number of simultaneous calls, and the maximum time until the server ends them.
const AT_ONCE: usize = 100;
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(60);
/// State of calls in `/metrics`.
const OF_CALLS: [&str; 3] = ["confab_calls", "confab_legs", "confab_conferences"];

/// Size of the attack.
pub struct Size {
    /// Number of simultaneous fetches, except endless sounds.
    pub fetches: usize,
    /// Number of simultaneous endless sounds.
    pub endless: usize,
    /// Number of calls with a document that redirects to itself.
    pub redirecting: usize,
}

/// Results of the attack; an incomplete audibility is an error instead.
pub struct Outcome {
    /// Growth of peak memory by the fetches.
    pub grown_kb: u64,
    /// Growth of peak memory by the fetches and the sounds.
    pub grown_with_sounds_kb: u64,
    /// Number of redirecting calls that the server ended.
    pub given_up: usize,
    /// Time until the end of the redirecting calls.
    pub took: Duration,
    /// Processor time of the server for the redirecting calls.
    pub worked: Duration,
    /// Growth of peak memory by the redirecting calls.
    pub grown_by_calls_kb: u64,
}

/// Runs the attack.
pub fn run(size: &Size) -> Result<Outcome> {
    let hostile = serve()?;
    let (grown_kb, grown_with_sounds_kb) = hold_with_harm(&hostile, size)?;
    let voice = format!("{hostile}{ITSELF}");
    let server = Server::start(&[("CONFAB_VOICE_URL", &voice), ("CONFAB_VOICE_METHOD", "GET")])?;
    let (before, worked) = (server.memory_kb("VmRSS:")?, server.worked()?);
    let begun = Instant::now();
    let given_up = redirect(&server, size.redirecting)?;
    Ok(Outcome {
        grown_kb,
        grown_with_sounds_kb,
        given_up,
        took: begun.elapsed(),
        worked: server.worked()?.saturating_sub(worked),
        grown_by_calls_kb: server.memory_kb("VmHWM:")?.saturating_sub(before),
    })
}

/// Holds a participant repeatedly with hostile music while two others speak; returns the growth of
/// memory in kB.
fn hold_with_harm(hostile: &str, size: &Size) -> Result<(u64, u64)> {
    let server = Server::start(&[])?;
    let (api, phones) = (Api::new(&server)?, Phones::new()?);
    let anna = call(&phones, &server, "talk", "anna", TONES[0])?;
    let boris = call(&phones, &server, "talk", "boris", TONES[1])?;
    api.seated("talk", 2)?;
    let _victim = call(&phones, &server, "hold", "victim", TONES[2])?;
    let (conference, seated) = api.seated("hold", 1)?;
    let victim = seated[0]["call_sid"].as_str().context("a call")?;
    let participant = format!("/Conferences/{conference}/Participants/{victim}");
    pause(Duration::from_millis(500));
    let before = server.memory_kb("VmRSS:")?;
    let hold = |path: &str, number: usize| {
        // Each request replaces one in progress, so that all fetches run at once.
        let url = format!("{hostile}{path}?{number}");
        let form = [("Hold", "true"), ("HoldUrl", url.as_str())];
        let status = api.post(&participant, &form)?.status;
        ensure!(status == 200, "{path}: {status}");
        Ok(())
    };
    let ending: Vec<&str> = PATHS.into_iter().filter(|path| *path != ENDLESS).collect();
    for number in 0..size.fetches {
        hold(ending[number % ending.len()], number)?;
    }
    talk(&anna, &boris)?;
    let grown = server.memory_kb("VmHWM:")?.saturating_sub(before);
    for number in 0..size.endless {
        hold(ENDLESS, number)?;
    }
    talk(&anna, &boris)?;
    let with_sounds = server.memory_kb("VmHWM:")?.saturating_sub(before);
    Ok((grown, with_sounds))
}

/// Checks that both participants hear each other in each frame, and nothing else.
fn talk(anna: &Caller, boris: &Caller) -> Result<()> {
    let until = Instant::now() + TALK;
    while Instant::now() < until {
        let heard = matrix(&[anna, boris], &[])?;
        ensure!(heard == "anna: boris\nboris: anna\n", "{heard}");
    }
    Ok(())
}

/// Places calls until the server ends them; returns the number of ended calls.
fn redirect(server: &Server, calls: usize) -> Result<usize> {
    let phones = Phones::new()?;
    let sip = server.sip.parse()?;
    let mut given_up = 0;
    for first in (0..calls).step_by(AT_ONCE) {
        let mut these = Vec::new();
        for number in first..calls.min(first + AT_ONCE) {
            let name = format!("caller{number}");
            these.push(phones.call(&PhoneConfig::new(sip, "again", &name))?);
        }
        for phone in these {
            phone.wait_until_ended(GIVEN_UP_WITHIN)?;
            given_up += 1;
        }
    }
    server.wait_until_none_of(&OF_CALLS, Duration::from_secs(10))?;
    Ok(given_up)
}

impl Outcome {
    /// Checks the requirements, which hold for any size.
    pub fn judge(&self, size: &Size) -> Result<()> {
        let most = GROWTH_KB_MAX * (size.fetches as u64).div_ceil(100);
        let grown = self.grown_kb;
        ensure!(grown <= most, "{grown} kB for {} fetches", size.fetches);
        let grown = self.grown_with_sounds_kb;
        ensure!(
            grown <= most + SOUND_KB_MAX,
            "{grown} kB with endless sounds"
        );
        let given_up = self.given_up;
        ensure!(given_up == size.redirecting, "{given_up} calls were ended");
        let most = GROWTH_KB_MAX * (size.redirecting as u64).div_ceil(100);
        let grown = self.grown_by_calls_kb;
        ensure!(grown <= most, "{grown} kB for {given_up} calls");
        Ok(())
    }
}
