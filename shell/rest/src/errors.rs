//! All errors of the API: their facts, and in one `match` their codes and HTTP statuses. The JSON
//! is flat, as the vendors' libraries require; the router writes it, because the router has the
//! dialect.

use std::sync::Arc;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use confab_sounds::NoMp3;
use confab_store::StoreError;
use confab_switchboard::Refusal;
use confab_switchboard::conference::Refusal as Rule;
use confab_terms::CallSid;
use confab_terms::limits::{API_KEYS_MAX, HTTP_HEAD_BYTES_MAX};
use serde_json::{Value, json};
use thiserror::Error;

use crate::Dialect;
use crate::line::AskError;

/// Error of a request.
#[derive(Debug, Error)]
pub(crate) enum ApiError {
    #[error(
        "authentication failed: expected Basic authentication with the account's sid and token, or \
         an API key and its secret"
    )]
    NotAuthenticated,
    #[error("{0} was not found")]
    NoSuch(String),
    #[error("{0} is not a valid value of {1}: {2}")]
    InvalidValue(String, &'static str, &'static str),
    #[error("missing {0}: expected {1}")]
    Missing(&'static str, &'static str),
    #[error("invalid {0}: expected {1}")]
    InvalidSecret(&'static str, &'static str),
    #[error("{0} is not a valid value of {1}: GET or POST")]
    InvalidMethod(String, &'static str),
    #[error("{0} is not a valid value of {1}: an absolute http or https URL")]
    InvalidUrl(String, &'static str),
    #[error(
        "{0} is not a valid value of SendDigits: 1 to 32 of 0123456789ABCD*#wW, where w waits half \
         a second and W a second"
    )]
    InvalidDigits(String),
    #[error("{0} is not a valid Status of a conference: completed is the only one that can be set")]
    InvalidStatus(String),
    #[error("the conference has ended")]
    Completed,
    #[error("the call {0} is over: it takes no updates any more")]
    CallOver(CallSid),
    #[error("the recording {0} is over: it takes no updates any more")]
    RecordingOver(String),
    #[error("the recording {0} is still being taken: it can be deleted once it is over")]
    RecordingLive(String),
    #[error(
        "RequestedChannels={0} cannot be had: the recording has {1}; ask for that, or for none"
    )]
    OtherChannels(String, u8),
    #[error("the account has {max} API keys, the maximum: delete one first", max = API_KEYS_MAX)]
    TooManyKeys,
    #[error("the audio could not be deleted: {0}")]
    NotRemoved(String),
    #[error(transparent)]
    NoMp3(#[from] NoMp3),
    #[error("Page={0} needs a PageToken: follow next_page_uri")]
    PageWithoutToken(String),
    #[error("{0} is not a valid PageSize: a number from 1 to 1000")]
    InvalidPageSize(String),
    #[error("{0} is not a valid PageToken: follow next_page_uri")]
    InvalidPageToken(String),
    #[error("malformed query or body: {0}")]
    Malformed(String),
    #[error(
        "{0} is not a content type of a request: application/x-www-form-urlencoded, \
         application/json or multipart/form-data"
    )]
    ContentType(String),
    #[error("the request is too large: at most 1,000 fields and 1 MB")]
    TooLarge,
    #[error("the body did not come in time")]
    BodyTooSlow,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    NotAsked(#[from] AskError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the switchboard gave an answer to another question: this is a fault of confab")]
    WrongReply,
    /// Rejection by the HTTP library before a handler runs.
    #[error("{}", .0.canonical_reason().unwrap_or("the request was refused"))]
    Http(StatusCode),
    /// Request that the HTTP library cannot parse.
    #[error("{}", unreadable(*.0))]
    Unreadable(StatusCode),
    #[error("the outbox is full; send the dead letter again later")]
    OutboxFull,
    #[error("too many connections; try again in a second")]
    TooManyConnections,
    #[error("too many failed logins: try again in {0} s")]
    TooManyLogins(u64),
    #[error(
        "invalid Host {0:?}: expected the listening address, localhost, CONFAB_PUBLIC_ADDRESS, a \
         name in the certificate or in CONFAB_HTTP_HOSTS"
    )]
    ForeignHost(String),
    #[error("invalid Origin {0:?}: expected the server's own or one of CONFAB_CORS_ORIGINS")]
    ForeignOrigin(String),
}

impl ApiError {
    /// Returns the code of the API and the HTTP status.
    pub(crate) fn code_and_status(&self, dialect: Dialect) -> (u32, StatusCode) {
        match dialect {
            Dialect::SignalWire => self.signalwire(),
            Dialect::Twilio => self.twilio(),
        }
    }

