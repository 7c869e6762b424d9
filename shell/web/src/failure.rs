//! Errors of a fetch with the vendor's codes: one function for each cause.

use std::error::Error;
use std::io;

use confab_switchboard::FetchError;
use url::Url;

use crate::allowed::NotAllowed;
use crate::resolve::NoAddress;

fn failure(code: u32, message: impl Into<String>, status: Option<u16>) -> FetchError {
    let message = message.into();
    FetchError {
        code,
        message,
        status,
        exchange: None,
    }
}

/// Returns error 11200: no connection, or a broken one.
pub(crate) fn connection(message: impl Into<String>) -> FetchError {
    failure(11200, message, None)
}

/// Returns error 11205: a destination that is not allowed.
pub(crate) fn forbidden(message: impl Into<String>) -> FetchError {
    failure(11205, message, None)
}

/// Returns error 11210: a name that does not resolve.
pub(crate) fn dns(message: impl Into<String>) -> FetchError {
    failure(11210, message, None)
}

/// Returns error 11215: too many redirects, or a redirect without a valid target.
pub(crate) fn redirect(message: impl Into<String>, status: u16) -> FetchError {
    failure(11215, message, Some(status))
}

/// Marks an error that occurred after a redirect.
pub(crate) fn after_redirect(error: FetchError) -> FetchError {
    let message = format!("after a redirect: {}", error.message);
    FetchError { message, ..error }
}

/// Returns error 11217: a status that is not a success.
pub(crate) fn status(status: u16) -> FetchError {
    let message = format!("answered with status {status}; 200 and a body was expected");
    failure(11217, message, Some(status))
}

/// Returns error 11220: TLS.
pub(crate) fn tls(message: impl Into<String>) -> FetchError {
    failure(11220, message, None)
}

/// Returns error 11750: a body that exceeds a limit.
pub(crate) fn too_large(message: impl Into<String>, status: u16) -> FetchError {
    failure(11750, message, Some(status))
}

/// Returns error 13420: no audio, or an unsupported format.
pub(crate) fn not_audio(message: impl Into<String>, status: u16) -> FetchError {
    failure(13420, message, Some(status))
}

/// Marks an error of an entry of a playlist.
pub(crate) fn in_playlist(error: FetchError, entry: &Url) -> FetchError {
    let host = entry.host_str().unwrap_or_default();
    let message = format!("the playlist's entry at {host}: {}", error.message);
    FetchError { message, ..error }
}

/// Returns error 12300: a content type that is not expected here.
pub(crate) fn content_type(message: impl Into<String>, status: u16) -> FetchError {
    failure(12300, message, Some(status))
}

/// Extracts the cause of a client error: address check, name resolution, TLS or network.
pub(crate) fn from_client(error: &reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut last = String::new();
    while let Some(one) = cause {
        if let Some(known) = known(one) {
            return known;
        }
        last = one.to_string();
        // The source of an I/O error is the source of the wrapped error: the wrapped error comes
        // first.
        let wrapped = one.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = wrapped.map(|inner| inner as _).or_else(|| one.source());
    }
    if error.is_timeout() {
        let message = "no connection within the time allowed; is the address reachable from here?";
        return connection(message);
    }
    if error.source().is_none() {
        // The text of this error contains the whole URL, with any secret in it.
        "the request failed".clone_into(&mut last);
    }
    connection(last)
}

/// Returns whether the connection ended before a response.
pub(crate) fn is_unanswered(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        let closed = one.downcast_ref::<hyper::Error>();
        let broken = one.downcast_ref::<io::Error>().map(io::Error::kind);
        let is_broken = matches!(
            broken,
            Some(
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
            )
        );
        if is_broken || closed.is_some_and(hyper::Error::is_incomplete_message) {
            return true;
        }
        cause = one.source();
    }
    false
}

/// Returns whether a response was not HTTP.
pub(crate) fn is_no_http(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if one
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_parse)
        {
            return true;
        }
        cause = one.source();
    }
    false
}

fn known(error: &(dyn Error + 'static)) -> Option<FetchError> {
    if let Some(refused) = error.downcast_ref::<NotAllowed>() {
        return Some(forbidden(refused.to_string()));
    }
    if let Some(unknown) = error.downcast_ref::<NoAddress>() {
        return Some(dns(unknown.to_string()));
    }
    let wrong = error.downcast_ref::<rustls::Error>()?;
    Some(tls(format!("TLS failed: {wrong}")))
}
