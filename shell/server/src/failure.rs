//! Errors that end confab: a line of text, and the exit status.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use confab_phone::PhoneError;
use confab_rest::TlsError;
use confab_store::OpenError;
use thiserror::Error;

use crate::config::BadValue;
use crate::logging;
use crate::watchdog::Stopped;

/// Error that ends confab.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// Invalid value of a setting.
    #[error(transparent)]
    BadValue(#[from] BadValue),
    /// Address that cannot be listened on.
    #[error("{what}={address:?} cannot be listened on: {why}; {would_do}")]
    NotBound {
        /// Name of the setting.
        what: &'static str,
        /// Value of the setting.
        address: String,
        /// Error text of the system, without its number.
        why: String,
        /// Remedy.
        would_do: &'static str,
    },
    /// Data folder that cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// Certificate that cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Thread, signal or descriptor that the system does not provide.
    #[error("the system refuses {what}: {source}")]
    Refused {
        /// Name of the resource.
        what: &'static str,
        /// Error of the system.
        source: io::Error,
    },
    /// Thread that panicked or is stuck: an internal error.
    #[error("{0}: a fault of confab; see the log. Calls were ended; start confab again")]
    Stopped(Stopped),
    /// Early end of the server.
    #[error("the server has ended: a fault of confab; see the log")]
    Ended,
    /// File or folder that cannot be written.
    #[error("cannot write {path}: {source}")]
    NotWritten {
        /// Path of the file or folder.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// Missing or unexpected response to the demo's client.
    #[error("the API did not answer as documented: {0}")]
    Api(#[from] confab_client::Error),
    /// Failed or interrupted call of the demo.
    #[error("a caller's phone: {0}")]
    Phone(#[from] PhoneError),
    /// Missing event, without which the demo cannot continue.
    #[error("not as documented: {0}")]
    Undocumented(String),
}

impl Failure {
    pub(crate) fn not_bound(what: &'static str, address: &str, error: &io::Error) -> Self {
        let would_do = match error.kind() {
            io::ErrorKind::AddrInUse => "stop what uses it, or name another port",
            io::ErrorKind::PermissionDenied => "a port from 1024 on would do",
            _ => "an address of this machine would do",
        };
        let why = error.to_string();
        let why = why
            .split(" (os error")
            .next()
            .unwrap_or_default()
            .to_owned();
        Self::NotBound {
            what,
            address: address.to_owned(),
            why,
            would_do,
        }
    }

    /// Adds that the port is in use over TCP: the same port over UDP was free.
    pub(crate) fn over_tcp(mut self) -> Self {
        if let Self::NotBound { why, .. } = &mut self {
            why.push_str(" (over TCP)");
        }
        self
    }

    pub(crate) fn refused(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Refused { what, source }
    }

    pub(crate) fn not_written(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::NotWritten {
            path: path.to_owned(),
            source,
        }
    }

    /// Writes the error as a line to standard error; returns the exit status.
    pub(crate) fn tell(&self) -> ExitCode {
        let line = self.to_string().replace('\n', " ");
        logging::last_line(&format!("confab: {line}"));
        match self {
            Self::BadValue(_) | Self::Store(OpenError::NoToken { .. }) => ExitCode::from(2),
            Self::Stopped(_) | Self::Ended => ExitCode::from(3),
            _ => ExitCode::from(1),
        }
    }
}
