//! Measures the time from an update to the first changed packet at a phone: mute and unmute of one
//! of many speaking participants. Prints percentiles, without assertions.
//!
//! `cargo run --release -p confab-conformance --example update_latency -- [PARTICIPANTS] [ROUNDS]`

use std::time::Duration;

use anyhow::{Context as _, Result};
use confab_conformance::api::Api;
use confab_conformance::party::DBFS;
use confab_conformance::server::{Server, pause};
use confab_phone::heard::Frame;
use confab_phone::{Phone, PhoneConfig, Phones, Voice, now};
use confab_terms::Instant;

const TONE_HZ: f64 = 1_530.0;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<usize>());
    let participants = arguments.next().transpose()?.unwrap_or(50);
    let rounds = arguments.next().transpose()?.unwrap_or(200);
    let server = Server::start(&[("CONFAB_RTP_PORTS", "20000-29999")])?;
    let api = Api::new(&server)?;
    let phones = Phones::new()?;
    let mut others = Vec::new();
    let speaker = place(
        &phones,
        &server,
        Voice::Tone {
            hz: TONE_HZ,
            dbfs: DBFS,
        },
    )?;
    speaker.wait_until_talking(Duration::from_secs(5))?;
    api.seated("latency", 1)?;
    for n in 1..participants {
        // All other participants send a tone that is quiet relative to the measured one.
        let hz = 300.0 + 10.0 * n as f64;
        others.push(place(&phones, &server, Voice::Tone { hz, dbfs: -60.0 })?);
    }
    let (conference, seated) = api.seated("latency", participants)?;
    let call = seated[0]["call_sid"].as_str().context("no call_sid")?;
    let path = format!("/Conferences/{conference}/Participants/{call}");
    let ear = others.last().context("at least two participants")?;
    pause(Duration::from_secs(2));
    let (mut mutes, mut unmutes) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        for (muted, times) in [("true", &mut mutes), ("false", &mut unmutes)] {
            // Covers all phases relative to the tick.
            pause(Duration::from_micros(
                120_000 + (round as u64 * 7_919) % 20_000,
            ));
            let sent = now();
            let answer = api.post(&path, &[("Muted", muted)])?;
            anyhow::ensure!(answer.status == 200, "{answer:?}");
            ear.wait_for_packets(3, Duration::from_secs(1))?;
            times.push(first_changed(ear, sent, muted == "true")?);
        }
    }
    print("mute", &mut mutes);
    print("unmute", &mut unmutes);
    Ok(())
}

fn place(phones: &Phones, server: &Server, voice: Voice) -> Result<Phone> {
    let config = PhoneConfig::new(server.sip.parse()?, "latency", "caller").saying(voice);
    Ok(phones.call(&config)?)
}

/// Returns the time in ms to the first packet without the tone, or with it after an unmute.
fn first_changed(ear: &Phone, sent: Instant, muted: bool) -> Result<f64> {
    let heard = ear.frames_between(sent, Instant(u64::MAX));
    let carries = |frame: &Frame| frame.level(TONE_HZ) > DBFS - 16.0;
    let first = heard.iter().find(|f| carries(f) != muted);
    let first = first.context("no packet carried the change")?;
    Ok(first.arrived.saturating_since(sent).as_secs_f64() * 1_000.0)
}

fn print(what: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    println!(
        "{what:<7} p50 {:5.1} ms  p90 {:5.1}  p99 {:5.1}  max {:5.1}  ({} updates)",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        times.len()
    );
}
