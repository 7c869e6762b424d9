//! `…/Conferences/{ConferenceSid}/Audibility`: audibility of each pair of participants at the
//! current tick, and the reason. An extension: no vendor has this resource.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use confab_switchboard::{AudibilityView, Reply, Request};
use serde_json::{Value, json};

use crate::dialect::because;
use crate::errors::ApiError;
use crate::participants::conference_sid;
use crate::{Api, Dialect, parents};

/// Handles `GET`: returns the audibility matrix of a live conference.
pub(crate) async fn fetch(
    State(api): State<Api>,
    Path((_, conference)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let conference = conference_sid(api.dialect, &conference)?;
    match api.ask(Request::TellAudibility { conference }).await {
        Ok(Reply::Audibility(view)) => Ok(Json(matrix(api.dialect, &view)).into_response()),
        Ok(_) => Err(ApiError::WrongReply),
        Err(error) => Err(parents::ended(&api, error).await),
    }
}

fn matrix(dialect: Dialect, view: &AudibilityView) -> Value {
    let mut order = Vec::new();
    let mut heard: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    for (listener, speaker, audible, why) in &view.pairs {
        let hears = heard.entry(listener).or_insert_with(|| {
            order.push(listener);
            Vec::new()
        });
        hears.push(json!({
            "call_sid": dialect.spell(*speaker),
            "audible": audible,
            "because": because(*why),
        }));
    }
    let listeners: Vec<Value> = order
        .into_iter()
        .map(|listener| {
            let hears = heard.remove(listener).unwrap_or_default();
            json!({"call_sid": dialect.spell(*listener), "hears": hears})
        })
        .collect();
    json!({
        "conference_sid": dialect.spell(view.conference),
        "tick": view.tick,
        "listeners": listeners,
    })
}
