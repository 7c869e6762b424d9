//! The log: to standard error, as text or as one JSON object a line.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Starts it. The filter has been checked with the configuration.
pub(crate) fn start(config: &Config) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&config.log))
        .with_writer(io::stderr);
    let started = match config.log_format {
        LogFormat::Text => log
            .with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
            .try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    // Only a second start in one process could fail: the first one's log goes on.
    let _started_already = started;
}
