//! Announcements to one participant: one at a time, further ones queued. Announcements to a whole
//! conference are fetched once (`shared`).

use std::collections::VecDeque;

use confab_conference::{Announcement, Refusal as Rule, Url};
use confab_cxml::Verb;
use confab_media::Command;
use confab_terms::{CallSid, ConferenceSid, Now, limits};
use serde::{Deserialize, Serialize};

use super::conference_announcement::{self, SharedContent};
use super::execution::{Execution, PendingOperation, cancel_pending, next_verb, running};
use super::fetched::{DocumentError, failed as document_failed, load, run, say_document};
use super::http_request::{resolve, send_request};
use super::{playback, sound_refs};
use crate::calls;
use crate::notifications::{self, fields};
use crate::state::{DocumentRole, FetchOwner, Redirects};
use crate::{FetchKind, Output, Refusal, Switchboard};

/// Announcements of a participant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Announcements {
    pub(crate) current: Option<Current>,
    pub(crate) queue: VecDeque<Queued>,
}

/// Queued announcement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Queued {
    pub(crate) from: Url,
    /// Number of the announcement, if to the whole conference.
    pub(crate) shared: Option<u64>,
}

/// Current announcement: playing or being fetched.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Current {
    pub(crate) what: Queued,
    pub(crate) running: Execution,
    pub(crate) redirects: Redirects,
}

/// Returns an error if the queue of announcements is full. Checked before an update changes
/// anything.
pub(crate) fn announcement_slot(switchboard: &Switchboard, sid: CallSid) -> Result<(), Refusal> {
    let queue = switchboard
        .calls
        .get(sid)
        .map(|call| &call.announcing.queue);
    match queue.map(VecDeque::len) {
        Some(waiting) if waiting >= limits::ANNOUNCEMENTS_MAX => {
            Err(Rule::TooManyAnnouncements(waiting).into())
        }
        _ => Ok(()),
    }
}

/// Queues the announcements of an effect, and begins each one whose listener has none playing.
pub(crate) fn announce(
    switchboard: &mut Switchboard,
    now: Now,
    conference: ConferenceSid,
    announcements: Vec<Announcement>,
) {
    let to_all = announcements.iter().filter(|a| a.to_all);
    let listeners = to_all.clone().map(|a| a.to).collect();
    let from = to_all.map(|a| a.from.clone()).next();
    let shared = from.map(|from| {
        conference_announcement::request_for_all(switchboard, conference, &from, listeners)
    });
    for Announcement { to, from, to_all } in announcements {
        let shared = shared.filter(|_| to_all);
        let Some(call) = switchboard.calls.get_mut(to) else {
            conference_announcement::done(switchboard, now, shared, to, false);
            continue;
        };
        if call.announcing.queue.len() >= limits::ANNOUNCEMENTS_MAX {
            let message = "too many announcements wait already: this one is left out".to_owned();
            notifications::notice_of_call(switchboard, now, to, 20429, message, Some(&from));
            conference_announcement::done(switchboard, now, shared, to, false);
            continue;
        }
        call.announcing.queue.push_back(Queued { from, shared });
        next_announcement(switchboard, now, to);
    }
}

/// Begins the next queued announcement, unless one plays or the participant is not seated.
pub(crate) fn next_announcement(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    if call.seated_in().is_none() || call.announcing.current.is_some() {
        return;
    }
    let Some(what) = call.announcing.queue.pop_front() else {
        return;
    };
    call.announcing.current = Some(Current {
        what: what.clone(),
        running: Execution::default(),
        redirects: Redirects::default(),
    });
    match what.shared {
        Some(number) => begin_shared(switchboard, now, sid, number),
        None => request_own(switchboard, sid, &what.from),
    }
}

fn request_own(switchboard: &mut Switchboard, sid: CallSid, from: &Url) {
    let asked = fields::music(switchboard, sid);
    let whose = FetchOwner::Document(sid, DocumentRole::Announcement);
    let fetch = send_request(
        switchboard,
        whose,
        FetchKind::DocumentOrAudio,
        from,
        asked.clone(),
    );
    if let Some(execution) = running(switchboard, sid, DocumentRole::Announcement) {
        execution.requested = Some(from.clone());
        execution.request_fields = asked;
        execution.pending = PendingOperation::Fetching(fetch);
    }
}

