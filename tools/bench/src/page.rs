//! `benchmarks.md`: every figure beside its floor and its peers, and what it was measured with.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use confab_sockets::wall;

use crate::costs::{frames, memory, of, one_room, plot, rooms_of_five};
use crate::peers::{PEERS, shown};
use crate::plan::{Figure, Plan, Row};
use crate::plots;
use crate::process::Machine;

/// Writes it with its plots.
pub(crate) fn write(folder: &Path, machine: &Machine, plan: &Plan, rows: &[Row]) -> Result<()> {
    let plots_folder = folder.join("benchmarks");
    fs::create_dir_all(&plots_folder)?;
    for (name, text) in plots::all(rows) {
        fs::write(plots_folder.join(name), text)?;
    }
    let parts = [
        head(machine, plan),
        one_room(rows),
        frames(rows),
        rooms_of_five(rows),
        memory(rows),
        few_speak(rows),
        through(rows),
        updates(rows),
        how(plan),
        peers(),
        failures(rows),
    ];
    let page = folder.join("benchmarks.md");
    fs::write(&page, parts.join("\n"))?;
    println!("{} is written", page.display());
    Ok(())
}

fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}

fn head(machine: &Machine, plan: &Plan) -> String {
    let rounds = match plan.times.rounds {
        1 => "One round only: to see whether it runs, not to be quoted".to_owned(),
        n => format!("Medians of {n} rounds"),
    };
    format!(
        "# Benchmarks\n\n\
         Made by `cargo xtask bench`, which anyone can run; nothing here is asserted. {rounds}, \
         {} s each.\n\n\
         {}: {}, {} cores, Linux {}; load average at the start {}. The callers ran on the same \
         machine, on loopback.\n\n\
         **Floor**: a bare program that receives and sends the same packets on the same tick, \
         and neither mixes nor knows SIP; measured right after, with the same callers. Ratios \
         to it are worth more than milliseconds, which are the machine's. The peers' figures \
         were taken with the same work on another day ([below](#peers)).\n",
        seconds(plan.times.window),
        wall(),
        machine.processor,
        machine.cores,
        machine.kernel,
        machine.load,
    )
}

fn few_speak(rows: &[Row]) -> String {
    let mut out = "## Many listen, few speak\n\n\
                   Settings as they come. Listeners send one frame of silence each 400 ms, as \
                   phones do that do not transmit pauses; each gets every frame. Who hears the \
                   same mix in the same codec shares one encode. The tone is searched for at \
                   four listeners where the codec is Opus.\n\n\
                   | callers, speakers, codec | ms a participant-second | floor | × floor | KB a \
                   participant | frames missing, late, repeated | tone missing, slips |\n\
                   |---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in of(rows, Figure::Listeners) {
        let (cast, counts) = (row.scenario.cast, row.counts());
        out += &format!(
            "| {}, {}, {} | **{:.3}** | {:.3} | {:.2} | {:.1} | {}, {}, {} | {}, {} |\n",
            cast.callers,
            cast.speakers,
            cast.codec.name(),
            row.of(|taken| taken.cpu),
            row.of(|taken| taken.floor_cpu),
            row.ratio(),
            row.of(|taken| taken.rss),
            counts.missing,
            counts.late,
            counts.repeated,
            counts.without_tone,
            counts.slips,
        );
    }
    out
}

fn through(rows: &[Row]) -> String {
    let mut out = "## Audio in → out\n\n\
                   From the departure of a caller's first packet of a tone to the arrival of the \
                   first at each other that carries it; every caller in turn says it, so that \
                   every phase against the tick is there.\n\n\
                   | | p50 | p99 |\n|---|---|---|\n"
        .to_owned();
    for row in of(rows, Figure::Through) {
        out += &format!(
            "| confab, {} callers | **{:.1} ms** | **{:.1} ms** |\n",
            row.callers(),
            row.share(|taken| &taken.through, 0.5),
            row.share(|taken| &taken.through, 0.99),
        );
    }
    for peer in PEERS {
        let (p50, p99) = peer.through;
        let p50 = shown(Some(p50), 0);
        out += &format!("| {} | {p50} ms | {p99:.0} ms |\n", peer.name);
    }
    out + &plot("through.svg", "Audio in and out")
}

fn updates(rows: &[Row]) -> String {
    let mut out = "## A change by the API → audible\n\n\
                   From the departure of the request that mutes one caller (or lets it be heard \
                   again) to the first packet at each other that shows it, everyone talking.\n\n\
                   | | mute p50, p99 | unmute p50, p99 |\n|---|---|---|\n"
        .to_owned();
    for row in of(rows, Figure::Updates) {
        let cell = |values: fn(&crate::run::Taken) -> &Vec<f64>| {
            let (p50, p99) = (row.share(values, 0.5), row.share(values, 0.99));
            format!("**{p50:.1}, {p99:.1} ms**")
        };
        let (mute, unmute) = (cell(|taken| &taken.mutes), cell(|taken| &taken.unmutes));
        out += &format!(
            "| confab, {} callers | {mute} | {unmute} |\n",
            row.callers()
        );
    }
    for peer in PEERS {
        let Some(updates) = peer.updates else {
            continue;
        };
        let [mute, unmute] =
            updates.map(|(p50, p99)| format!("{}, {p99:.0} ms", shown(Some(p50), 0)));
        out += &format!("| {}, 200 callers | {mute} | {unmute} |\n", peer.name);
    }
    out + &plot("updates.svg", "Change to audible")
}

fn how(plan: &Plan) -> String {
    let times = plan.times;
    format!(
        "## How it is measured\n\n\
         `cargo xtask bench` builds the release and `tools/bench`, and runs one after the other; \
         `cargo xtask bench --quick` is small and writes beside the build; `--only WORD` runs \
         those whose name holds the word. For each line a new server, calls by INVITE, {} s of \
         talk, then the window of {} s; then the same callers against the floor for {} s, after \
         which all calls are ended and those that still could be are counted.\n\n\
         - Each caller has a socket of its own, says speech-like noise (encoded before), and has \
         its own moment within the 20 ms.\n\
         - Their offers have `telephone-event` (RFC 4733), as those of phones do; else confab \
         would listen for keys in each voice, which costs about 0.02 ms more.\n\
         - Processor time is utime + stime of the process over the window. Half of it and more \
         is the kernel's, which delivers each packet to the callers' sockets within the server's \
         own system call.\n\
         - Server and floor ask for the same urgency (real-time where that is allowed).\n\
         - Times of arrival are the kernel's (`SO_TIMESTAMPNS`), so that it does not matter when \
         the callers read.\n\
         - Where the callers' own packets left late, the machine was too busy, and so is every \
         figure of that line.\n",
        seconds(times.warm),
        seconds(times.window),
        seconds(times.floor_window),
    )
}

fn peers() -> String {
    let mut out = "## Peers\n\n\
                   Measured in November 2026 on a machine with 2 cores, with the same work: N \
                   callers, PCMU, 20 ms both ways, everybody sending, rooms of 8 kHz, everyone \
                   mixed, loopback, real-time priority. Medians of three, spread ± 5–15 %; the \
                   floor there was 0.125 ms at 200.\n\n"
        .to_owned();
    for peer in PEERS {
        out += &format!("- {}. {}\n", peer.what, peer.remark);
    }
    out
}

fn failures(rows: &[Row]) -> String {
    let mut out = String::new();
    for row in rows {
        if let Some(why) = &row.failed {
            out += &format!("- {}: {why}\n", row.scenario.name);
        }
    }
    if out.is_empty() {
        return out;
    }
    format!("## Rounds that came to nothing\n\n{out}")
}
