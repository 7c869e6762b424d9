//! `…/DeadLetters`: events that no application has accepted, newest first; a POST sends an event
//! again. An extension: no vendor has this resource.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use confab_store::{DeadLetter, Order, Part, Stored};

use crate::errors::ApiError;
use crate::fields::shown;
use crate::form::Fields;
use crate::paging::{List, Page};
use crate::prefix::Spelling;
use crate::{Api, resources};

const DEAD_LETTERS: &str = "/2010-04-01/Accounts/{account}/DeadLetters";

/// Access to the dead letters, and their way back to the outbox.
pub trait Resend: Send + Sync + 'static {
    /// Returns a dead letter.
    fn dead_letter(&self, sid: &str) -> Stored<'_, Option<DeadLetter>>;
    /// Returns dead letters.
    fn dead_letters(&self, part: Part) -> Stored<'_, Vec<DeadLetter>>;
    /// Puts a dead letter back into the outbox, once.
    fn resend(&self, sid: &str) -> Stored<'_, Resent>;
}

/// Result of a request to send again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resent {
    /// Event that is in the outbox again.
    Queued(DeadLetter),
    /// Outbox without room for the event.
    Full,
    /// Unknown dead letter.
    Unknown,
}

/// Returns the routes of dead letters.
pub(crate) fn routes() -> Router<Api> {
    Router::new().route(DEAD_LETTERS, get(list)).route(
        &format!("{DEAD_LETTERS}/{{sid}}"),
        get(fetch).post(send_again),
    )
}

/// Handles `GET`: lists dead letters, newest first.
async fn list(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let page = Page::wanted(&Fields::of_query(query.as_deref())?)?;
    let part = page.part(Order::NewestFirst);
    let dead = api.dead_letters.dead_letters(part).await?;
    let account = api.store.account().sid;
    let list = List {
        key: "dead_letters",
        path: &resources::plain_path(api.dialect, account, "/DeadLetters"),
        spelling,
        dialect: api.dialect,
        filters: Vec::new(),
    };
    let shape = |dead: &DeadLetter| resources::dead_letter(api.dialect, account, dead);
    Ok(Json(page.json(dead, &list, DeadLetter::place, shape)).into_response())
}

/// Handles `GET` of a dead letter.
async fn fetch(
    State(api): State<Api>,
    Path((_, text)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let sid = read(&api, &text)?;
    let dead = api.dead_letters.dead_letter(&sid).await?;
    let dead = dead.ok_or_else(|| no_such(&text))?;
    let account = api.store.account().sid;
    let body = resources::dead_letter_whole(api.dialect, account, &dead);
    Ok(Json(body).into_response())
}

/// Handles `POST` to a dead letter: sends the event again, with a new lifetime and the same token.
async fn send_again(
    State(api): State<Api>,
    Path((_, text)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let sid = read(&api, &text)?;
    match api.dead_letters.resend(&sid).await? {
        Resent::Queued(dead) => {
            let account = api.store.account().sid;
            let body = resources::dead_letter_queued(api.dialect, account, &dead);
            Ok(Json(body).into_response())
        }
        Resent::Full => Err(ApiError::OutboxFull),
        Resent::Unknown => Err(no_such(&text)),
    }
}

fn read(api: &Api, text: &str) -> Result<String, ApiError> {
    let sid = api.dialect.read_dead_letter(text);
    sid.ok_or_else(|| no_such(text))
}

fn no_such(sid: &str) -> ApiError {
    ApiError::NoSuch(format!("the dead letter {}", shown(sid)))
}
