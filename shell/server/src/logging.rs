//! Log: to standard error or to a file, as text or as a JSON object on each line. An entry is
//! always a single line, and the number of entries of a kind is limited. Logging never blocks on
//! the reader of the log.

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

/// Filter before the configured filter: errors in audio files are reported to the account's owner,
/// not to the log. The configured filter can enable the library again.
const QUIET: &str = "symphonia=off";

/// Timeout of writing queued lines at the end of the process.
const FLUSH_WAIT: Duration = Duration::from_millis(250);

/// Log of this process.
struct Log {
    queue: Queue,
    is_standard_error: bool,
}

static LOG: OnceLock<Log> = OnceLock::new();

/// Starts the log on standard error. The configuration has checked the filter.
pub(crate) fn start(config: &Config) -> Result<(), Failure> {
    let ansi = io::IsTerminal::is_terminal(&io::stderr());
    let queue = Queue::start(io::stderr(), config.log_format);
    start_on(config, queue, ansi, true)
}

/// Starts the log in a file.
pub(crate) fn start_in(config: &Config, file: File) -> Result<(), Failure> {
    let queue = Queue::start(file, config.log_format);
    start_on(config, queue, false, false)
}

/// Waits until queued lines are written, or until a timeout.
pub(crate) fn flush() {
    if let Some(log) = LOG.get() {
        log.queue.flush(FLUSH_WAIT);
    }
}

/// Returns the number of lines dropped because the writer was too slow.
pub(crate) fn dropped() -> u64 {
    LOG.get().map_or(0, |log| log.queue.dropped())
}

/// Writes the last line of the process to standard error, after all queued lines.
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
    // Only a second start in a process can fail: the first log remains.
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
