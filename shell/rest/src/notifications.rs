//! `…/Notifications` and `…/Calls/{CallSid}/Notifications`: errors and warnings about documents,
//! audio and callbacks, newest first. An extension: SignalWire has no such resource, the shape is
//! Twilio's.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use confab_store::{KeptNotice, NoticeFilter, Order, Place};
use confab_switchboard::Severity;
use confab_terms::CallSid;

use crate::calls::call_sid;
use crate::errors::ApiError;
use crate::fields::{invalid, shown};
use crate::form::Fields;
use crate::paging::{List, Page};
use crate::prefix::Spelling;
use crate::{Api, parents, resources};

const DATES: [&str; 3] = ["MessageDate", "MessageDate<", "MessageDate>"];

/// Handles `GET`: lists notifications of the account.
pub(crate) async fn list(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    page(&api, spelling, query.as_deref(), None).await
}

/// Handles `GET` of a notification.
pub(crate) async fn fetch(
    State(api): State<Api>,
    Path((_, sid)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    one(&api, &sid, None).await
}

/// Handles `GET` of a notification of a call.
pub(crate) async fn fetch_of_call(
    State(api): State<Api>,
    Path((_, call, sid)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    let call = call_sid(api.dialect, &call)?;
    one(&api, &sid, Some(call)).await
}

async fn one(api: &Api, sid: &str, call: Option<CallSid>) -> Result<Response, ApiError> {
    let of_call = |kept: &KeptNotice| call.is_none_or(|call| kept.notice.call == Some(call));
    let kept = match api.dialect.read_notification(sid) {
        Some(sid) => api.store.notice(&sid).await?.filter(of_call),
        None => None,
    };
    let kept = kept.ok_or_else(|| ApiError::NoSuch(format!("the notification {}", shown(sid))))?;
    let account = api.store.account().sid;
    let body = resources::notification_whole(api.dialect, account, &kept);
    Ok(Json(body).into_response())
}

/// Handles `GET`: lists notifications of a call.
pub(crate) async fn list_of_call(
    State(api): State<Api>,
    Path((_, call)): Path<(String, String)>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let call = call_sid(api.dialect, &call)?;
    parents::call(&api, call).await?;
    page(&api, spelling, query.as_deref(), Some(call)).await
}

fn severity(fields: &Fields) -> Result<Option<Severity>, ApiError> {
    match fields.filled("Log") {
        None => Ok(None),
        Some("0") => Ok(Some(Severity::Error)),
        Some("1") => Ok(Some(Severity::Warning)),
        Some(other) => Err(invalid(other, "Log", "0 for errors, 1 for warnings")),
    }
}

async fn page(
    api: &Api,
    spelling: Spelling,
    query: Option<&str>,
    call: Option<CallSid>,
) -> Result<Response, ApiError> {
    let fields = Fields::of_query(query)?;
    let page = Page::wanted(&fields)?;
    let filter = NoticeFilter {
        call,
        severity: severity(&fields)?,
        at: fields.moments(DATES)?,
    };
    let part = page.part(Order::NewestFirst);
    let notices = api.store.notices(filter, part).await?;
    let account = api.store.account().sid;
    let of_call = |call| format!("/Calls/{}/Notifications", api.dialect.spell(call));
    let below = call.map_or_else(|| "/Notifications".to_owned(), of_call);
    let list = List {
        key: "notifications",
        path: &resources::plain_path(api.dialect, account, below),
        spelling,
        dialect: api.dialect,
        filters: fields.kept(&[&["Log"][..], &DATES].concat()),
    };
    let place = |kept: &KeptNotice| Place {
        at: kept.notice.at,
        sid: kept.sid.clone(),
    };
    let shape = |kept: &KeptNotice| resources::notification(api.dialect, account, kept);
    Ok(Json(page.json(notices, &list, place, shape)).into_response())
}
