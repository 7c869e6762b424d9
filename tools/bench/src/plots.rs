//! Plots of the page, with the figures in each.

use crate::peers::{PEERS, middle};
use crate::plan::{Figure, Row};
use crate::svg::{Bar, Line, bars, lines};

const OURS: &str = "#2a6fb8";
const FLOOR: &str = "#999999";

/// Returns the file name and the SVG text of each plot.
pub(crate) fn all(rows: &[Row]) -> Vec<(&'static str, String)> {
    vec![
        ("cost.svg", cost(rows, Figure::OneRoom)),
        ("cost-rooms-of-five.svg", cost(rows, Figure::RoomsOfFive)),
        ("cost-by-callers.svg", cost_by_callers(rows)),
        ("memory.svg", memory(rows)),
        ("through.svg", through(rows)),
        ("updates.svg", updates(rows)),
    ]
}

/// Returns the run with as many callers as the peers' plotted figures, or the first run.
pub(crate) fn beside_peers(rows: &[Row], figure: Figure) -> Option<&Row> {
    const PEERS_CALLERS: usize = 200;
    let mut of_figure = rows.iter().filter(|row| row.figure == figure);
    let same = of_figure.clone().find(|row| row.callers() == PEERS_CALLERS);
    same.or_else(|| of_figure.next())
}

fn bar(name: impl Into<String>, value: f64, colour: &'static str) -> Bar {
    Bar {
        name: name.into(),
        value,
        colour,
    }
}

fn cost(rows: &[Row], figure: Figure) -> String {
    let mut all = Vec::new();
    let mut callers = 0;
    if let Some(row) = beside_peers(rows, figure) {
        callers = row.callers();
        all.push(bar(
            "floor, same run",
            row.of(|taken| taken.floor_cpu),
            FLOOR,
        ));
        all.push(bar("confab", row.of(|taken| taken.cpu), OURS));
    }
    let five = figure == Figure::RoomsOfFive;
    for peer in PEERS.iter().rev() {
        if let Some(span) = peer.cost_at(callers, five) {
            all.push(bar(peer.name, middle(span), peer.colour));
        }
    }
    let rooms = if five { "rooms of five" } else { "one room" };
    let title = format!("Processor time for each participant-second: {callers} callers, {rooms}");
    bars(&title, "ms", 2, &all)
}

fn cost_by_callers(rows: &[Row]) -> String {
    let one_room: Vec<&Row> = rows
        .iter()
        .filter(|r| r.figure == Figure::OneRoom)
        .collect();
    let points = |value: &dyn Fn(&Row) -> f64| {
        let point = |row: &&Row| (row.callers() as f64, value(row));
        one_room.iter().map(point).collect()
    };
    let mut all = vec![
        Line {
            name: "confab".to_owned(),
            colour: OURS,
            points: points(&|row| row.of(|taken| taken.cpu)),
        },
        Line {
            name: "floor".to_owned(),
            colour: FLOOR,
            points: points(&|row| row.of(|taken| taken.floor_cpu)),
        },
    ];
    for peer in PEERS {
        let point = |(callers, span, _): &(usize, _, _)| Some((*callers as f64, middle((*span)?)));
        all.push(Line {
            name: peer.name.to_owned(),
            colour: peer.colour,
            points: peer.cost.iter().filter_map(point).collect(),
        });
    }
    let mut callers = vec![50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0];
    if one_room.iter().any(|row| row.callers() < 50) {
        callers.insert(0, 20.0);
    }
    lines(
        "Processor time for each participant-second, everyone in one room and mixed",
        (&callers, "callers"),
        (&[0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0], "ms"),
        &all,
    )
}

fn memory(rows: &[Row]) -> String {
    let mut all = Vec::new();
    if let Some(row) = beside_peers(rows, Figure::OneRoom) {
        all.push(bar("confab", row.of(|taken| taken.rss), OURS));
    }
    for peer in PEERS.iter().rev() {
        all.push(bar(peer.name, middle(peer.rss), peer.colour));
    }
    bars("Resident memory for each participant", "KB", 0, &all)
}

fn through(rows: &[Row]) -> String {
    let mut all = Vec::new();
    if let Some(row) = beside_peers(rows, Figure::Through) {
        for (name, share) in [("confab, p50", 0.5), ("confab, p99", 0.99)] {
            all.push(bar(name, row.share(|taken| &taken.through, share), OURS));
        }
    }
    for peer in PEERS {
        let (p50, p99) = peer.through;
        all.push(bar(format!("{}, p50", peer.name), middle(p50), peer.colour));
        all.push(bar(format!("{}, p99", peer.name), p99, peer.colour));
    }
    bars(
        "From a caller's packet to another's that carries it",
        "ms",
        1,
        &all,
    )
}

fn updates(rows: &[Row]) -> String {
    let mut all = Vec::new();
    if let Some(row) = beside_peers(rows, Figure::Updates) {
        for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
            let mute = row.share(|taken| &taken.mutes, share);
            let unmute = row.share(|taken| &taken.unmutes, share);
            all.push(bar(format!("confab, mute {name}"), mute, OURS));
            all.push(bar(format!("confab, unmute {name}"), unmute, OURS));
        }
    }
    for peer in PEERS {
        let Some(updates) = peer.updates else {
            continue;
        };
        for (what, (p50, p99)) in ["mute", "unmute"].iter().zip(updates) {
            let (name, colour) = (peer.name, peer.colour);
            all.push(bar(format!("{name}, {what} p50"), middle(p50), colour));
            all.push(bar(format!("{name}, {what} p99"), p99, colour));
        }
    }
    bars(
        "From a change by the API to the packet that carries it",
        "ms",
        1,
        &all,
    )
}
