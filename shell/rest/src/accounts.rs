//! `/Accounts`: fetches or lists the single account of the server.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use confab_store::{Account, Order, Place};

use crate::errors::ApiError;
use crate::form::Fields;
use crate::paging::{List, Page};
use crate::prefix::Spelling;
use crate::{Api, resources};

/// Handles `GET`: returns a list of at most one account.
pub(crate) async fn list(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let fields = Fields::of_query(query.as_deref())?;
    let page = Page::wanted(&fields)?;
    let account = api.store.account();
    let name = fields.filled("FriendlyName");
    let wanted = name.is_none_or(|name| name == account.friendly_name);
    let place = |account: &&Account| Place {
        at: account.date_created,
        sid: account.sid.to_string(),
    };
    let accounts = wanted.then_some(account);
    let accounts = page.part(Order::NewestFirst).cut(accounts, place);
    let list = List {
        key: "accounts",
        path: "/2010-04-01/Accounts",
        spelling,
        dialect: api.dialect,
        filters: fields.kept(&["FriendlyName"]),
    };
    let shape = |account: &&Account| resources::account(api.dialect, account);
    Ok(Json(page.json(accounts, &list, place, shape)).into_response())
}

/// Handles `GET` of the account; the router has checked the account in the path.
pub(crate) async fn fetch(State(api): State<Api>) -> Response {
    Json(resources::account(api.dialect, api.store.account())).into_response()
}
