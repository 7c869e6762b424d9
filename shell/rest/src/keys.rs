//! `…/Keys`: API keys, with which clients authenticate instead of the account's token.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use confab_store::{ApiKey, Order, Place};
use confab_terms::KeySid;
use confab_terms::limits::API_KEY_NAME_CHARS_MAX;
use serde_json::{Value, json};

use crate::dialect::key_sid;
use crate::errors::ApiError;
use crate::fields::{invalid, shown};
use crate::form::{Fields, Form};
use crate::paging::{List, Page};
use crate::prefix::Spelling;
use crate::{Api, resources};

const KEYS: &str = "/2010-04-01/Accounts/{account}/Keys";

/// Returns the routes of API keys.
pub(crate) fn routes() -> Router<Api> {
    Router::new().route(KEYS, get(list).post(create)).route(
        &format!("{KEYS}/{{sid}}"),
        get(fetch).post(update).delete(remove),
    )
}

/// Handles `GET`: lists API keys, newest first.
async fn list(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let page = Page::wanted(&Fields::of_query(query.as_deref())?)?;
    let keys = api.store.api_keys(page.part(Order::NewestFirst));
    let list = List {
        key: "keys",
        path: &resources::plain_path(api.dialect, api.store.account().sid, "/Keys"),
        spelling,
        dialect: api.dialect,
        filters: Vec::new(),
    };
    let place = |key: &ApiKey| Place {
        at: key.date_created,
        sid: key.sid.to_string(),
    };
    let body = page.json(keys, &list, place, resources::api_key);
    Ok(Json(body).into_response())
}

/// Handles `POST`: creates a key. No other response holds its secret.
async fn create(State(api): State<Api>, Form(fields): Form) -> Result<Response, ApiError> {
    let name = friendly_name(&fields)?.unwrap_or_default();
    let made = api.store.create_key(name).await?;
    let (key, secret) = made.ok_or(ApiError::TooManyKeys)?;
    let mut body = resources::api_key(&key);
    body["secret"] = json!(secret.0);
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Handles `GET` of a key.
async fn fetch(
    State(api): State<Api>,
    Path((_, sid)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let key = api.store.api_key(read(&sid)?);
    let key = key.ok_or_else(|| no_such(&sid))?;
    Ok(Json(resources::api_key(&key)))
}

/// Handles `POST` to a key: changes its name.
async fn update(
    State(api): State<Api>,
    Path((_, text)): Path<(String, String)>,
    Form(fields): Form,
) -> Result<Json<Value>, ApiError> {
    let sid = read(&text)?;
    let key = match friendly_name(&fields)? {
        Some(name) => api.store.rename_key(sid, name).await?,
        None => api.store.api_key(sid),
    };
    let key = key.ok_or_else(|| no_such(&text))?;
    Ok(Json(resources::api_key(&key)))
}

/// Handles `DELETE`: revokes a key; requests after the response cannot authenticate with it.
async fn remove(
    State(api): State<Api>,
    Path((_, sid)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    match api.store.delete_key(read(&sid)?).await? {
        true => Ok(StatusCode::NO_CONTENT.into_response()),
        false => Err(no_such(&sid)),
    }
}

fn friendly_name(fields: &Fields) -> Result<Option<String>, ApiError> {
    let Some(name) = fields.filled("FriendlyName") else {
        return Ok(None);
    };
    let fits = name.chars().count() <= API_KEY_NAME_CHARS_MAX;
    match fits && !name.chars().any(char::is_control) {
        true => Ok(Some(name.to_owned())),
        false => Err(invalid(
            name,
            "FriendlyName",
            "up to 64 characters, no control characters",
        )),
    }
}

fn read(sid: &str) -> Result<KeySid, ApiError> {
    key_sid(sid).ok_or_else(|| no_such(sid))
}

fn no_such(sid: &str) -> ApiError {
    ApiError::NoSuch(format!("the API key {}", shown(sid)))
}
