//! The log: to standard error or to a file, as text or as one JSON object a line. One entry is
//! one line whatever is in it, and one kind of entry cannot fill a disk.

mod escaping;
mod limit;

use std::fs::File;
use std::io;
use std::sync::Arc;

use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt, registry};

use crate::config::{Config, LogFormat};

use escaping::Escaping;
pub(crate) use limit::{FAILURES, left_out};

/// Faults of files are reported to their owners; the setting can name the library again.
const QUIET: &str = "symphonia=off";

/// Starts it. The filter has been checked with the configuration.
pub(crate) fn start(config: &Config) {
    let ansi = io::IsTerminal::is_terminal(&io::stderr());
    let writer = move || Escaping::new(io::stderr(), ansi);
    start_on(config, BoxMakeWriter::new(writer), ansi);
}

/// Starts it in a file.
pub(crate) fn start_in(config: &Config, file: File) {
    let file = Arc::new(file);
    let writer = move || Escaping::new(Arc::clone(&file), false);
    start_on(config, BoxMakeWriter::new(writer), false);
}

fn start_on(config: &Config, writer: BoxMakeWriter, ansi: bool) {
    let lines = fmt::layer().with_writer(writer);
    let lines = match config.log_format {
        LogFormat::Text => lines.with_ansi(ansi).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let log = registry()
        .with(EnvFilter::new(format!("{QUIET},{}", config.log)))
        .with(lines.with_filter(limit::Limit::default()));
    // Only a second start in one process could fail: the first one's log goes on.
    let _started_already = log.try_init();
}

#[cfg(test)]
mod tests;
