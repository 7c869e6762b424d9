//! How long from an update's arrival to the first changed packet at a phone, mute and unmute:
//! `cargo run --release --example update_latency -- HTTP SIP ACCOUNT TOKEN [phones] [rounds]`
//! against a server that runs with nobody else on it. Prints one JSON line.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use confab_client::{Client, ConferenceStatus};
use confab_phone::heard::{Frame, frames, level};
use confab_phone::{Phone, PhoneConfig, Phones, Voice};
use confab_sockets::{now, sleep_until};
use confab_terms::Instant;

const ROOM: &str = "latency";
const HZ: f64 = 1_000.0;
const DBFS: f64 = -20.0;
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [http, sip, account, token, rest @ ..] = arguments.as_slice() else {
        return Err("HTTP SIP ACCOUNT TOKEN [phones] [rounds]".into());
    };
    let number = |at: usize, default: usize| rest.get(at).map_or(Ok(default), |text| text.parse());
    let (count, rounds) = (number(0, 50)?, number(1, 200)?);
    let talking = call_all(sip.parse()?, count)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let client = Client::new(&format!("http://{http}"), account, token)?;
    let (conference, speaker) = runtime.block_on(find(&client))?;
    let mut took = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        let muted = round % 2 == 0;
        // Anywhere between two ticks, in steps that do not divide one.
        sleep_until(now() + Duration::from_micros(100_000 + (round as u64 * 7_919) % 20_000));
        let listener = &talking[1 + round % (count - 1)];
        let asked = now();
        let participant = client.conferences(&conference).participants(&speaker);
        runtime.block_on(participant.update().muted(muted).send())?;
        let change = first_changed(listener, asked, muted)?;
        took[usize::from(!muted)].push(change.saturating_since(asked));
    }
    let [mute, unmute] = took.map(|mut took| {
        took.sort();
        let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)];
        [at(50), at(99), at(100)].map(|time| time.as_secs_f64() * 1_000.0)
    });
    println!(
        "{{\"phones\":{count},\"rounds\":{rounds},\"mute_ms\":{mute:.1?},\"unmute_ms\":{unmute:.1?}}}"
    );
    Ok(())
}

fn call_all(sip: SocketAddr, count: usize) -> Result<Vec<Phone>, Box<dyn Error>> {
    let phones = Phones::new()?;
    let call = |n: usize| -> Result<Phone, Box<dyn Error>> {
        let voice = match n {
            0 => Voice::Tone { hz: HZ, dbfs: DBFS },
            _ => Voice::Silence,
        };
        let config = PhoneConfig::new(sip, ROOM, &format!("phone{n}")).saying(voice);
        let phone = phones.call(&config)?;
        phone.wait_until_talking(PATIENCE)?;
        Ok(phone)
    };
    let talking = (0..count.max(2)).map(call).collect::<Result<Vec<_>, _>>()?;
    talking[1].wait_for_packets(100, PATIENCE)?;
    Ok(talking)
}

/// The live conference, and who came first: the one that speaks.
async fn find(client: &Client) -> Result<(String, String), Box<dyn Error>> {
    let named = client.all_conferences().list().friendly_name(ROOM);
    let live = named.status(ConferenceStatus::InProgress).send().await?;
    let conference = live.first().ok_or("no conference")?.sid.clone();
    let seated = client.conferences(&conference).all_participants();
    let speaker = seated.list().page_size(1).page().await?;
    let speaker = speaker.items.first().ok_or("no participant")?;
    Ok((conference, speaker.call_sid.clone()))
}

/// When the first packet arrived that shows the change.
fn first_changed(phone: &Phone, asked: Instant, muted: bool) -> Result<Instant, Box<dyn Error>> {
    let carries = |frame: &Frame| level(&frame.samples, HZ) > DBFS - 16.0;
    let begun = now();
    loop {
        let heard = frames(&phone.packets_between(asked, Instant(u64::MAX)));
        if let Some(frame) = heard.iter().find(|frame| carries(frame) != muted) {
            return Ok(frame.arrived);
        }
        if now().saturating_since(begun) > PATIENCE {
            return Err("the change was never heard".into());
        }
        phone.wait_for_packets(1, PATIENCE)?;
    }
}
