//! Comparison of confab's jitter buffer with neteq: `confab-beside-neteq PAGE` passes the same
//! packets to both, in virtual time, and writes the results. Results are equal in each run and on
//! each machine.

mod buffers;
mod ear;
mod page;
mod voice;
mod weather;

use anyhow::{Context, Result};
use confab_terms::Codec;

use crate::buffers::{Buffer, Ours, Theirs};
use crate::voice::Voice;
use crate::weather::{Weather, arrivals};

/// Number of packets: five minutes.
const PACKETS: usize = 15_000;
const LOSSES_PERCENT: [u32; 6] = [0, 1, 2, 5, 10, 20];
const JITTERS_MS: [u32; 7] = [0, 10, 20, 40, 60, 80, 100];
/// Interval between frames with a measured delay.
const EACH: usize = 10;

/// Result of a line with one of the buffers.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    mean_ms: f64,
    p95_ms: f64,
    /// Concealed share of the output since the first voice, in percent.
    made_percent: f64,
}

/// Line, with the result of each buffer.
struct Row {
    codec: Codec,
    weather: Weather,
    /// Share of lost packets, in percent.
    lost_percent: f64,
    ours: Outcome,
    theirs: Outcome,
}

fn main() -> Result<()> {
    let page = std::env::args().nth(1);
    let page = page.context("usage: confab-beside-neteq PAGE")?;
    let mut rows = Vec::new();
    for codec in [Codec::Pcmu, Codec::Opus] {
        let voice = Voice::new(codec, PACKETS);
        for loss_percent in LOSSES_PERCENT {
            for jitter_ms in JITTERS_MS {
                let weather = Weather {
                    loss_percent,
                    jitter_ms,
                };
                rows.push(row(&voice, weather)?);
            }
        }
    }
    std::fs::write(&page, page::page(&rows)).with_context(|| page.clone())?;
    println!("{page} is written");
    Ok(())
}

fn row(voice: &Voice, weather: Weather) -> Result<Row> {
    let arrivals = arrivals(weather, PACKETS);
    let row = Row {
        codec: voice.codec,
        weather,
        lost_percent: 100.0 - 100.0 * arrivals.len() as f64 / PACKETS as f64,
        ours: play(voice, &arrivals, &mut Ours::new(voice.codec))?,
        theirs: play(voice, &arrivals, &mut Theirs::new(voice.codec)?)?,
    };
    println!(
        "{:?} {weather:?}: {:.1?} {:.1?}",
        row.codec, row.ours, row.theirs
    );
    Ok(row)
}

fn play(voice: &Voice, arrivals: &[(f64, usize)], buffer: &mut dyn Buffer) -> Result<Outcome> {
    let rate = voice.codec.rate().hz();
    let said = ear::narrow(&voice.heard, rate);
    let mut arrivals = arrivals.iter().peekable();
    let (mut heard, mut delays) = (Vec::new(), Vec::new());
    let (mut made, mut frames) = (0.0, 0);
    let mut begun = false;
    for tick in 0..PACKETS {
        let now_ms = tick as f64 * 20.0;
        while let Some((at, number)) = arrivals.next_if(|&&(at, _)| at <= now_ms) {
            buffer.insert(*at, *number, &voice.packets[*number])?;
        }
        let frame = buffer.pull(now_ms)?;
        begun |= frame.made < 1.0 && frame.samples.iter().any(|&sample| sample != 0.0);
        heard.extend(ear::narrow(&frame.samples, rate));
        if !begun {
            continue;
        }
        made += frame.made;
        frames += 1;
        if frame.made == 0.0 && tick % EACH == 0 {
            let guess = delays.last().copied().unwrap_or(0.0);
            delays.extend(ear::delay_ms(&said, &heard, now_ms, guess));
        }
    }
    delays.sort_by(f64::total_cmp);
    Ok(Outcome {
        mean_ms: delays.iter().sum::<f64>() / delays.len() as f64,
        p95_ms: delays
            .get(delays.len() * 95 / 100)
            .copied()
            .unwrap_or(f64::NAN),
        made_percent: 100.0 * made / f64::from(frames),
    })
}
