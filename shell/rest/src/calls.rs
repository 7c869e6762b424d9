//! `…/Calls`: list, fetch, update. Live calls come from the switchboard, ended calls from the
//! store.

use axum::extract::{Path, RawQuery, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use confab_store::{CallFilter, Order};
use confab_switchboard::conference::Url;
use confab_switchboard::{CallCallback, CallEvent, CallStatus, CallUpdate, CallView};
use confab_switchboard::{EndWish, NextDocument, RecordingOf};
use confab_switchboard::{Reply, Request};
use confab_terms::{CallSid, Method};

use crate::errors::ApiError;
use crate::fields::invalid;
use crate::form::{Fields, Form};
use crate::paging::{List, Page};
use crate::prefix::Spelling;
use crate::warnings::Warnings;
use crate::{Api, Dialect, parents, resources};

const STARTED: [&str; 3] = ["StartTime", "StartTime<", "StartTime>"];
const ENDED: [&str; 3] = ["EndTime", "EndTime<", "EndTime>"];

/// Handles `GET`: lists calls, newest first, by the time that a filter names.
pub(crate) async fn list(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let fields = Fields::of_query(query.as_deref())?;
    let page = Page::wanted(&fields)?;
    let filter = CallFilter {
        from: fields.party("From"),
        to: fields.party("To"),
        status: fields.filled("Status").map(status).transpose()?,
        start_time: fields.moments(STARTED)?,
        end_time: fields.moments(ENDED)?,
    };
    let part = page.part(Order::NewestFirst);
    // Calls do not create other calls yet: no call has a parent.
    let (live, ended) = match fields.filled("ParentCallSid") {
        Some(_) => (Vec::new(), Vec::new()),
        None => {
            let Reply::Calls(live) = api.ask(Request::ListCalls).await? else {
                return Err(ApiError::WrongReply);
            };
            // Read after the live calls: a call that ends in between is found twice.
            (live, api.store.calls(filter.clone(), part.clone()).await?)
        }
    };
    let place = |view: &CallView| filter.place(view);
    let live = live.into_iter().filter(|view| filter.wants(view));
    // Ended calls first: a call that is found twice has ended.
    let found = part.cut(ended.into_iter().chain(live), place);
    let account = api.store.account().sid;
    let kept = [
        &["From", "To", "Status", "ParentCallSid"][..],
        &STARTED,
        &ENDED,
    ]
    .concat();
    let list = List {
        key: "calls",
        path: &resources::plain_path(api.dialect, account, "/Calls"),
        spelling,
        dialect: api.dialect,
        filters: fields.kept(&kept),
    };
    let shape = |view: &CallView| resources::call(api.dialect, view);
    Ok(Json(page.json(found, &list, place, shape)).into_response())
}

/// Handles `GET` of a call, live or ended.
pub(crate) async fn fetch(
    State(api): State<Api>,
    Path((_, call)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let call = call_sid(api.dialect, &call)?;
    let view = parents::call(&api, call).await?;
    Ok(Json(resources::call(api.dialect, &view)).into_response())
}

/// Handles `POST`: ends a call, or sends it to another document.
pub(crate) async fn update(
    State(api): State<Api>,
    uri: Uri,
    Path((_, call)): Path<(String, String)>,
    Form(fields): Form,
) -> Result<Response, ApiError> {
    let mut warnings = Warnings::default();
    let update = wanted(&fields, &mut warnings)?;
    let call = call_sid(api.dialect, &call)?;
    match api.ask(Request::UpdateCall { call, update }).await {
        Ok(Reply::Call(view)) => {
            warnings.keep(&api, uri.path(), RecordingOf::Call(call));
            Ok(Json(resources::call(api.dialect, &view)).into_response())
        }
        Ok(_) => Err(ApiError::WrongReply),
        Err(error) => Err(parents::ended(&api, error).await),
    }
}

/// Returns all fields, or the first invalid field as an error. With both a URL and a document, the
/// URL counts.
pub(crate) fn wanted(fields: &Fields, warnings: &mut Warnings) -> Result<CallUpdate, ApiError> {
    let end = match fields.filled("Status") {
        None => None,
        Some("completed") => Some(EndWish::Completed),
        Some("canceled") => Some(EndWish::Canceled),
        Some(other) => return Err(invalid(other, "Status", "completed or canceled")),
    };
    let method = fields.method("Method")?.unwrap_or(Method::Post);
    let url = fields.url("Url")?;
    let inline = fields.filled("Twiml").or_else(|| fields.filled("Laml"));
    let next = match (url, inline) {
        (Some(url), _) => Some(NextDocument::From(Url { url, method })),
        (None, Some(text)) => Some(NextDocument::Inline(text.to_owned())),
        (None, None) => None,
    };
    let events = warnings.events(fields, "StatusCallbackEvent", &CallEvent::WORDS);
    let to = |url: &'static str, method: &'static str| -> Result<Option<Url>, ApiError> {
        let method = fields.method(method)?.unwrap_or(Method::Post);
        Ok(fields.url(url)?.map(|url| Url { url, method }))
    };
    Ok(CallUpdate {
        end,
        next,
        fallback: to("FallbackUrl", "FallbackMethod")?,
        status_callback: to("StatusCallback", "StatusCallbackMethod")?
            .map(|to| CallCallback::new(to, events)),
        time_limit: fields.time_limit()?,
    })
}

fn status(text: &str) -> Result<CallStatus, ApiError> {
    match text {
        "queued" => Ok(CallStatus::Queued),
        "ringing" => Ok(CallStatus::Ringing),
        "in-progress" => Ok(CallStatus::InProgress),
        "completed" => Ok(CallStatus::Completed),
        "busy" => Ok(CallStatus::Busy),
        "failed" => Ok(CallStatus::Failed),
        "no-answer" => Ok(CallStatus::NoAnswer),
        "canceled" => Ok(CallStatus::Canceled),
        other => Err(invalid(
            other,
            "Status",
            "queued, ringing, in-progress, completed, busy, failed, no-answer or canceled",
        )),
    }
}

pub(crate) fn call_sid(dialect: Dialect, text: &str) -> Result<CallSid, ApiError> {
    let sid = dialect.read(text);
    sid.ok_or_else(|| ApiError::NoSuch(format!("the call {text:?}")))
}
