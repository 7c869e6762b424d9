//! Two who talk beside a web server that means harm (`harmful`): hundreds of fetches at once, a
//! hundred sounds without an end, a thousand calls whose document leads to itself. What became of
//! the talk, the memory and the calls.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use confab_phone::{PhoneConfig, Phones};

use crate::api::Api;
use crate::harmful::{ENDLESS, ITSELF, PATHS, serve};
use crate::party::{Caller, TONES, call, matrix};
use crate::server::{Server, pause};

/// 16 MB for every hundred fetches.
const GROWTH_KB_MAX: u64 = 16 * 1024;
/// Sound that has been decoded, all of it together, is kept up to this: see `confab-sounds`.
const SOUND_KB_MAX: u64 = 256 * 1024;
/// For each part of it, while the harm is under way.
const TALK: Duration = Duration::from_secs(4);
/// Calls that are begun at once, and how long they are then waited for.
const AT_ONCE: usize = 100;
const GIVEN_UP_WITHIN: Duration = Duration::from_secs(60);
/// What a server keeps of a call, in `/metrics`.
const OF_CALLS: [&str; 3] = ["confab_calls", "confab_legs", "confab_conferences"];

/// How much harm.
pub struct Size {
    /// Fetches at once, of everything but sounds without an end.
    pub fetches: usize,
    /// Sounds without an end at once.
    pub endless: usize,
    /// Calls whose document is a `<Redirect>` to itself.
    pub redirecting: usize,
}

/// What became of it. The talk was heard whole, or there is none.
pub struct Outcome {
    /// Memory at its most, beyond what it was before, after the fetches.
    pub grown_kb: u64,
    /// The same after the sounds.
    pub grown_with_sounds_kb: u64,
    /// Redirecting calls that the server ended.
    pub given_up: usize,
    /// How long they took, and the processor time of the server.
    pub took: Duration,
    /// Of the server, for all of them.
    pub worked: Duration,
    /// Memory at its most, beyond what it was before them.
    pub grown_by_calls_kb: u64,
}

/// Does it.
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

/// One is held with music that harms, again and again, while two others talk.
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
        // Another one before the last has failed: they are all under way together.
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

/// They hear each other in every frame, and nothing else.
fn talk(anna: &Caller, boris: &Caller) -> Result<()> {
    let until = Instant::now() + TALK;
    while Instant::now() < until {
        let heard = matrix(&[anna, boris], &[])?;
        ensure!(heard == "anna: boris\nboris: anna\n", "{heard}");
    }
    Ok(())
}

/// Calls until the server has enough of their redirects. How many it ended.
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
    /// What must hold, of whatever size.
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
