//! Statements that write entries of the history, one for several entries of a kind.

use std::collections::BTreeSet;
use std::sync::Arc;

use confab_switchboard::{CallView, ConferenceView, Notice, RecordingOf, RecordingView};
use confab_terms::limits::NOTICES_MAX;

use crate::Entry;
use crate::database::Statement;
use crate::insert::Insert;
use crate::outbox::json;
use crate::pending::Kept;
use crate::statements::FORGET_NOTICES;

const CONFERENCES: Insert = Insert {
    into: "conferences (sid, account, friendly_name, date_created, date_updated, view)",
    row: "(?, ?, ?, ?, ?, ?)",
};
const CALLS: Insert = Insert {
    into: "calls (sid, account, date_created, view)",
    row: "(?, ?, ?, ?)",
};
const RECORDINGS: Insert = Insert {
    into: "recordings (sid, account, call, conference, is_live, date_created, view)",
    row: "(?, ?, ?, ?, ?, ?, ?)",
};
const NOTICES: Insert = Insert {
    into: "notices (sid, account, call, at, notice)",
    row: "(?, ?, ?, ?, ?)",
};

type Bound<'q> = Result<Statement<'q>, sqlx::Error>;

/// Returns the statements that write entries. Entries of a kind are written in their order, and
/// only the last state of each: an ended call is often followed by the same call with its audio
/// figures.
pub(crate) fn statements<'q>(
    account: &'q str,
    history: &'q [Arc<Kept>],
) -> impl Iterator<Item = Bound<'q>> + Send {
    let (mut conferences, mut calls) = (Vec::new(), Vec::new());
    let (mut recordings, mut notices) = (Vec::new(), Vec::new());
    for kept in history {
        let sid = kept.sid.as_str();
        match &kept.entry {
            Entry::Conference(view) => conferences.push((sid, view)),
            Entry::Call(view) => calls.push((sid, view)),
            Entry::Recording(view) => recordings.push((sid, &**view)),
            Entry::Notice(notice) => notices.push((sid, notice)),
        }
    }
    let forget = (!notices.is_empty())
        .then(|| Ok(sqlx::query(FORGET_NOTICES).bind(account).bind(NOTICES_MAX)));
    let conferences = CONFERENCES.all(last_states(conferences), move |query, (sid, view)| {
        conference(query.bind(sid).bind(account), view)
    });
    let calls = CALLS.all(last_states(calls), move |query, (sid, view)| {
        call(query.bind(sid).bind(account), view)
    });
    let recordings = RECORDINGS.all(last_states(recordings), move |query, (sid, view)| {
        recording(query.bind(sid).bind(account), view)
    });
    let notices = NOTICES.all(notices, move |query, (sid, view)| {
        notice(query.bind(sid).bind(account), view)
    });
    let live = conferences.chain(calls);
    live.chain(recordings).chain(notices).chain(forget)
}

/// Returns the last state of each entry of a kind, in order.
fn last_states<V>(states: Vec<(&str, V)>) -> Vec<(&str, V)> {
    let mut seen = BTreeSet::new();
    let states = states.into_iter().rev();
    let mut last: Vec<_> = states.filter(|(sid, _)| seen.insert(*sid)).collect();
    last.reverse();
    last
}

fn conference<'q>(query: Statement<'q>, view: &'q ConferenceView) -> Bound<'q> {
    Ok(query
        .bind(&view.friendly_name)
        .bind(view.date_created.0)
        .bind(view.date_updated.0)
        .bind(json(view)?))
}

fn call<'q>(query: Statement<'q>, view: &'q CallView) -> Bound<'q> {
    Ok(query.bind(view.date_created.0).bind(json(view)?))
}

fn recording<'q>(query: Statement<'q>, view: &'q RecordingView) -> Bound<'q> {
    let (call, conference) = match view.of {
        RecordingOf::Call(call) => (Some(call.to_string()), None),
        RecordingOf::Conference(sid) => (None, Some(sid.to_string())),
    };
    Ok(query
        .bind(call)
        .bind(conference)
        .bind(view.status.is_live())
        .bind(view.date_created.0)
        .bind(json(view)?))
}

fn notice<'q>(query: Statement<'q>, notice: &'q Notice) -> Bound<'q> {
    Ok(query
        .bind(notice.call.map(|call| call.to_string()))
        .bind(notice.at.0)
        .bind(json(notice)?))
}
