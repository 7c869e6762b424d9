//! `POST …/Calls`: creates an outbound call, through a trunk or to a registered user.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use confab_switchboard::{NewCall, RecordingOf, Reply, Request};
use confab_terms::DigitString;
use confab_terms::limits::SEND_DIGITS_CHARS_MAX;

use crate::calls::wanted;
use crate::errors::ApiError;
use crate::fields::{invalid, shown};
use crate::form::{Fields, Form};
use crate::new_recording::new_recording;
use crate::warnings::Warnings;
use crate::{Api, Dialect, resources};

/// Ringing time in seconds: the default of both vendors, and their maximum.
const RINGS_S: u64 = 60;
const RINGS_S_MAX: u64 = 600;

/// Documented parameters that are not implemented.
const NOT_BUILT: [&str; 15] = [
    "MachineDetectionTimeout",
    "MachineDetectionSpeechThreshold",
    "MachineDetectionSpeechEndThreshold",
    "MachineDetectionSilenceTimeout",
    "MachineWordsThreshold",
    "AsyncAmdStatusCallback",
    "AsyncAmdStatusCallbackMethod",
    "AsyncAmdPartialResults",
    "ApplicationSid",
    "Byoc",
    "CallReason",
    "CallToken",
    "ClientNotificationUrl",
    "IfMachine",
    "MaxPricePerMinute",
];
/// Parameters that have an effect beside `Record=true` only.
const OF_RECORDING: [&str; 6] = [
    "RecordingChannels",
    "RecordingTrack",
    "RecordingStatusCallback",
    "RecordingStatusCallbackMethod",
    "RecordingStatusCallbackEvent",
    "Trim",
];

/// Handles `POST`: creates an outbound call.
pub(crate) async fn create(
    State(api): State<Api>,
    uri: Uri,
    Form(fields): Form,
) -> Result<Response, ApiError> {
    let mut warnings = Warnings::default();
    let wish = Box::new(wish(api.dialect, &fields, &mut warnings)?);
    let Reply::Call(view) = api.ask(Request::CreateCall(wish)).await? else {
        return Err(ApiError::WrongReply);
    };
    warnings.keep(&api, uri.path(), RecordingOf::Call(view.sid));
    let status = match api.dialect {
        Dialect::SignalWire => StatusCode::OK,
        Dialect::Twilio => StatusCode::CREATED,
    };
    Ok((status, Json(resources::call(api.dialect, &view))).into_response())
}

/// Returns all fields, or the first invalid field as an error.
fn wish(dialect: Dialect, fields: &Fields, warnings: &mut Warnings) -> Result<NewCall, ApiError> {
    let to = fields.party("To");
    let to = to.ok_or(ApiError::Missing(
        "To",
        "a number, client:NAME or a SIP URI",
    ))?;
    let from = fields.party("From");
    let from = from.ok_or(ApiError::Missing("From", "a number, a name or a SIP URI"))?;
    let rest = wanted(fields, warnings)?;
    let first = rest.next;
    let first = first.ok_or(ApiError::Missing("Url", "a URL, or a document as Twiml"))?;
    let rings = match fields.filled("Timeout") {
        None => RINGS_S,
        Some(text) => {
            let seconds = text.parse().ok().filter(|n| (1..=RINGS_S_MAX).contains(n));
            seconds.ok_or_else(|| invalid(text, "Timeout", "a number of seconds from 1 to 600"))?
        }
    };
    let records = fields.boolean(dialect, "Record")? == Some(true);
    let record = match records {
        true => Some(new_recording(fields, true, warnings)?),
        false => None,
    };
    warnings.without_effect(fields, &without_effect(fields, records));
    Ok(NewCall {
        to,
        from,
        caller_id: fields.party("CallerId"),
        first,
        fallback: rest.fallback,
        status_callback: rest.status_callback,
        rings: Duration::from_secs(rings),
        record,
        send_digits: send_digits(fields)?,
        time_limit: rest.time_limit,
        credentials: fields.credentials()?,
    })
}

/// Returns the parameters that have no effect on this call, sent or not.
fn without_effect(fields: &Fields, records: bool) -> Vec<&'static str> {
    let is_off = |name: &str, off: &str| {
        let sent = fields.filled(name);
        sent.is_none_or(|value| value.eq_ignore_ascii_case(off))
    };
    let mut names = Vec::new();
    if !is_off("MachineDetection", "none") {
        names.push("MachineDetection");
    }
    if !is_off("AsyncAmd", "false") {
        names.push("AsyncAmd");
    }
    names.extend(NOT_BUILT);
    if !records {
        names.extend(OF_RECORDING);
    }
    names
}

fn send_digits(fields: &Fields) -> Result<Option<DigitString>, ApiError> {
    let Some(text) = fields.filled("SendDigits") else {
        return Ok(None);
    };
    match DigitString::parse(text, SEND_DIGITS_CHARS_MAX) {
        Some(digits) => Ok(Some(digits)),
        None => Err(ApiError::InvalidDigits(shown(text))),
    }
}
