//! The log: to standard error or to a file, as text or as one JSON object a line.

use std::fs::File;
use std::io;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::{Config, LogFormat};

/// Starts it. The filter has been checked with the configuration.
pub(crate) fn start(config: &Config) {
    let ansi = io::IsTerminal::is_terminal(&io::stderr());
    start_on(config, BoxMakeWriter::new(io::stderr), ansi);
}

/// Starts it in a file.
pub(crate) fn start_in(config: &Config, file: File) {
    start_on(config, BoxMakeWriter::new(Mutex::new(file)), false);
}

fn start_on(config: &Config, writer: BoxMakeWriter, ansi: bool) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.log))
        .with_writer(writer);
    let started = match config.log_format {
        LogFormat::Text => log.with_ansi(ansi).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    // Only a second start in one process could fail: the first one's log goes on.
    let _started_already = started;
}
