//! Announcements to one participant: one at a time, further ones queued. Announcements to a whole
//! conference are fetched once (`shared`).

use std::collections::VecDeque;

use confab_conference::{Announcement, Refusal as Rule, Url};
use confab_cxml::Verb;
use confab_media::Command;
use confab_terms::{CallSid, ConferenceSid, Now, limits};
use serde::{Deserialize, Serialize};

use super::ask::{ask, resolve};
use super::running::{Running, Step, forget_question, next_verb, running};
use super::shared::{self, Brought};
use super::step::{Fault, failed as program_failed, load, run, spoken};
use super::{hold, sound};
use crate::flow;
use crate::live::{Fetching, Redirects, Role};
use crate::tell::{self, fields};
use crate::{FetchKind, Output, Refusal, Switchboard};

/// Announcements of a participant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Announcing {
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
    pub(crate) running: Running,
    pub(crate) redirects: Redirects,
}

/// Returns an error if the queue of announcements is full. Checked before an update changes
/// anything.
pub(crate) fn announcement_slot(board: &Switchboard, sid: CallSid) -> Result<(), Refusal> {
    let queue = board.calls.get(sid).map(|call| &call.announcing.queue);
    match queue.map(VecDeque::len) {
        Some(waiting) if waiting >= limits::ANNOUNCEMENTS_MAX => {
            Err(Rule::TooManyAnnouncements(waiting).into())
        }
        _ => Ok(()),
    }
}

/// Queues the announcements of an effect, and begins each one whose listener has none playing.
pub(crate) fn announce(
    board: &mut Switchboard,
    now: Now,
    conference: ConferenceSid,
    announcements: Vec<Announcement>,
) {
    let to_all = announcements.iter().filter(|a| a.to_all);
    let listeners = to_all.clone().map(|a| a.to).collect();
    let from = to_all.map(|a| a.from.clone()).next();
    let shared = from.map(|from| shared::ask_for_all(board, conference, &from, listeners));
    for Announcement { to, from, to_all } in announcements {
        let shared = shared.filter(|_| to_all);
        let Some(call) = board.calls.get_mut(to) else {
            shared::done(board, now, shared, to, false);
            continue;
        };
        if call.announcing.queue.len() >= limits::ANNOUNCEMENTS_MAX {
            let message = "too many announcements wait already: this one is left out".to_owned();
            tell::notice_of_call(board, now, to, 20429, message, Some(&from));
            shared::done(board, now, shared, to, false);
            continue;
        }
        call.announcing.queue.push_back(Queued { from, shared });
        next_announcement(board, now, to);
    }
}

/// Begins the next queued announcement, unless one plays or the participant is not seated.
pub(crate) fn next_announcement(board: &mut Switchboard, now: Now, sid: CallSid) {
    let Some(call) = board.calls.get_mut(sid) else {
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
        running: Running::default(),
        redirects: Redirects::default(),
    });
    match what.shared {
        Some(number) => begin_shared(board, now, sid, number),
        None => ask_own(board, sid, &what.from),
    }
}

fn ask_own(board: &mut Switchboard, sid: CallSid, from: &Url) {
    let asked = fields::music(board, sid);
    let whose = Fetching::Program(sid, Role::Announcement);
    let fetch = ask(
        board,
        whose,
        FetchKind::DocumentOrAudio,
        from,
        asked.clone(),
    );
    if let Some(program) = running(board, sid, Role::Announcement) {
        program.asked = Some(from.clone());
        program.sent = asked;
        program.step = Step::Fetching(fetch);
    }
}

/// Plays the content fetched for the whole conference, now or after the fetch.
pub(super) fn begin_shared(board: &mut Switchboard, now: Now, sid: CallSid, number: u64) {
    match board.shared.brought(number) {
        Some(Brought::Asked | Brought::Decoding) => {
            if let Some(program) = running(board, sid, Role::Announcement) {
                program.step = Step::Shared;
            }
        }
        Some(Brought::Document { body, url }) => {
            load(board, now, sid, Role::Announcement, &body, url);
        }
        Some(Brought::Text(text)) => {
            let document = spoken(text);
            run(board, now, sid, Role::Announcement, document, String::new());
        }
        Some(Brought::Sound(sound)) => {
            sound::play_all(board, sid, Role::Announcement, sound);
        }
        Some(Brought::Failed) | None => over(board, now, sid, false),
    }
}

