//! `cargo xtask fuzz TARGET SECONDS [--asan]`: a fuzz target under libFuzzer, guided by coverage,
//! for this number of seconds of processor time. Requires a C++ compiler, but no nightly Rust.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::command::{ask, program, root, run, target};
use crate::test::install;

/// Compiler flags of all crates of the target: count edges, and trace comparisons.
const COVERAGE: &str = "--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Sanitizer in addition to coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sanitizer {
    None,
    /// AddressSanitizer, for libraries with `unsafe`. The stable compiler includes its runtime, and
    /// accepts the flag with `RUSTC_BOOTSTRAP`.
    Address,
}

impl Sanitizer {
    fn flags(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Address => " -Zsanitizer=address",
        }
    }

    /// Returns the build folder; builds with different flags have different folders.
    fn folder(self) -> PathBuf {
        target().join(match self {
            Self::None => "fuzz",
            Self::Address => "fuzz-asan",
        })
    }

    /// Returns the limit of memory: the sanitizer keeps freed memory, and shadow memory for all of
    /// it.
    fn memory(self) -> &'static str {
        match self {
            Self::None => "-rss_limit_mb=1024",
            Self::Address => "-rss_limit_mb=2560",
        }
    }
}

/// Options of libFuzzer, with the maximum number of seconds per input.
const BOUNDS: &[&str] = &[
    "-timeout=10",
    "-print_final_stats=1",
    "-report_slow_units=2",
];
/// Exit status of libFuzzer after an interrupt.
const INTERRUPTED: i32 = 72;
/// Units of processor time per second in /proc on Linux.
const TICKS_PER_SECOND: u64 = 100;

/// Runs a fuzz target; returns true if nothing was found. Findings are stored below
/// `target/fuzz/found`.
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
        // Leak detection requires ptrace, which containers forbid; memory is limited nevertheless.
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .arg(format!("-artifact_prefix={}/", found.display()))
        .arg(format!("-dict={}", dictionary(named).display()))
        // New inputs are written to the first folder.
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

/// Returns the names of the targets: each has a corpus.
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

/// Builds for the host as an explicit target, so that build scripts are not instrumented. The HTTP
/// server and the store are built only for `form`, which requires them.
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

/// Returns libFuzzer's arguments for the target.
fn arguments(binary: &Path, target: &str) -> Result<Vec<String>> {
    let told = Command::new(binary)
        .env("CONFAB_FUZZ_TARGET", target)
        .env("CONFAB_FUZZ_ASKED", "yes")
        .output()?;
    let lines = String::from_utf8(told.stdout)?;
    Ok(lines.lines().map(str::to_owned).collect())
}

/// Interrupts a process (SIGINT, so that statistics are printed) after this number of seconds of
/// processor time. A busy machine extends the run, but does not reduce it.
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

/// Parses a line of /proc/PID/stat: user and system time are the 14th and 15th word.
fn used_seconds(stat: &str) -> u64 {
    // The second word is a name in parentheses that may contain blanks.
    let after = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = after.split(' ').skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|word| word.parse::<u64>().ok()).sum();
    ticks / TICKS_PER_SECOND
}
