//! Errors: an error response of the API, or no response of the API.

use core::fmt;

use serde::Deserialize;
use thiserror::Error;

/// Error of a request, or of the configuration of the client.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// Error response of the API.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// No response, or an incomplete one.
    #[error("no answer: {0}")]
    NoAnswer(#[source] reqwest::Error),
    /// Response that is not of the API.
    #[error("HTTP status {status}, and a body that is not the API's: {reason}")]
    NotTheApi {
        /// HTTP status.
        status: u16,
        /// Fault of the body.
        reason: String,
    },
    /// Invalid base URL.
    #[error("{0:?} is not a base URL: http:// or https://, a host, perhaps a path")]
    BaseUrl(String),
    /// Invalid root certificate, or TLS that cannot be set up.
    #[error("TLS: {0}")]
    Tls(String),
}

/// Error response of the API.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ApiError {
    /// Vendor's error code.
    pub code: u32,
    /// Text of the error.
    pub message: String,
    /// URL with further information.
    #[serde(default)]
    pub more_info: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// Seconds to wait before another attempt, if the server sent them.
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
