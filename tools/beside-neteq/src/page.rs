//! `docs/jitter.md`: the figures, and how they were taken.

use std::fmt::Write;

use crate::{Outcome, PACKETS, Row};

pub(crate) fn page(rows: &[Row]) -> String {
    let mut page = HEAD.replace("MINUTES", &(PACKETS / 3_000).to_string());
    for codec in rows.chunk_by(|a, b| a.codec == b.codec) {
        let name = codec[0].codec.name();
        let _ = write!(
            page,
            "\n## {name}\n\n| loss | jitter | never came | confab: mean, p95 | made up | neteq: mean, \
             p95 | made up |\n|---|---|---|---|---|---|---|\n"
        );
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
        "{:.0}, {:.0} ms | {:.1} %",
        outcome.mean_ms, outcome.p95_ms, outcome.made_percent
    )
}

const HEAD: &str = "\
# Jitter and loss

Made by `cargo xtask jitter`, in virtual time: the same on every machine. MINUTES minutes of the same
packets, 20 ms each, to confab's jitter buffer and to that of the crate `neteq` 0.9.0, both pulled at
the same ticks; settings as they come.

- **Loss** comes in bursts (Gilbert, 3.3 packets on average); **jitter** of J ms delays each packet by
  0 to 2 J ms at random, so that packets overtake each other: the worst there can be of that width.
- **Delay** is from a sample's departure to its tick, found in the sound that came out by
  correlation with the sound that went in. A packet leaves 13 ms before a tick: less is not possible.
- **Made up** is the share of time for which a buffer says that it stands in for what did not come in
  time: by frames of 20 ms for confab, of 10 for neteq. No less than what never came is possible,
  but for what neteq stretches over a gap and does not count.
- Packets of confab's are read from its sockets at a tick, and it has no other clock; neteq is told the
  moment at which each arrived. neteq plays in pieces of 10 ms, and waits for 20 ms at the least.
";
