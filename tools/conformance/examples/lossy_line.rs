//! Relays SIP and RTP between phones and a server with packet loss; phones call the relay.
//!
//! `cargo run --release -p confab-conformance --example lossy_line -- SERVER [PER_MILLE] [SEED]`

use std::time::Duration;

use anyhow::{Context as _, Result};
use confab_conformance::lossy_line::{LossyLine, Tally, Weather};
use confab_conformance::server::pause;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let server = arguments
        .next()
        .context("SERVER: its SIP address, 127.0.0.1:5060")?;
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (lost, seed) = (number(250)?, number(1)?);
    let line = LossyLine::to(server.parse()?, Weather { seed, lost })?;
    println!(
        "call {}: {lost} of 1,000 packets are lost each way",
        line.sip
    );
    let show = |tally: &Tally| format!("{} ({} ‰ lost)", tally.came(), tally.lost_per_mille());
    loop {
        pause(Duration::from_secs(5));
        let of = &line.tallies;
        let (up, down) = (show(&of.sip_up), show(&of.sip_down));
        let (said, heard) = (show(&of.voice_up), show(&of.voice_down));
        println!("signalling {up} up, {down} down; voices {said} up, {heard} down");
    }
}
