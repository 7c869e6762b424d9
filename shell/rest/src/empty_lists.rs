//! Lists of resources that other resources link to and that confab does not have: always empty.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use confab_store::Place;
use confab_terms::WallTime;
use serde_json::{Value, json};

use crate::errors::ApiError;
use crate::form::Fields;
use crate::paging::{List, Page};
use crate::prefix::Spelling;
use crate::recordings::known;
use crate::{Api, resources};

const ACCOUNT: &str = "/2010-04-01/Accounts/{account}";

/// List below the account, and the key of its array.
#[derive(Clone, Copy, Debug)]
struct Absent {
    name: &'static str,
    key: &'static str,
}

/// Lists that SignalWire's closed schema of an account must link to.
const OF_ACCOUNT: [Absent; 5] = [
    Absent {
        name: "Applications",
        key: "applications",
    },
    Absent {
        name: "IncomingPhoneNumbers",
        key: "incoming_phone_numbers",
    },
    Absent {
        name: "Queues",
        key: "queues",
    },
    Absent {
        name: "Messages",
        key: "messages",
    },
    Absent {
        name: "Transcriptions",
        key: "transcriptions",
    },
];

/// Returns the routes of the empty lists.
pub(crate) fn routes() -> Router<Api> {
    let mut routes = Router::new();
    for absent in OF_ACCOUNT {
        let path = format!("{ACCOUNT}/{}", absent.name);
        routes = routes.route(&path, get(list).layer(Extension(absent)));
    }
    routes
        .route(
            &format!("{ACCOUNT}/AvailablePhoneNumbers"),
            get(available_phone_numbers),
        )
        .route(
            &format!("{ACCOUNT}/Recordings/{{sid}}/Transcriptions"),
            get(transcriptions),
        )
}

async fn list(
    State(api): State<Api>,
    Extension(absent): Extension<Absent>,
    Extension(spelling): Extension<Spelling>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let below = format!("/{}", absent.name);
    page(&api, spelling, query.as_deref(), absent.key, &below)
}

async fn transcriptions(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
    Path((_, sid)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let view = known(&api, &sid, None).await?;
    let sid = api.dialect.spell(view.sid);
    let below = format!("/Recordings/{sid}/Transcriptions");
    page(&api, spelling, query.as_deref(), "transcriptions", &below)
}

/// Handles `GET`: returns an empty list of countries, which the vendor does not page.
async fn available_phone_numbers(
    State(api): State<Api>,
    Extension(spelling): Extension<Spelling>,
) -> Response {
    let Spelling { prefix, suffix } = spelling;
    let account = api.store.account().sid;
    let path = resources::plain_path(api.dialect, account, "/AvailablePhoneNumbers");
    let uri = format!("{prefix}{path}{suffix}");
    Json(json!({"uri": uri, "countries": []})).into_response()
}

fn page(
    api: &Api,
    spelling: Spelling,
    query: Option<&str>,
    key: &'static str,
    below: &str,
) -> Result<Response, ApiError> {
    let page = Page::wanted(&Fields::of_query(query)?)?;
    let list = List {
        key,
        path: &resources::plain_path(api.dialect, api.store.account().sid, below),
        spelling,
        dialect: api.dialect,
        filters: Vec::new(),
    };
    let place = |_: &Value| Place {
        at: WallTime(0),
        sid: String::new(),
    };
    let body = page.json(Vec::new(), &list, place, Value::clone);
    Ok(Json(body).into_response())
}
