//! Checks a quiet tone in a large room: one of several callers, drawn at random, sends a sine at
//! −40 dBFS while the room is loud; all other callers must receive the sine. Connects to a running
//! server, possibly beside a load generator. Prints the received levels.
//!
//! `cargo run --release -p confab-conformance --example quiet_tone -- 127.0.0.1:5060 conf000 20`

use std::time::Duration;

use anyhow::{Context as _, Result};
use confab_conformance::server::pause;
use confab_phone::heard::{level, samples_in_time};
use confab_phone::{Phone, PhoneConfig, Phones, Voice, now};

/// Frequency with a whole number of periods in 20 ms, so that other tones of the room do not leak
/// into it.
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
        // The speaker must not receive the tone: validates the measurement.
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
