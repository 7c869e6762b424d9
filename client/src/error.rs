//! What can go wrong: the API said no, or there was no answer of the API.

use core::fmt;

use serde::Deserialize;
use thiserror::Error;

/// What can go wrong.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The API said no.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// No answer came, or it broke off.
    #[error("no answer: {0}")]
    NoAnswer(#[source] reqwest::Error),
    /// The answer is none of the API.
    #[error("HTTP status {status}, and a body that is not the API's: {reason}")]
    NotTheApi {
        /// The HTTP status.
        status: u16,
        /// What was wrong with the body.
        reason: String,
    },
    /// The base URL is none.
    #[error("{0:?} is not a base URL: http:// or https://, a host, perhaps a path")]
    BaseUrl(String),
    /// The root certificate is none, or TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(String),
}

/// What the API says when it says no.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ApiError {
    /// The vendor's code.
    pub code: u32,
    /// In words.
    pub message: String,
    /// Where to read on.
    #[serde(default)]
    pub more_info: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// Seconds to wait before another try, if the server said so.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            message,
            status,
            ..
        } = self;
        write!(f, "{message} (code {code}, HTTP status {status})")
    }
}

impl std::error::Error for ApiError {}
