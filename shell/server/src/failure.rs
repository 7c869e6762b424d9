//! Why confab does not run: one line, and the exit status that goes with it.

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

/// Why confab does not run.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// A setting cannot be used.
    #[error(transparent)]
    BadValue(#[from] BadValue),
    /// An address cannot be listened on.
    #[error("{what}={address:?} cannot be listened on: {why}; {would_do}")]
    NotBound {
        /// Which setting.
        what: &'static str,
        /// Its value.
        address: String,
        /// What the system said, without its number.
        why: String,
        /// What would do.
        would_do: &'static str,
    },
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// No certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system gives no threads, no signals, no descriptors.
    #[error("the system refuses {what}: {source}")]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// A thread panicked or stands still: a fault of confab.
    #[error("{0}: a fault of confab; see the log. Calls were ended; start confab again")]
    Stopped(Stopped),
    /// The server has ended before its time.
    #[error("the server has ended: a fault of confab; see the log")]
    Ended,
    /// A file or folder cannot be written.
    #[error("cannot write {path}: {source}")]
    NotWritten {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The demo's client got no answer, or none that it understands.
    #[error("the API did not answer as documented: {0}")]
    Api(#[from] confab_client::Error),
    /// A call of the demo did not come about, or did not last.
    #[error("a caller's phone: {0}")]
    Phone(#[from] PhoneError),
    /// The demo cannot go on: what it waited for did not come.
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

    /// It was TCP that was asked for: the same port over UDP was free.
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

    /// Says so on one line of standard error.
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
