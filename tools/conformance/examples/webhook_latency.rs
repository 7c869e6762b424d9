//! Measures the time from an update to the arrival of its event at the application, while receivers
//! of other conferences take 30 s per request. Prints percentiles, without assertions.
//!
//! `cargo run --release -p confab-conformance --example webhook_latency -- [SLOW] [ROUNDS]`

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use confab_conformance::api::Api;
use confab_conformance::application::{Application, Received};
use confab_conformance::rude::{Manners, Rude};
use confab_conformance::server::{Server, pause};
use confab_phone::{Phone, PhoneConfig, Phones};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).map(|a| a.parse::<usize>());
    let slow = arguments.next().transpose()?.unwrap_or(20);
    let rounds = arguments.next().transpose()?.unwrap_or(500);
    let app = Application::start()?;
    let hangs = Rude::start(Manners::Hangs)?;
    let server = Server::start(&[("CONFAB_VOICE_URL", &app.url("/voice"))])?;
    let api = Api::new(&server)?;
    let phones = Phones::new()?;
    let mut seats = Vec::new();
    for n in 0..slow {
        let place = place(&app, &server, &phones, &format!("slow{n}"), &hangs.url("/"))?;
        seats.push((place, path(&api, &format!("slow{n}"))?));
    }
    let _quick = place(&app, &server, &phones, "quick", &app.url("/events"))?;
    let quick = path(&api, "quick")?;
    let mut times = Vec::new();
    for round in 0..rounds {
        let muted = if round % 2 == 0 { "true" } else { "false" };
        // Slow conferences have a growing number of waiting events.
        if let Some((_, path)) = seats.get(round % seats.len().max(1)) {
            api.post(path, &[("Muted", muted)])?;
        }
        let sent = Instant::now();
        let answer = api.post(&quick, &[("Muted", muted)])?;
        anyhow::ensure!(answer.status == 200, "{answer:?}");
        // The first event was the join.
        let number = (round + 2).to_string();
        let is_it =
            |r: &&Received| r.path == "/events" && r.fields.get("SequenceNumber") == Some(&number);
        let found = |all: &[Received]| all.iter().rev().find(is_it).cloned();
        let event = app.wait_for("the event", Duration::from_secs(20), found)?;
        times.push(event.at.duration_since(sent).as_secs_f64() * 1_000.0);
        pause(Duration::from_millis(10));
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
    println!(
        "{slow} conferences whose receivers hang, asked {} times; one event of another:\n\
         p50 {:5.1} ms  p90 {:5.1}  p99 {:5.1}  max {:5.1}  ({} events)",
        hangs.asked(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0),
        times.len()
    );
    Ok(())
}

/// Calls a conference of this name with this `StatusCallback`.
fn place(
    app: &Application,
    server: &Server,
    phones: &Phones,
    room: &str,
    events_to: &str,
) -> Result<Phone> {
    let document = format!(
        "<Response><Dial><Conference statusCallback=\"{events_to}\" \
         statusCallbackEvent=\"join mute\">{room}</Conference></Dial></Response>"
    );
    app.serve("/voice", "text/xml", document);
    let config = PhoneConfig::new(server.sip.parse()?, "support", room);
    let phone = phones.call(&config)?;
    phone.wait_until_talking(Duration::from_secs(5))?;
    Ok(phone)
}

fn path(api: &Api, room: &str) -> Result<String> {
    let (conference, seated) = api.seated(room, 1)?;
    let call = seated[0]["call_sid"].as_str().context("no call_sid")?;
    Ok(format!("/Conferences/{conference}/Participants/{call}"))
}
