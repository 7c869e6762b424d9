//! Why confab does not run: one line, and the exit status that goes with it.

use std::io;
use std::process::ExitCode;

use confab_rest::TlsError;
use confab_store::OpenError;
use thiserror::Error;

use crate::config::BadValue;

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
    /// A thread died: our fault.
    #[error("{0} has stopped: this is a fault of confab; the log says more")]
    Stopped(&'static str),
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

    pub(crate) fn refused(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Refused { what, source }
    }

    /// Says so on one line of standard error.
    pub(crate) fn tell(&self) -> ExitCode {
        let line = self.to_string().replace('\n', " ");
        eprintln!("confab: {line}");
        match self {
            Self::BadValue(_) => ExitCode::from(2),
            _ => ExitCode::from(1),
        }
    }
}
