//! `…/Conferences/{ConferenceSid}/Participants`: list, fetch, update, remove.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use confab_store::{Order, Place};
use confab_switchboard::conference::{Key, Refusal as Rule};
use confab_switchboard::{ParticipantView, Refusal, Reply, Request};
use confab_terms::ConferenceSid;

use crate::errors::ApiError;
use crate::form::{Fields, Form};
use crate::paging::{List, Page};
use crate::prefix::Spelling;
use crate::{Api, Dialect, parents, resources, update};

type Keys = Path<(String, String, String)>;

/// Handles `GET`: lists the seated participants, oldest first.
pub(crate) async fn list(
    State(api): State<Api>,
    Path((_, conference)): Path<(String, String)>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let dialect = api.dialect;
    let conference = conference_sid(dialect, &conference)?;
    let fields = Fields::of_query(query.as_deref())?;
    let page = Page::wanted(&fields)?;
    let names = filters(dialect);
    let mut wishes = Vec::new();
    for name in names {
        wishes.push(fields.boolean(dialect, name)?);
    }
    let seated = match api.ask(Request::ListParticipants { conference }).await {
        Ok(Reply::Participants(seated)) => seated,
        Ok(_) => return Err(ApiError::WrongReply),
        // An ended conference has no participants.
        Err(error) => match parents::ended(&api, error).await {
            ApiError::Completed => Vec::new(),
            error => return Err(error),
        },
    };
    let wanted = |view: &ParticipantView| {
        let state = &view.state;
        let is = [state.muted, state.hold, state.coaching];
        let mut both = wishes.iter().zip(is);
        both.all(|(wish, is)| wish.is_none_or(|wish| wish == is))
    };
    let place = |view: &ParticipantView| Place {
        at: view.state.date_created,
        sid: view.state.call.to_string(),
    };
    let part = page.part(Order::OldestFirst);
    let seated = part.cut(seated.into_iter().filter(wanted), place);
    let account = api.store.account().sid;
    let below = format!("/Conferences/{}/Participants", dialect.spell(conference));
    let list = List {
        key: "participants",
        path: &resources::plain_path(dialect, account, below),
        spelling,
        dialect,
        filters: fields.kept(names),
    };
    let shape = |view: &ParticipantView| resources::participant(dialect, account, view);
    Ok(Json(page.json(seated, &list, place, shape)).into_response())
}

/// Handles `GET` of a participant.
pub(crate) async fn fetch(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    Path((_, conference, key)): Keys,
) -> Result<Response, ApiError> {
    let (conference, key) = keys(api.dialect, &conference, &key)?;
    let question = |key| Request::FetchParticipant { conference, key };
    match ask_by_key(&api, spelling, &key, question).await {
        Ok(Reply::Participant { participant, .. }) => Ok(shown(&api, &participant, None)),
        Ok(_) => Err(ApiError::WrongReply),
        Err(error) => Err(left(&api, &key, error).await),
    }
}

/// Handles `POST`: applies all of the fields, or none.
pub(crate) async fn update(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    Path((_, conference, key)): Keys,
    Form(fields): Form,
) -> Result<Response, ApiError> {
    let update = update::update(api.dialect, &fields)?;
    // The switchboard checks for a completed conference before the participant: so it also receives
    // a key that cannot exist.
    let conference = conference_sid(api.dialect, &conference)?;
    let key = api.dialect.key(&key).unwrap_or(Key::Label(key));
    let question = |key| Request::UpdateParticipant {
        conference,
        key,
        update: update.clone(),
    };
    match ask_by_key(&api, spelling, &key, question).await {
        Ok(Reply::Participant {
            participant,
            applied_tick,
        }) => Ok(shown(&api, &participant, applied_tick)),
        Ok(_) => Err(ApiError::WrongReply),
        Err(error) => Err(parents::ended(&api, error).await),
    }
}

/// Handles `DELETE`: removes a participant from the conference; the call continues with its
/// document.
pub(crate) async fn remove(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    Path((_, conference, key)): Keys,
) -> Result<Response, ApiError> {
    let (conference, key) = keys(api.dialect, &conference, &key)?;
    let question = |key| Request::RemoveParticipant { conference, key };
    match ask_by_key(&api, spelling, &key, question).await {
        Ok(Reply::Removed) => Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(_) => Err(ApiError::WrongReply),
        Err(error) => Err(left(&api, &key, error).await),
    }
}

/// Sends a request with the key, and again with the label that ends in `.json` if no participant
/// has the key.
///
/// The client libraries append `.json` to every path, so the shorter label is tried first.
async fn ask_by_key(
    api: &Api,
    spelling: Spelling,
    key: &Key,
    question: impl Fn(Key) -> Request,
) -> Result<Reply, ApiError> {
    let outcome = api.ask(question(key.clone())).await;
    let (true, Key::Label(label)) = (outcome.as_ref().is_err_and(is_unknown), key) else {
        return outcome;
    };
    let longer = api.dialect.key(&format!("{label}{}", spelling.suffix));
    match longer.filter(|longer| longer != key) {
        None => outcome,
        Some(longer) => match api.ask(question(longer)).await {
            Err(error) if is_unknown(&error) => outcome,
            other => other,
        },
    }
}

fn is_unknown(error: &ApiError) -> bool {
    let ApiError::Refused(Refusal::Conference(rule)) = error else {
        return false;
    };
    matches!(rule, Rule::NoSuchParticipant(_))
}

/// Replaces "no such conference" of an ended conference by "no such participant".
async fn left(api: &Api, key: &Key, error: ApiError) -> ApiError {
    let said = match key {
        Key::Call(call) => call.to_string(),
        Key::Label(label) => label.clone(),
    };
    match parents::ended(api, error).await {
        ApiError::Completed => Refusal::Conference(Rule::NoSuchParticipant(said)).into(),
        error => error,
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

pub(crate) fn conference_sid(dialect: Dialect, text: &str) -> Result<ConferenceSid, ApiError> {
    let sid = dialect.read(text);
    sid.ok_or_else(|| ApiError::NoSuch(format!("the conference {text:?}")))
}

fn keys(dialect: Dialect, conference: &str, key: &str) -> Result<(ConferenceSid, Key), ApiError> {
    let known = dialect.key(key);
    let known = known.ok_or_else(|| ApiError::NoSuch(format!("the participant {key:?}")));
    Ok((conference_sid(dialect, conference)?, known?))
}

/// Returns the filters of a list.
fn filters(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::SignalWire => &["Muted", "Hold"],
        Dialect::Twilio => &["Muted", "Hold", "Coaching"],
    }
}
