//! Responses to fetches, dispatched to the waiting document.

use confab_terms::{FetchId, Now};

use crate::live::Fetching;
use crate::program;
use crate::{Cookie, FetchError, Fetched, Switchboard};

pub(crate) fn fetched(
    board: &mut Switchboard,
    now: Now,
    fetch: FetchId,
    result: Result<Fetched, FetchError>,
    cookies: Vec<Cookie>,
) {
    let whose = board.asked.fetches.remove(&fetch);
    if let Some(Fetching::Program(call, _)) = whose
        && let Some(call) = board.calls.get_mut(call)
    {
        for cookie in cookies {
            call.cookies.set(cookie, now.wall);
        }
    }
    match whose {
        Some(Fetching::Program(call, role)) => {
            program::fetched(board, now, call, role, fetch, result);
        }
        Some(Fetching::ToAll(announcement)) => {
            program::fetched_for_all(board, now, announcement, result);
        }
        Some(Fetching::Farewell) => program::drop_audio(board, &result),
        None => {
            board.counted.stale_answers += 1;
            program::drop_audio(board, &result);
        }
    }
}
