//! `docs/jitter.md`: the figures, and how they were taken.

use std::fmt::Write;

use crate::{Outcome, PACKETS, Row};

/// All of it.
pub(crate) fn page(rows: &[Row]) -> String {
    let mut page = HEAD.replace("{minutes}", &(PACKETS / 3_000).to_string());
    for codec in rows.chunk_by(|a, b| a.codec == b.codec) {
        let name = codec[0].codec.name();
        let _ = write!(page, "\n## {name}\n\n{COLUMNS}");
        for row in codec {
            let _ = writeln!(
                page,
                "| {} % | {} ms | {:.1} % | {} | {} |",
                row.weather.loss_percent,
                row.weather.jitter_ms,
                row.lost_percent,
                cells(row.ours),
                cells(row.theirs),
            );
        }
    }
    page
}

fn cells(outcome: Outcome) -> String {
    format!(
        "**{:.0}**, {:.0} ms | {:.1} %",
        outcome.mean_ms, outcome.p95_ms, outcome.made_percent
    )
}

const COLUMNS: &str = "\
| loss | jitter | never came | confab: mean, p95 | made up | neteq: mean, p95 | made up |
|---|---|---|---|---|---|---|
";

const HEAD: &str = "\
# Jitter and loss

Made by `cargo xtask jitter`, in virtual time: the same on every machine. {minutes} minutes of the
same packets, 20 ms each, to confab's jitter buffer and to that of the crate `neteq` 0.9.0 (after
WebRTC's), both asked for 20 ms at the same ticks, both as they come, with the same decoder.

- **Loss** comes in bursts (Gilbert, 3.3 packets on average). **Jitter** of J ms delays each packet
  by 0 to 2 J ms at random, so that packets overtake each other: no line is worse of that width.
- **Delay** is from a sample's departure to its tick, found by correlating the sound that came out
  with the sound that went in. A packet leaves 13 ms before a tick: less is not possible; nor less
  than 13 ms and the next multiple of 20, if all of a line with jitter is to be heard.
- **Made up** is the share of time for which a buffer says that it stands in for what did not come
  in time: by frames of 20 ms for confab, of 10 ms for neteq; one made up in part counts whole.
  Where confab plays PCMU from the middle of packets, one that is lost counts for two frames.
- confab reads its sockets at each tick and has no other clock; neteq is told the moment at which
  each packet arrived.

confab waits for every packet that comes; neteq lets the latest go, which costs it some percent of
the time, and is quicker by that where the delay is large (100 ms of jitter, and from 60 where
packets are lost). On lines with up to 40 ms of jitter confab is the quicker one by the mean.
";
