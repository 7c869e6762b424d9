//! Responses to fetches, dispatched to the waiting document.

use confab_terms::{FetchId, Now};

use crate::interpreter;
use crate::state::FetchOwner;
use crate::{Cookie, FetchError, Fetched, Switchboard};

pub(crate) fn fetched(
    switchboard: &mut Switchboard,
    now: Now,
    fetch: FetchId,
    result: Result<Fetched, FetchError>,
    cookies: Vec<Cookie>,
) {
    let whose = switchboard.requests.fetches.remove(&fetch);
    if let Some(FetchOwner::Document(call, _)) = whose
        && let Some(call) = switchboard.calls.get_mut(call)
    {
        for cookie in cookies {
            call.cookies.set(cookie, now.wall);
        }
    }
    match whose {
        Some(FetchOwner::Document(call, role)) => {
            interpreter::fetched(switchboard, now, call, role, fetch, result);
        }
        Some(FetchOwner::Announcement(announcement)) => {
            interpreter::fetched_for_all(switchboard, now, announcement, result);
        }
        Some(FetchOwner::FinalAction) => interpreter::drop_audio(switchboard, &result),
        None => {
            switchboard.counters.stale_answers += 1;
            interpreter::drop_audio(switchboard, &result);
        }
    }
}