    /// Returns Twilio's code and status: other codes where documented, 400 instead of 422.
    fn twilio(&self) -> (u32, StatusCode) {
        match self {
            Self::Completed | Self::Refused(Refusal::Conference(Rule::Completed)) => {
                (20404, StatusCode::NOT_FOUND)
            }
            Self::Refused(Refusal::Conference(Rule::TargetOnHold(_))) => {
                (16027, StatusCode::BAD_REQUEST)
            }
            Self::Refused(Refusal::Conference(Rule::NoSuchTarget(_))) => {
                (16028, StatusCode::BAD_REQUEST)
            }
            _ => match self.signalwire() {
                (code, StatusCode::UNPROCESSABLE_ENTITY) => (code, StatusCode::BAD_REQUEST),
                other => other,
            },
        }
    }

    fn signalwire(&self) -> (u32, StatusCode) {
        const INVALID: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
        match self {
            Self::NotAuthenticated => (20003, StatusCode::UNAUTHORIZED),
            Self::NoSuch(_)
            | Self::Refused(
                Refusal::NoSuchConference(_)
                | Refusal::NoSuchCall(_)
                | Refusal::NoSuchRecording(_)
                | Refusal::Conference(Rule::NoSuchParticipant(_)),
            ) => (20404, StatusCode::NOT_FOUND),
            Self::InvalidValue(..)
            | Self::InvalidSecret(..)
            | Self::Completed
            | Self::TooManyKeys
            | Self::Refused(Refusal::Conference(
                Rule::Completed
                | Rule::Full(_)
                | Rule::LabelTaken(_)
                | Rule::LabelInvalid(_)
                | Rule::NameInvalid { .. }
                | Rule::AlreadyIn(_),
            )) => (10000, INVALID),
            Self::Refused(Refusal::Conference(
                Rule::CoachingWithoutTarget
                | Rule::NoSuchTarget(_)
                | Rule::TargetIsSelf(_)
                | Rule::TargetOnHold(_),
            )) => (16002, INVALID),
            Self::Missing(field, _) => (missing_code(field), INVALID),
            Self::InvalidDigits(_) => (21206, INVALID),
            Self::InvalidMethod(..) => (21209, INVALID),
            Self::InvalidUrl(..) => (21402, INVALID),
            Self::InvalidStatus(_) => (21475, INVALID),
            Self::CallOver(_) | Self::Refused(Refusal::NotInProgress(_)) => (21220, INVALID),
            Self::RecordingOver(_)
            | Self::RecordingLive(_)
            | Self::Refused(Refusal::RecordedAlready(_)) => (10000, INVALID),
            Self::OtherChannels(..) => (16113, StatusCode::BAD_REQUEST), // Twilio: recordings
            Self::NoMp3(reason) => no_mp3(reason),
            Self::Store(error) => store(error),
            Self::Refused(Refusal::BadDocument { code, .. }) => (*code, INVALID),
            Self::Refused(
                Refusal::NobodyToCall(_) | Refusal::NoWayThere(_) | Refusal::BadUriHeader(_),
            ) => (21211, INVALID),
            Self::Refused(Refusal::NoCaller(_) | Refusal::NoCallerId(_)) => (21212, INVALID),
            Self::PageWithoutToken(_) => (54453, INVALID),
            Self::InvalidPageSize(_) => (54454, INVALID),
            Self::InvalidPageToken(_) => (21481, INVALID),
            Self::Malformed(_) => (10000, StatusCode::BAD_REQUEST),
            Self::ContentType(_) => (10000, StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::TooLarge => (10000, StatusCode::PAYLOAD_TOO_LARGE),
            Self::BodyTooSlow => (10000, StatusCode::REQUEST_TIMEOUT),
            Self::Refused(Refusal::Busy | Refusal::Conference(Rule::TooManyAnnouncements(_)))
            | Self::NotAsked(AskError::Full)
            | Self::OutboxFull
            | Self::TooManyConnections
            | Self::TooManyLogins(_) => TOO_MANY,
            Self::Refused(Refusal::NotConfirmed) | Self::NotAsked(AskError::Silent) => {
                (20504, StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::Refused(Refusal::Disagreement { .. })
            | Self::NotAsked(AskError::Gone)
            | Self::NotRemoved(_)
            | Self::WrongReply => (20001, StatusCode::INTERNAL_SERVER_ERROR),
            Self::ForeignHost(_) => (10000, StatusCode::MISDIRECTED_REQUEST),
            Self::ForeignOrigin(_) => (10000, StatusCode::FORBIDDEN),
            Self::Http(status) | Self::Unreadable(status) => (http_code(*status), *status),
        }
    }
}

const TOO_MANY: (u32, StatusCode) = (20429, StatusCode::TOO_MANY_REQUESTS);

/// Returns code and status of a failed read or write of the store.
fn store(error: &StoreError) -> (u32, StatusCode) {
    match error {
        StoreError::Busy | StoreError::TooSlow(_) => TOO_MANY,
        _ => (20001, StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Returns code and status of a recording that is not available as MP3.
fn no_mp3(reason: &NoMp3) -> (u32, StatusCode) {
    match reason {
        NoMp3::TooLong => (10000, StatusCode::NOT_ACCEPTABLE),
        NoMp3::NoAudio => (20404, StatusCode::NOT_FOUND),
        NoMp3::Busy => (20429, StatusCode::TOO_MANY_REQUESTS),
        NoMp3::Failed(_) => (20001, StatusCode::INTERNAL_SERVER_ERROR),
        NoMp3::TooSlow => (20504, StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Returns the vendors' code of a missing required field.
fn missing_code(field: &str) -> u32 {
    match field {
        "To" => 21201,
        "From" => 21213,
        "Url" => 21205,
        _ => 10000,
    }
}

fn http_code(status: StatusCode) -> u32 {
    match status {
        StatusCode::UNAUTHORIZED => 20003,
        StatusCode::NOT_FOUND => 20404,
        StatusCode::TOO_MANY_REQUESTS => 20429,
        status if status.is_server_error() => 20001,
        _ => 10000,
    }
}

/// Error in a response that has no body yet.
#[derive(Clone)]
pub(crate) struct Unwritten(pub(crate) Arc<ApiError>);

fn unreadable(status: StatusCode) -> String {
    match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE | StatusCode::URI_TOO_LONG => {
            format!("more than 100 headers, or a head of more than {HTTP_HEAD_BYTES_MAX} bytes")
        }
        _ => "this is no HTTP/1.1 request: its first line or one of its headers is broken".into(),
    }
}

impl ApiError {
    fn json(&self, dialect: Dialect) -> Value {
        let (code, status) = self.code_and_status(dialect);
        json!({
            "code": code,
            "message": self.message(dialect),
            "more_info": dialect.more_info(code),
            "status": status.as_u16(),
        })
    }

    /// Returns the whole response as bytes, the last response of its connection; used where no
    /// request exists.
    pub(crate) fn over_http1(&self, dialect: Dialect) -> Vec<u8> {
        let (_, status) = self.code_and_status(dialect);
        let body = self.json(dialect).to_string();
        let reason = status.canonical_reason().unwrap_or("Refused");
        let again = match status {
            StatusCode::TOO_MANY_REQUESTS => "retry-after: 1\r\n",
            _ => "",
        };
        let (status, length) = (status.as_u16(), body.len());
        format!(
            "HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\n{again}\
             x-content-type-options: nosniff\r\ncache-control: no-store\r\n\
             connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Unwritten(Arc::new(self)));
        response
    }
}

impl ApiError {
    /// Returns the error's text, with sids in the dialect's spelling.
    fn message(&self, dialect: Dialect) -> String {
        match self {
            Self::Refused(Refusal::NoSuchConference(sid)) => {
                format!("the conference {} was not found", dialect.spell(*sid))
            }
            Self::Refused(Refusal::NoSuchCall(sid)) => {
                format!("the call {} was not found", dialect.spell(*sid))
            }
            Self::Refused(Refusal::Conference(Rule::NoSuchTarget(said))) => {
                Rule::NoSuchTarget(dialect.spell_key(said)).to_string()
            }
            _ => dialect.text(&self.to_string()),
        }
    }

    /// Returns the error as a response.
    pub(crate) fn written(&self, dialect: Dialect) -> Response {
        let (code, status) = self.code_and_status(dialect);
        if status.is_server_error() {
            tracing::error!(code, error = %self, "a request failed through our fault");
        }
        let mut response = (status, Json(self.json(dialect))).into_response();
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED => {
                let realm = HeaderValue::from_static("Basic realm=\"confab\", charset=\"UTF-8\"");
                headers.insert(header::WWW_AUTHENTICATE, realm);
            }
            StatusCode::TOO_MANY_REQUESTS => {
                let seconds = match self {
                    Self::TooManyLogins(seconds) => *seconds,
                    _ => 1,
                };
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            // The rest of the body is not read: the connection cannot be reused.
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests;
