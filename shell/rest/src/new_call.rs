//! `POST …/Calls`: a call of ours, through a trunk or to a user who is registered.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use confab_switchboard::{NewCall, Reply, Request};
use confab_terms::DigitString;
use confab_terms::limits::SEND_DIGITS_CHARS_MAX;

use crate::calls::wanted;
use crate::errors::ApiError;
use crate::fields::{invalid, shown};
use crate::form::{Fields, Form};
use crate::new_recording::new_recording;
use crate::{Api, Dialect, resources};

/// As long as both vendors let it ring where nothing is said, and at most.
const RINGS_S: u64 = 60;
const RINGS_S_MAX: u64 = 600;

/// `POST`.
pub(crate) async fn create(
    State(api): State<Api>,
    Form(fields): Form,
) -> Result<Response, ApiError> {
    let wish = Box::new(wish(api.dialect, &fields)?);
    let Reply::Call(view) = api.ask(Request::CreateCall(wish)).await? else {
        return Err(ApiError::WrongReply);
    };
    let status = match api.dialect {
        Dialect::SignalWire => StatusCode::OK,
        Dialect::Twilio => StatusCode::CREATED,
    };
    Ok((status, Json(resources::call(api.dialect, &view))).into_response())
}

/// All the fields, or the first that is invalid.
fn wish(dialect: Dialect, fields: &Fields) -> Result<NewCall, ApiError> {
    let to = fields.filled("To");
    let to = to.ok_or(ApiError::Missing("To", "a number or a SIP URI"))?;
    let from = fields.filled("From");
    let from = from.ok_or(ApiError::Missing("From", "a number, a name or a SIP URI"))?;
    let rest = wanted(fields)?;
    let first = rest.next;
    let first = first.ok_or(ApiError::Missing("Url", "a URL, or a document as Twiml"))?;
    let rings = match fields.filled("Timeout") {
        None => RINGS_S,
        Some(text) => {
            let seconds = text.parse().ok().filter(|n| (1..=RINGS_S_MAX).contains(n));
            seconds.ok_or_else(|| invalid(text, "Timeout", "a number of seconds from 1 to 600"))?
        }
    };
    Ok(NewCall {
        to: to.to_owned(),
        from: from.to_owned(),
        first,
        fallback: rest.fallback,
        status_callback: rest.status_callback,
        rings: Duration::from_secs(rings),
        record: match fields.boolean(dialect, "Record")? {
            Some(true) => Some(new_recording(fields, true)?),
            _ => None,
        },
        send_digits: send_digits(fields)?,
    })
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
