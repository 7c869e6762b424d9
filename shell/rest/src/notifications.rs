//! `…/Notifications` and `…/Calls/{CallSid}/Notifications`: what went wrong with documents,
//! audio and callbacks, newest first. An extension: SignalWire has none, the shape is Twilio's.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use confab_store::{KeptNotice, NoticeFilter, Order, Place};
use confab_terms::CallSid;

use crate::calls::call_sid;
use crate::errors::ApiError;
use crate::form::Fields;
use crate::paging::{List, Page};
use crate::prefix::Spelling;
use crate::{Api, resources};

const DATES: [&str; 3] = ["MessageDate", "MessageDate<", "MessageDate>"];

/// `GET`.
pub(crate) async fn list(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    page(&api, spelling, query.as_deref(), None).await
}

/// `GET`, of one call.
pub(crate) async fn list_of_call(
    State(api): State<Api>,
    Path((_, call)): Path<(String, String)>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let call = call_sid(api.dialect, &call)?;
    page(&api, spelling, query.as_deref(), Some(call)).await
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
        at: fields.days(DATES)?,
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
        filters: fields.kept(&DATES),
    };
    let place = |kept: &KeptNotice| Place {
        at: kept.notice.at,
        sid: kept.sid.clone(),
    };
    let shape = |kept: &KeptNotice| resources::notification(api.dialect, account, kept);
    Ok(Json(page.json(notices, &list, place, shape)).into_response())
}
