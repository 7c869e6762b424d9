//! `…/Conferences/{ConferenceSid}/Participants`: list, fetch, update, remove.

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use confab_store::{Order, Place};
use confab_switchboard::conference::Key;
use confab_switchboard::{ParticipantView, Refusal, Reply, Request};
use confab_terms::ConferenceSid;

use crate::errors::ApiError;
use crate::form::Fields;
use crate::paging::{List, Page};
use crate::prefix::Spelling;
use crate::{Api, resources, sids, update};

type Keys = Path<(String, String, String)>;

/// `GET`: the seated ones, oldest first.
pub(crate) async fn list(
    State(api): State<Api>,
    Path((_, conference)): Path<(String, String)>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let conference = conference_sid(&conference)?;
    let fields = Fields::of_query(query.as_deref())?;
    let page = Page::wanted(&fields)?;
    let (muted, hold) = (fields.boolean("Muted")?, fields.boolean("Hold")?);
    let seated = match api.ask(Request::ListParticipants { conference }).await {
        Ok(Reply::Participants(seated)) => seated,
        Ok(_) => return Err(ApiError::WrongReply),
        // Nobody is in a conference that is over.
        Err(gone) => match is_over(&api, conference, gone).await? {
            ApiError::Completed => Vec::new(),
            gone => return Err(gone),
        },
    };
    let wanted = |view: &ParticipantView| {
        muted.is_none_or(|muted| muted == view.state.muted)
            && hold.is_none_or(|hold| hold == view.state.hold)
    };
    let place = |view: &ParticipantView| Place {
        at: view.state.date_created,
        sid: view.state.call.to_string(),
    };
    let part = page.part(Order::OldestFirst);
    let seated = part.cut(seated.into_iter().filter(wanted), place);
    let account = api.store.account().sid;
    let list = List {
        key: "participants",
        path: &format!("/2010-04-01/Accounts/{account}/Conferences/{conference}/Participants"),
        spelling,
        filters: fields.kept(&["Muted", "Hold"]),
    };
    let shape = |view: &ParticipantView| resources::participant(api.dialect, account, view);
    Ok(Json(page.json(seated, &list, place, shape)).into_response())
}

/// `GET`.
pub(crate) async fn fetch(
    State(api): State<Api>,
    Path((_, conference, key)): Keys,
) -> Result<Response, ApiError> {
    let (conference, key) = keys(&conference, &key)?;
    match api
        .ask(Request::FetchParticipant { conference, key })
        .await?
    {
        Reply::Participant { participant, .. } => Ok(shown(&api, &participant, None)),
        _ => Err(ApiError::WrongReply),
    }
}

/// `POST`: all of the fields, or none.
pub(crate) async fn update(
    State(api): State<Api>,
    Path((_, conference, key)): Keys,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = Fields::of_body(&headers, body).await?;
    let update = update::update(&fields)?;
    // A completed conference is looked at before the participant, so a key that can be none
    // is still asked about.
    let conference = conference_sid(&conference)?;
    let key = sids::key(&key).unwrap_or(Key::Label(key));
    let question = Request::UpdateParticipant {
        conference,
        key,
        update,
    };
    match api.ask(question).await {
        Ok(Reply::Participant {
            participant,
            applied_tick,
        }) => Ok(shown(&api, &participant, applied_tick)),
        Ok(_) => Err(ApiError::WrongReply),
        Err(gone) => Err(is_over(&api, conference, gone).await?),
    }
}

/// `DELETE`: out of the conference; the call goes on with its document.
pub(crate) async fn remove(
    State(api): State<Api>,
    Path((_, conference, key)): Keys,
) -> Result<Response, ApiError> {
    let (conference, key) = keys(&conference, &key)?;
    match api
        .ask(Request::RemoveParticipant { conference, key })
        .await?
    {
        Reply::Removed => Ok(StatusCode::NO_CONTENT.into_response()),
        _ => Err(ApiError::WrongReply),
    }
}

/// A conference that is not live may be one that is over: the store knows.
pub(crate) async fn is_over(
    api: &Api,
    conference: ConferenceSid,
    error: ApiError,
) -> Result<ApiError, ApiError> {
    if !matches!(error, ApiError::Refused(Refusal::NoSuchConference(_))) {
        return Ok(error);
    }
    match api.store.conference(conference).await? {
        Some(_) => Ok(ApiError::Completed),
        None => Ok(error),
    }
}

fn shown(api: &Api, participant: &ParticipantView, applied_tick: Option<u64>) -> Response {
    let account = api.store.account().sid;
    let body = resources::participant(api.dialect, account, participant);
    let mut response = Json(body).into_response();
    if let Some(tick) = applied_tick {
        response
            .headers_mut()
            .insert("x-applied-tick", HeaderValue::from(tick));
    }
    response
}

pub(crate) fn conference_sid(text: &str) -> Result<ConferenceSid, ApiError> {
    sids::sid(text).ok_or_else(|| ApiError::NoSuch(format!("the conference {text:?}")))
}

fn keys(conference: &str, key: &str) -> Result<(ConferenceSid, Key), ApiError> {
    let known = sids::key(key).ok_or_else(|| ApiError::NoSuch(format!("the participant {key:?}")));
    Ok((conference_sid(conference)?, known?))
}
