//! First half of the page: cost of a call, and completeness of its frames.

use crate::peers::{PEERS, shown};
use crate::plan::{Figure, Row};

pub(crate) fn of(rows: &[Row], figure: Figure) -> impl Iterator<Item = &Row> {
    rows.iter().filter(move |row| row.figure == figure)
}

pub(crate) fn plot(name: &str, what: &str) -> String {
    format!("\n![{what}](benchmarks/{name})\n")
}

const COST_HEAD: &str = "| callers | confab | floor | × floor | FreeSWITCH | Asterisk | Janus |\n\
                         |---|---|---|---|---|---|---|\n";

fn cost_line(row: &Row, five: bool) -> String {
    let mut line = format!(
        "| {} | **{:.3}** | {:.3} | {:.2} |",
        row.callers(),
        row.of(|taken| taken.cpu),
        row.of(|taken| taken.floor_cpu),
        row.ratio(),
    );
    for peer in PEERS {
        line += &format!(" {} |", shown(peer.cost_at(row.callers(), five), 2));
    }
    line + "\n"
}

pub(crate) fn one_room(rows: &[Row]) -> String {
    let mut out = "## One room, everyone sends, everyone is mixed\n\n\
                   Milliseconds of processor time (user and system, the whole process) for each \
                   participant-second. PCMU, 20 ms, both ways; `CONFAB_MIX_VOICES_MAX=0`.\n\n"
        .to_owned();
    out += COST_HEAD;
    for row in of(rows, Figure::OneRoom) {
        out += &cost_line(row, false);
    }
    out += &plot("cost.svg", "Cost beside the peers'");
    out += &plot("cost-by-callers.svg", "Cost by the number of callers");
    out += &growth(rows);
    let loudest: Vec<&Row> = of(rows, Figure::Loudest).collect();
    if !loudest.is_empty() {
        out += "\nThe same with default settings, which sum the sixteen loudest voices:\n\n\
                | callers | confab | floor | × floor |\n|---|---|---|---|\n";
        for row in loudest {
            out += &short_line(row, &row.callers().to_string());
        }
    }
    out
}

fn short_line(row: &Row, name: &str) -> String {
    format!(
        "| {name} | **{:.3}** | {:.3} | {:.2} |\n",
        row.of(|taken| taken.cpu),
        row.of(|taken| taken.floor_cpu),
        row.ratio()
    )
}

/// Returns the change of the cost per caller between one hundred callers and the largest run.
fn growth(rows: &[Row]) -> String {
    let mut of_room = of(rows, Figure::OneRoom).filter(|row| row.callers() >= 100);
    let (Some(first), Some(last)) = (of_room.next(), of_room.last()) else {
        return String::new();
    };
    let change = |value: &dyn Fn(&Row) -> f64| (value(last) / value(first) - 1.0) * 100.0;
    format!(
        "\nFrom {} to {} callers the cost of each changes by {:+.0} %, the floor's by {:+.0} %.\n",
        first.callers(),
        last.callers(),
        change(&|row| row.of(|taken| taken.cpu)),
        change(&|row| row.of(|taken| taken.floor_cpu)),
    )
}

pub(crate) fn frames(rows: &[Row]) -> String {
    let mut out = "## Received frames\n\n\
                   All rounds together, at every listener, by the kernel's times of arrival. \
                   *Missing*: a frame that was due and did not arrive, whatever the sequence \
                   numbers. *Late*: more than 10 ms after its time. *Tone*: missing frames of a \
                   tone that one caller sends, and jumps of its phase (a frame dropped or repeated \
                   in the mixer).\n\n\
                   | callers | frames | missing | late, the floor's | repeated | sequence gaps | \
                   tone missing, slips | \\|interarrival − 20 ms\\| p50, p99, longest | \
                   floor's p99 | calls up at the end | callers' own packets > 5 ms late |\n\
                   |---|---|---|---|---|---|---|---|---|---|---|\n"
        .to_owned();
    let with_frames = [Figure::OneRoom, Figure::RoomsOfFive];
    for row in rows.iter().filter(|row| with_frames.contains(&row.figure)) {
        let counts = row.counts();
        let rooms = match row.scenario.cast.rooms {
            1 => String::new(),
            rooms => format!(" in {rooms} rooms"),
        };
        out += &format!(
            "| {}{rooms} | {} | {} | {:.2}, {:.2} % | {} | {} | {}, {} | \
             {:.2}, {:.2}, {:.1} ms | {:.2} ms | {} | {:.2} % |\n",
            row.callers(),
            counts.frames,
            counts.missing,
            100.0 * counts.late as f64 / counts.frames.max(1) as f64,
            row.of(|taken| taken.floor_late) * 100.0,
            counts.repeated,
            counts.lost,
            counts.without_tone,
            counts.slips,
            row.of(|taken| taken.off_beat_p50),
            row.of(|taken| taken.off_beat_p99),
            row.of(|taken| taken.off_beat_longest),
            row.of(|taken| taken.floor_off_beat_p99),
            row.up(),
            row.of(|taken| taken.behind) * 100.0,
        );
    }
    let offs: Vec<String> = (PEERS.iter())
        .map(|peer| format!("{} {}", peer.name, peer.off_beat))
        .collect();
    out + &format!("\nPeers at 400 callers, p99 in ms: {}.\n", offs.join(", "))
}

pub(crate) fn rooms_of_five(rows: &[Row]) -> String {
    let mut out =
        format!("## Rooms of five\n\nThe same work, five callers in each room.\n\n{COST_HEAD}");
    for row in of(rows, Figure::RoomsOfFive) {
        out += &cost_line(row, true);
    }
    out + &plot("cost-rooms-of-five.svg", "Cost in rooms of five")
}

pub(crate) fn memory(rows: &[Row]) -> String {
    let mut out = "## Memory\n\nResident, beyond the idle server's, for each participant; one \
                   room, PCMU.\n\n| callers | KB | threads of the process |\n|---|---|---|\n"
        .to_owned();
    for row in of(rows, Figure::OneRoom) {
        let (rss, threads) = (row.of(|taken| taken.rss), row.of(|taken| taken.threads));
        out += &format!("| {} | **{rss:.1}** | {threads:.0} |\n", row.callers());
    }
    for peer in PEERS {
        let rss = shown(Some(peer.rss), 0);
        out += &format!(
            "| {} | {rss} | {} for each participant |\n",
            peer.name, peer.threads
        );
    }
    out + &plot("memory.svg", "Memory beside the peers'")
}
