//! The log: to standard error or to a file, as text or as one JSON object a line. One entry is
//! one line whatever is in it, and one kind of entry cannot fill a disk. Whoever logs never waits
//! for who reads.

mod escaping;
mod limit;
mod panics;
mod queue;

use std::fs::File;
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use crate::config::{Config, LogFormat};
use crate::failure::Failure;

use escaping::Escaping;
pub(crate) use limit::{FAILURES, left_out};
use queue::Queue;

/// Faults of files are reported to their owners; the setting can name the library again.
const QUIET: &str = "symphonia=off";

/// Time that the end of the process grants to lines that wait.
const FLUSH_WAIT: Duration = Duration::from_millis(250);

/// The log of this process.
struct Log {
    queue: Queue,
    is_standard_error: bool,
}

static LOG: OnceLock<Log> = OnceLock::new();

/// Starts it. The filter has been checked with the configuration.
pub(crate) fn start(config: &Config) -> Result<(), Failure> {
    let ansi = io::IsTerminal::is_terminal(&io::stderr());
    let queue = Queue::start(io::stderr(), config.log_format);
    start_on(config, queue, ansi, true)
}

/// Starts it in a file.
pub(crate) fn start_in(config: &Config, file: File) -> Result<(), Failure> {
    let queue = Queue::start(file, config.log_format);
    start_on(config, queue, false, false)
}

/// Waits until what was logged is written; not for long.
pub(crate) fn flush() {
    if let Some(log) = LOG.get() {
        log.queue.flush(FLUSH_WAIT);
    }
}

/// Returns the number of lines that were dropped because they were not taken in time.
pub(crate) fn dropped() -> u64 {
    LOG.get().map_or(0, |log| log.queue.dropped())
}

/// Writes the line with which the process ends to standard error, behind what was logged there.
pub(crate) fn last_line(line: &str) {
    match LOG.get().filter(|log| log.is_standard_error) {
        Some(log) => log.queue.push(format!("{line}\n").as_bytes()),
        None => eprintln!("{line}"),
    }
    flush();
}

fn start_on(
    config: &Config,
    queue: io::Result<Queue>,
    ansi: bool,
    is_standard_error: bool,
) -> Result<(), Failure> {
    let queue = queue.map_err(Failure::refused("a thread for the log"))?;
    let lines_to = queue.clone();
    let writer = BoxMakeWriter::new(move || Escaping::new(lines_to.clone(), ansi));
    let lines = fmt::layer().with_writer(writer);
    let lines = match config.log_format {
        LogFormat::Text => lines.with_ansi(ansi).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let log = registry()
        .with(EnvFilter::new(format!("{QUIET},{}", config.log)))
        .with(lines.with_filter(limit::Limit::default()));
    // Only a second start in one process could fail: the first one's log goes on.
    if log.try_init().is_ok() {
        panics::log_panics();
        let _set_already = LOG.set(Log {
            queue,
            is_standard_error,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