/// Executes the next verb, or ends the announcement.
pub(super) fn advance(board: &mut Switchboard, now: Now, sid: CallSid) {
    match next_verb(board, sid, Role::Announcement) {
        Some(Verb::Redirect { url, method }) => redirect(board, now, sid, &url, method),
        Some(verb) => {
            if !sound::begin(board, now, sid, Role::Announcement, &verb) {
                let why = "a <Play> without a usable URL";
                failed(board, now, sid, 11100, why);
            }
        }
        None => {
            tell_end(board, now, sid);
            over(board, now, sid, true);
        }
    }
}

fn redirect(
    board: &mut Switchboard,
    now: Now,
    sid: CallSid,
    url: &str,
    method: confab_terms::Method,
) {
    let current = board.calls.get_mut(sid);
    let Some(current) = current.and_then(|c| c.announcing.current.as_mut()) else {
        return;
    };
    let began = current.running.began;
    let too_often = current.redirects.too_often(now.instant, began);
    let to = resolve(&current.running.base, url, method);
    match to {
        Some(to) if !too_often => ask_own(board, sid, &to),
        _ => {
            let message = format!("<Redirect> to {url:?}: no http or https URL, or too many");
            program_failed(
                board,
                now,
                sid,
                Role::Announcement,
                Fault::of(11215, message),
            );
        }
    }
}

/// Sends the failure event and begins the next announcement. The notice was sent before.
pub(super) fn failed(board: &mut Switchboard, now: Now, sid: CallSid, code: u32, message: &str) {
    forget_question(board, sid, Role::Announcement);
    let reason = format!("{code} {message}");
    match current(board, sid) {
        Some((
            _,
            Queued {
                shared: Some(number),
                ..
            },
        )) => {
            shared::tell_failed(board, now, number, &reason);
        }
        Some((conference, what)) => {
            let effects = board.rooms.get(conference).map(|room| {
                let rules = &room.conference;
                rules.announcement_failed(Some(sid), &what.from.url, &reason)
            });
            flow::carry_out(board, now, conference, effects.unwrap_or_default());
        }
        None => {}
    }
    over(board, now, sid, false);
}

fn tell_end(board: &mut Switchboard, now: Now, sid: CallSid) {
    if let Some((conference, what)) = current(board, sid)
        && what.shared.is_none()
    {
        let effects = board.rooms.get(conference).map(|room| {
            room.conference
                .announcement_ended(Some(sid), &what.from.url)
        });
        flow::carry_out(board, now, conference, effects.unwrap_or_default());
    }
}

fn current(board: &Switchboard, sid: CallSid) -> Option<(ConferenceSid, Queued)> {
    let call = board.calls.get(sid)?;
    let conference = call.seated_in()?;
    let current = call.announcing.current.as_ref()?;
    Some((conference, current.what.clone()))
}

/// Ends the current announcement, restores the room's level, and begins the next announcement.
fn over(board: &mut Switchboard, now: Now, sid: CallSid, heard: bool) {
    hold::release(board, sid, Role::Announcement);
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    let Some(current) = call.announcing.current.take() else {
        return;
    };
    let (leg, thread) = (call.leg, call.thread);
    board.send(Output::Media {
        thread,
        command: Command::SetAnnouncement { leg, player: None },
    });
    shared::done(board, now, current.what.shared, sid, heard);
    next_announcement(board, now, sid);
}

/// Drops all announcements of a participant that leaves.
pub(crate) fn stop_announcements(board: &mut Switchboard, now: Now, sid: CallSid) {
    forget_question(board, sid, Role::Announcement);
    let Some(call) = board.calls.get_mut(sid) else {
        return;
    };
    let announcing = core::mem::take(&mut call.announcing);
    let (leg, thread) = (call.leg, call.thread);
    if announcing.current.is_some() {
        board.send(Output::Media {
            thread,
            command: Command::SetAnnouncement { leg, player: None },
        });
    }
    let current = announcing.current.map(|current| current.what);
    for what in current.into_iter().chain(announcing.queue) {
        shared::done(board, now, what.shared, sid, false);
    }
}
