//! Command line of the simulator: `confab-simulator --runs 10000`, or `--seed N` for a trace of one
//! run.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use confab_simulator::{Kind, Options, Tally, run};

/// One seed in this number is run a second time, without serialization of the state.
const TWICE: u64 = 20;
/// Minimum number of runs for a check that each kind of input occurred.
const RUNS_FOR_ALL_KINDS: u64 = 500;
const SAID_MAX: usize = 20;

static PASSED: AtomicU64 = AtomicU64::new(0);
static FAILED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static SEED: core::cell::Cell<u64> = const { core::cell::Cell::new(0) };
}

struct Arguments {
    runs: u64,
    first: u64,
    seed: Option<u64>,
    inputs: usize,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments {
        runs: 10_000,
        first: 0,
        seed: None,
        inputs: 60,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        let number = value.parse::<u64>();
        let number = number.map_err(|_| format!("{word} {value:?}: a number would do"))?;
        match word.as_str() {
            "--runs" => found.runs = number,
            "--first" => found.first = number,
            "--seed" => found.seed = Some(number),
            "--inputs" => found.inputs = number as usize,
            _ => {
                return Err(format!(
                    "{word}: --runs, --first, --seed or --inputs would do"
                ));
            }
        }
    }
    Ok(found)
}

/// Prints the seed at a panic, since a release build aborts at the first one.
fn say_seed_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        before(panic);
        println!("seed {}: {panic}", SEED.get());
        let failed = FAILED.load(Ordering::Relaxed) + 1;
        println!(
            "simulator: {} passed, {failed} failed",
            PASSED.load(Ordering::Relaxed)
        );
        std::process::exit(1);
    }));
}

fn one(seed: u64, options: Options) -> (Option<String>, Tally) {
    SEED.set(seed);
    let outcome = run(seed, options);
    let mut fault = outcome.fault;
    if fault.is_none() && seed.is_multiple_of(TWICE) {
        let restores = false;
        let again = run(
            seed,
            Options {
                restores,
                ..options
            },
        );
        if again.hash != outcome.hash {
            fault = Some("written out and read back, it is another run".to_owned());
        }
    }
    (fault, outcome.tally)
}

fn many(found: &Arguments) -> (Tally, Vec<(u64, String)>) {
    let next = AtomicU64::new(found.first);
    let end = found.first + found.runs;
    let sum = Mutex::new((Tally::default(), Vec::new()));
    let options = Options {
        inputs: found.inputs,
        ..Options::default()
    };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let (fault, tally) = one(seed, options);
                    let counter = if fault.is_some() { &FAILED } else { &PASSED };
                    counter.fetch_add(1, Ordering::Relaxed);
                    if let Ok(mut sum) = sum.lock() {
                        sum.0.add(&tally);
                        sum.1.extend(fault.map(|fault| (seed, fault)));
                    }
                }
            });
        }
    });
    sum.into_inner().unwrap_or_default()
}

fn main() -> ExitCode {
    let found = match arguments() {
        Ok(found) => found,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    say_seed_on_panic();
    if let Some(seed) = found.seed {
        return replay(seed, found.inputs);
    }
    let began = Instant::now();
    let (tally, mut faults) = many(&found);
    faults.sort();
    for (seed, fault) in faults.iter().take(SAID_MAX) {
        println!("seed {seed}: {fault}");
    }
    let mut failed = faults.len() as u64;
    for (kind, name) in Kind::ALL {
        let count = tally.of(*kind);
        println!("{count:>10}  {name}");
        if count == 0 && found.runs >= RUNS_FOR_ALL_KINDS {
            println!("never occurred: {name}");
            failed += 1;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{:.1} runs a second, {seconds:.1} s",
        found.runs as f64 / seconds
    );
    let passed = found.runs - faults.len() as u64;
    println!("simulator: {passed} passed, {failed} failed");
    ExitCode::from(u8::from(failed > 0))
}

fn replay(seed: u64, inputs: usize) -> ExitCode {
    SEED.set(seed);
    let options = Options {
        inputs,
        trace: true,
        ..Options::default()
    };
    let outcome = run(seed, options);
    let (legs, ticks) = (outcome.legs, outcome.ticks);
    println!(
        "{} inputs, {legs} legs, {ticks} ticks, {:016x}",
        outcome.inputs, outcome.hash
    );
    let failed = u8::from(outcome.fault.is_some());
    if let Some(fault) = outcome.fault {
        println!("seed {seed}: {fault}");
    }
    println!("simulator: {} passed, {failed} failed", 1 - failed);
    ExitCode::from(failed)
}
