//! `…/Calls/{CallSid}`: fetch, from the switchboard while it lives, from the store after.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use confab_switchboard::{Refusal, Reply, Request};
use confab_terms::CallSid;

use crate::errors::ApiError;
use crate::{Api, resources, sids};

/// `GET`.
pub(crate) async fn fetch(
    State(api): State<Api>,
    Path((_, call)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let call = call_sid(&call)?;
    let view = match api.ask(Request::FetchCall { call }).await {
        Ok(Reply::Call(view)) => *view,
        Ok(_) => return Err(ApiError::WrongReply),
        Err(ApiError::Refused(refusal @ Refusal::NoSuchCall(_))) => {
            let ended = api.store.call(call).await?;
            ended.ok_or(ApiError::Refused(refusal))?
        }
        Err(error) => return Err(error),
    };
    Ok(Json(resources::call(api.dialect, &view)).into_response())
}

pub(crate) fn call_sid(text: &str) -> Result<CallSid, ApiError> {
    sids::sid(text).ok_or_else(|| ApiError::NoSuch(format!("the call {text:?}")))
}
