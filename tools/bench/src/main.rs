//! Benchmarks, without assertions. `confab-bench FOLDER [quick] [only WORD]` measures the `confab`
//! beside it and writes a page with plots. `confab-bench floor CALLERS BYTES TYPE` runs the floor.
//! `confab-bench overload` measures two servers on one processor.

mod costs;
mod crowd;
mod ear;
mod floor;
mod histogram;
mod listening;
mod overload;
mod page;
mod peers;
mod plan;
mod plots;
mod process;
mod run;
mod server;
mod signalling;
mod speaking;
mod svg;
#[cfg(test)]
mod tests;
mod tone;
mod voices;

use std::path::Path;

use anyhow::{Result, bail, ensure};
use confab_sockets::raise_open_files;

use crate::plan::Plan;

const USAGE: &str =
    "usage: confab-bench FOLDER [quick] [only WORD] | overload | floor CALLERS BYTES TYPE";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["floor", callers, bytes, payload_type] => {
            floor::run(callers.parse()?, bytes.parse()?, payload_type.parse()?)
        }
        ["overload"] => overload::run(),
        [folder] => bench(folder, &Plan::full(), ""),
        [folder, "quick"] => bench(folder, &Plan::quick(), ""),
        [folder, "only", word] => bench(folder, &Plan::full(), word),
        [folder, "quick", "only", word] => bench(folder, &Plan::quick(), word),
        _ => bail!(USAGE),
    }
}

fn bench(folder: &str, plan: &Plan, only: &str) -> Result<()> {
    let machine = process::machine();
    let mut rows = plan.rows();
    rows.retain(|row| row.scenario.name.contains(only));
    ensure!(!rows.is_empty(), "no run's name holds {only:?}");
    // The server needs two for each caller; crowd and floor need one each.
    let wanted = 256 + 2 * rows.iter().map(plan::Row::callers).max().unwrap_or(0) as u64;
    let files = raise_open_files();
    ensure!(
        files >= wanted,
        "open files: {files}, {wanted} are needed; `ulimit -Hn {wanted}` would do"
    );
    plan.take(&mut rows);
    if !only.is_empty() {
        println!("a part is no page: nothing was written");
        return Ok(());
    }
    page::write(Path::new(folder), &machine, plan, &rows)
}
