//! A quiet tone in a crowd: a random one of many callers says a sine at −40 dBFS while a loud room
//! talks, and every other caller must hear it. Joins a running server, beside a load generator
//! perhaps. Prints the level at which each hears it.
//!
//! `cargo run --release -p confab-conformance --example quiet_tone -- 127.0.0.1:5060 conf000 20`

use std::time::Duration;

use anyhow::{Context as _, Result};
use confab_conformance::server::pause;
use confab_phone::heard::{level, samples_in_time};
use confab_phone::{Phone, PhoneConfig, Phones, Voice, now};

/// A whole number of periods in 20 ms: no other tone of the crowd leaks into it.
const HZ: f64 = 1_750.0;
const DBFS: f64 = -40.0;
const LISTENING: Duration = Duration::from_secs(4);

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let server = arguments
        .next()
        .context("the server's SIP address")?
        .parse()?;
    let room = arguments.next().context("the room")?;
    let callers: usize = arguments.next().context("how many callers")?.parse()?;
    let phones = Phones::new()?;
    let chosen = now().0 as usize % callers;
    let place = |n: usize| -> Result<Phone> {
        let voice = if n == chosen {
            Voice::Tone { hz: HZ, dbfs: DBFS }
        } else {
            Voice::Silence
        };
        let phone = phones.call(&PhoneConfig::new(server, &room, "quiet").saying(voice))?;
        phone.wait_until_talking(Duration::from_secs(5))?;
        Ok(phone)
    };
    let all: Vec<Phone> = (0..callers).map(place).collect::<Result<_>>()?;
    pause(Duration::from_secs(1));
    let from = now();
    pause(LISTENING);
    let to = now();
    let mut levels = Vec::new();
    for (n, phone) in all.iter().enumerate() {
        let samples = samples_in_time(&phone.frames_between(from, to));
        // The speaker itself must not hear it: it is the check of the check.
        let heard = level(&samples, HZ);
        if n == chosen {
            println!("the speaker itself: {heard:.1} dBFS");
        } else {
            levels.push(heard);
        }
    }
    levels.sort_by(f64::total_cmp);
    let audible = levels.iter().filter(|l| (**l - DBFS).abs() < 3.0).count();
    println!(
        "heard by {audible} of {} at {:.1} to {:.1} dBFS",
        levels.len(),
        levels.first().copied().unwrap_or(f64::NAN),
        levels.last().copied().unwrap_or(f64::NAN)
    );
    anyhow::ensure!(audible == levels.len(), "not heard by all");
    Ok(())
}
