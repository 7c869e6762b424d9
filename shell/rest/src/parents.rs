//! Calls and conferences as parents of other resources: live, ended or unknown.
//!
//! The switchboard has the live parents, the store the ended parents.

use confab_switchboard::{CallView, ConferenceView, RecordingOf, Refusal, Reply, Request};
use confab_terms::{CallSid, ConferenceSid};

use crate::Api;
use crate::errors::ApiError;

/// Returns a call, live or ended; the error of an unknown call is 404.
pub(crate) async fn call(api: &Api, call: CallSid) -> Result<CallView, ApiError> {
    match api.ask(Request::FetchCall { call }).await {
        Ok(Reply::Call(view)) => Ok(*view),
        Ok(_) => Err(ApiError::WrongReply),
        Err(ApiError::Refused(refusal @ Refusal::NoSuchCall(_))) => {
            let ended = api.store.call(call).await?;
            ended.ok_or(ApiError::Refused(refusal))
        }
        Err(error) => Err(error),
    }
}

/// Returns a conference, live or ended; the error of an unknown conference is 404.
pub(crate) async fn conference(
    api: &Api,
    conference: ConferenceSid,
) -> Result<ConferenceView, ApiError> {
    match api.ask(Request::FetchConference { conference }).await {
        Ok(Reply::Conference(view)) => Ok(view),
        Ok(_) => Err(ApiError::WrongReply),
        Err(ApiError::Refused(refusal @ Refusal::NoSuchConference(_))) => {
            let ended = api.store.conference(conference).await?;
            ended.ok_or(ApiError::Refused(refusal))
        }
        Err(error) => Err(error),
    }
}

/// Checks that the parent of a recording exists, live or ended.
pub(crate) async fn of_recording(api: &Api, of: RecordingOf) -> Result<(), ApiError> {
    match of {
        RecordingOf::Call(sid) => call(api, sid).await.map(drop),
        RecordingOf::Conference(sid) => conference(api, sid).await.map(drop),
    }
}

/// Replaces "not found" of a parent that has ended by the error of an ended call or conference.
pub(crate) async fn ended(api: &Api, error: ApiError) -> ApiError {
    let known = match error {
        ApiError::Refused(Refusal::NoSuchCall(sid)) => {
            let known = api.store.call(sid).await;
            known.map(|known| known.map(|_| ApiError::CallOver(sid)))
        }
        ApiError::Refused(Refusal::NoSuchConference(sid)) => {
            let known = api.store.conference(sid).await;
            known.map(|known| known.map(|_| ApiError::Completed))
        }
        _ => Ok(None),
    };
    match known {
        Ok(ended) => ended.unwrap_or(error),
        Err(unreadable) => unreadable.into(),
    }
}
