//! `…/Conferences`: list, fetch, update. Live conferences come from the switchboard, ended
//! conferences from the store.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use confab_store::{ConferenceFilter, Order};
use confab_switchboard::conference::{Status, Url};
use confab_switchboard::{ConferenceView, Reply, Request};
use confab_terms::Method;

use crate::errors::ApiError;
use crate::fields::{invalid, shown};
use crate::form::{Fields, Form};
use crate::paging::{List, Page};
use crate::participants::conference_sid;
use crate::prefix::Spelling;
use crate::{Api, parents, resources};

const CREATED: [&str; 3] = ["DateCreated", "DateCreated<", "DateCreated>"];
const UPDATED: [&str; 3] = ["DateUpdated", "DateUpdated<", "DateUpdated>"];

/// Handles `GET`: lists conferences, newest first, by the time that a filter names.
pub(crate) async fn list(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let fields = Fields::of_query(query.as_deref())?;
    let page = Page::wanted(&fields)?;
    let status = fields.filled("Status").map(status).transpose()?;
    let filter = ConferenceFilter {
        friendly_name: fields.filled("FriendlyName").map(str::to_owned),
        created: fields.moments(CREATED)?,
        updated: fields.moments(UPDATED)?,
    };
    let Reply::Conferences(mut live) = api.ask(Request::ListConferences).await? else {
        return Err(ApiError::WrongReply);
    };
    let part = page.part(Order::NewestFirst);
    // Read after the live conferences: a conference that ends in between is found twice, never
    // missed.
    let ended = match status {
        None | Some(Status::Completed) => {
            api.store.conferences(filter.clone(), part.clone()).await?
        }
        Some(_) => Vec::new(),
    };
    let place = |view: &ConferenceView| filter.place(view);
    let wanted = |view: &ConferenceView| {
        status.is_none_or(|status| status == view.status) && filter.wants(view)
    };
    // A conference that is found twice has ended; its place in the list may have changed.
    live.retain(|live| ended.iter().all(|ended| ended.sid != live.sid));
    let found = part.cut(ended.into_iter().chain(live).filter(wanted), place);
    let account = api.store.account().sid;
    let kept = [&["Status", "FriendlyName"][..], &CREATED, &UPDATED].concat();
    let list = List {
        key: "conferences",
        path: &resources::plain_path(api.dialect, account, "/Conferences"),
        spelling,
        dialect: api.dialect,
        filters: fields.kept(&kept),
    };
    let shape = |view: &ConferenceView| resources::conference(api.dialect, view);
    Ok(Json(page.json(found, &list, place, shape)).into_response())
}

/// Handles `GET` of a conference, live or ended.
pub(crate) async fn fetch(
    State(api): State<Api>,
    Path((_, conference)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let conference = conference_sid(api.dialect, &conference)?;
    let view = parents::conference(&api, conference).await?;
    Ok(Json(resources::conference(api.dialect, &view)).into_response())
}

/// Handles `POST`: ends a conference, or plays an announcement to all of its participants.
pub(crate) async fn update(
    State(api): State<Api>,
    Path((_, conference)): Path<(String, String)>,
    Form(fields): Form,
) -> Result<Response, ApiError> {
    let complete = match fields.filled("Status") {
        None => false,
        Some("completed") => true,
        Some(other) => return Err(ApiError::InvalidStatus(shown(other))),
    };
    let method = fields.method("AnnounceMethod")?.unwrap_or(Method::Post);
    let announce = fields.url("AnnounceUrl")?.map(|url| Url { url, method });
    let conference = conference_sid(api.dialect, &conference)?;
    let question = Request::UpdateConference {
        conference,
        complete,
        announce,
    };
    match api.ask(question).await {
        Ok(Reply::Conference(view)) => {
            Ok(Json(resources::conference(api.dialect, &view)).into_response())
        }
        Ok(_) => Err(ApiError::WrongReply),
        Err(error) => Err(parents::ended(&api, error).await),
    }
}

fn status(text: &str) -> Result<Status, ApiError> {
    match text {
        "init" => Ok(Status::Init),
        "in-progress" => Ok(Status::InProgress),
        "completed" => Ok(Status::Completed),
        other => Err(invalid(other, "Status", "init, in-progress or completed")),
    }
}
