//! `cargo xtask fuzz TARGET SECONDS [--asan]`: one fuzz target under libFuzzer, led by coverage,
//! for so many seconds of processor time. Needs a C++ compiler, and no nightly one for Rust.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::command::{ask, program, root, run, target};
use crate::test::install;

/// What the compiler is told, for every crate of the target: count edges, and show comparisons.
const COVERAGE: &str = "--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Beside the compiler's coverage, or instead of none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sanitizer {
    None,
    /// For libraries with `unsafe`. The stable compiler has the runtime, and accepts the flag with
    /// `RUSTC_BOOTSTRAP`.
    Address,
}

impl Sanitizer {
    fn flags(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Address => " -Zsanitizer=address",
        }
    }

    /// Builds with different flags do not share a folder.
    fn folder(self) -> PathBuf {
        target().join(match self {
            Self::None => "fuzz",
            Self::Address => "fuzz-asan",
        })
    }

    /// Memory of the whole: the sanitizer keeps what was freed, and pages that mirror all of it.
    fn memory(self) -> &'static str {
        match self {
            Self::None => "-rss_limit_mb=1024",
            Self::Address => "-rss_limit_mb=2560",
        }
    }
}

/// libFuzzer's own: seconds that one input may take, among others.
const BOUNDS: &[&str] = &[
    "-timeout=10",
    "-print_final_stats=1",
    "-report_slow_units=2",
];
/// How libFuzzer ends when it is asked to.
const INTERRUPTED: i32 = 72;
/// Ticks of the processor in a second, as Linux counts them in /proc.
const TICKS_PER_SECOND: u64 = 100;

/// Runs it; true if nothing was found. What is found lies below `target/fuzz/found`.
pub(crate) fn fuzz(named: &str, seconds: &str, sanitizer: Sanitizer) -> Result<bool> {
    let seconds: u64 = seconds.parse().context("SECONDS is a whole number")?;
    let known = targets()?;
    if !known.iter().any(|name| name == named) {
        bail!("no fuzz target {named}; there are: {}", known.join(" "));
    }
    install(&["c++"])?;
    let folder = sanitizer.folder();
    let binary = build(&folder, named, sanitizer)?;
    let (learnt, found) = (
        folder.join("corpus").join(named),
        folder.join("found").join(named),
    );
    fs::create_dir_all(&learnt)?;
    fs::create_dir_all(&found)?;
    let mut command = Command::new(&binary);
    command
        .env("CONFAB_FUZZ_TARGET", named)
        .args(BOUNDS)
        .arg(sanitizer.memory())
        // Leaks need ptrace, which containers forbid; memory is bounded all the same.
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(format!("-dict={}", dictionary(named).display()))
        // What is learnt is written to the first folder.
        .arg(&learnt)
        .args(arguments(&binary, named)?);
    println!("fuzzing {named} for {seconds} s of processor time");
    let mut child = command.spawn().context("the target did not start")?;
    watch(&mut child, seconds)?;
    let ended = child.wait()?;
    let nothing = ended.success() || ended.code() == Some(INTERRUPTED);
    if !nothing {
        let found = found.display();
        println!("{named}: {ended}; what was found lies in {found}");
    }
    Ok(nothing)
}

/// Each has a corpus.
fn targets() -> Result<Vec<String>> {
    let mut names: Vec<_> = fs::read_dir(root().join("tools/fuzz/corpus"))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names)
}

fn dictionary(target: &str) -> PathBuf {
    root().join(format!("tools/fuzz/dictionaries/{target}.dict"))
}

/// Builds for the host, but named: so that build scripts go without instruments. The HTTP server
/// and the store are built for the form alone, which has no other way in.
fn build(folder: &Path, target: &str, sanitizer: Sanitizer) -> Result<PathBuf> {
    let about = ask("rustc", &["-vV"]).context("rustc -vV")?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc -vV names no host")?;
    let mut cargo = program("cargo", &["build", "--locked", "-p", "confab-fuzz"]);
    cargo
        .args(["--bin", "fuzz-long", "--no-default-features", "--features"])
        .arg(if target == "form" {
            "libfuzzer,form"
        } else {
            "libfuzzer"
        })
        .args(["--profile", "fuzz", "--target", host, "--target-dir"])
        .arg(folder)
        .env("RUSTFLAGS", format!("{COVERAGE}{}", sanitizer.flags()));
    if sanitizer == Sanitizer::Address {
        cargo.env("RUSTC_BOOTSTRAP", "1");
    }
    if !run(cargo)?.ok {
        bail!("the fuzz targets could not be built");
    }
    Ok(folder.join(host).join("fuzz/fuzz-long"))
}

/// What the target wants of libFuzzer.
fn arguments(binary: &Path, target: &str) -> Result<Vec<String>> {
    let told = Command::new(binary)
        .env("CONFAB_FUZZ_TARGET", target)
        .env("CONFAB_FUZZ_ASKED", "yes")
        .output()?;
    let lines = String::from_utf8(told.stdout)?;
    Ok(lines.lines().map(str::to_owned).collect())
}

/// Asks it to end (SIGINT: it says what it did) once it has used so many seconds. A busy machine
/// makes a run longer, not shorter.
#[expect(clippy::disallowed_methods, reason = "nothing else tells of time used")]
fn watch(child: &mut Child, seconds: u64) -> Result<()> {
    let stat = format!("/proc/{}/stat", child.id());
    while child.try_wait()?.is_none() {
        thread::sleep(Duration::from_millis(500));
        if used_seconds(&fs::read_to_string(&stat).unwrap_or_default()) >= seconds {
            let id = child.id().to_string();
            run(program("kill", &["-INT", &id]))?;
            break;
        }
    }
    Ok(())
}

/// Of a line of /proc/PID/stat: user and system time are the 14th and 15th word.
fn used_seconds(stat: &str) -> u64 {
    // The second word is a name in brackets that may hold blanks.
    let after = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = after.split(' ').skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|word| word.parse::<u64>().ok()).sum();
    ticks / TICKS_PER_SECOND
}