/// Plays the content fetched for the whole conference, now or after the fetch.
pub(super) fn begin_shared(switchboard: &mut Switchboard, now: Now, sid: CallSid, number: u64) {
    match switchboard.announcements.content(number) {
        Some(SharedContent::Requested | SharedContent::Loading) => {
            if let Some(execution) = running(switchboard, sid, DocumentRole::Announcement) {
                execution.pending = PendingOperation::Shared;
            }
        }
        Some(SharedContent::Document { body, url }) => {
            load(
                switchboard,
                now,
                sid,
                DocumentRole::Announcement,
                &body,
                url,
            );
        }
        Some(SharedContent::Text(text)) => {
            let document = say_document(text);
            run(
                switchboard,
                now,
                sid,
                DocumentRole::Announcement,
                document,
                String::new(),
            );
        }
        Some(SharedContent::Sound(sound)) => {
            playback::play_all(switchboard, sid, DocumentRole::Announcement, sound);
        }
        Some(SharedContent::Failed) | None => over(switchboard, now, sid, false),
    }
}

/// Executes the next verb, or ends the announcement.
pub(super) fn advance(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    match next_verb(switchboard, sid, DocumentRole::Announcement) {
        Some(Verb::Redirect { url, method }) => redirect(switchboard, now, sid, &url, method),
        Some(verb) => {
            if !playback::begin(switchboard, now, sid, DocumentRole::Announcement, &verb) {
                let why = "a <Play> without a usable URL";
                failed(switchboard, now, sid, 11100, why);
            }
        }
        None => {
            send_end_event(switchboard, now, sid);
            over(switchboard, now, sid, true);
        }
    }
}

fn redirect(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    url: &str,
    method: confab_terms::Method,
) {
    let current = switchboard.calls.get_mut(sid);
    let Some(current) = current.and_then(|c| c.announcing.current.as_mut()) else {
        return;
    };
    let began = current.running.began;
    let too_often = current.redirects.too_often(now.instant, began);
    let to = resolve(&current.running.base, url, method);
    match to {
        Some(to) if !too_often => request_own(switchboard, sid, &to),
        _ => {
            let message = format!("<Redirect> to {url:?}: no http or https URL, or too many");
            document_failed(
                switchboard,
                now,
                sid,
                DocumentRole::Announcement,
                DocumentError::of(11215, message),
            );
        }
    }
}

/// Sends the failure event and begins the next announcement. The notice was sent before.
pub(super) fn failed(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    code: u32,
    message: &str,
) {
    cancel_pending(switchboard, sid, DocumentRole::Announcement);
    let reason = format!("{code} {message}");
    match current(switchboard, sid) {
        Some((
            _,
            Queued {
                shared: Some(number),
                ..
            },
        )) => {
            conference_announcement::send_failure_event(switchboard, now, number, &reason);
        }
        Some((conference, what)) => {
            let effects = switchboard.rooms.get(conference).map(|room| {
                let rules = &room.conference;
                rules.announcement_failed(Some(sid), &what.from.url, &reason)
            });
            calls::execute_effects(switchboard, now, conference, effects.unwrap_or_default());
        }
        None => {}
    }
    over(switchboard, now, sid, false);
}

fn send_end_event(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    if let Some((conference, what)) = current(switchboard, sid)
        && what.shared.is_none()
    {
        let effects = switchboard.rooms.get(conference).map(|room| {
            room.conference
                .announcement_ended(Some(sid), &what.from.url)
        });
        calls::execute_effects(switchboard, now, conference, effects.unwrap_or_default());
    }
}

fn current(switchboard: &Switchboard, sid: CallSid) -> Option<(ConferenceSid, Queued)> {
    let call = switchboard.calls.get(sid)?;
    let conference = call.seated_in()?;
    let current = call.announcing.current.as_ref()?;
    Some((conference, current.what.clone()))
}

/// Ends the current announcement, restores the room's level, and begins the next announcement.
fn over(switchboard: &mut Switchboard, now: Now, sid: CallSid, heard: bool) {
    sound_refs::release(switchboard, sid, DocumentRole::Announcement);
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    let Some(current) = call.announcing.current.take() else {
        return;
    };
    let (leg, thread) = (call.leg, call.thread);
    switchboard.send(Output::Media {
        thread,
        command: Command::SetAnnouncement { leg, player: None },
    });
    conference_announcement::done(switchboard, now, current.what.shared, sid, heard);
    next_announcement(switchboard, now, sid);
}

/// Drops all announcements of a participant that leaves.
pub(crate) fn stop_announcements(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    cancel_pending(switchboard, sid, DocumentRole::Announcement);
    let Some(call) = switchboard.calls.get_mut(sid) else {
        return;
    };
    let announcing = core::mem::take(&mut call.announcing);
    let (leg, thread) = (call.leg, call.thread);
    if announcing.current.is_some() {
        switchboard.send(Output::Media {
            thread,
            command: Command::SetAnnouncement { leg, player: None },
        });
    }
    let current = announcing.current.map(|current| current.what);
    for what in current.into_iter().chain(announcing.queue) {
        conference_announcement::done(switchboard, now, what.shared, sid, false);
    }
}
