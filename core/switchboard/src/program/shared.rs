//! Announcements to a whole conference: fetched and decoded once, played to each participant from
//! that participant's queue, reported to the application once.

use std::collections::{BTreeMap, BTreeSet};

use confab_conference::Url;
use confab_terms::{CallSid, ConferenceSid, DecodeId, Now, SoundId};
use serde::{Deserialize, Serialize};

use super::announcement::begin_shared;
use super::ask::ask;
use super::hold;
use super::running::{Step, running};
use super::step::Fault;
use crate::flow;
use crate::live::{Decoding, Fetching, Role};
use crate::tell::{self, fields};
use crate::{DecodeError, FetchError, FetchKind, Fetched, Notice, Output, Switchboard};

/// Announcements to whole conferences, indexed by number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shared {
    by_number: BTreeMap<u64, ToAll>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ToAll {
    conference: ConferenceSid,
    from: Url,
    brought: Brought,
    /// Participants that have not heard the announcement.
    left: BTreeSet<CallSid>,
    /// True if a participant heard the announcement to its end.
    heard: bool,
    /// True if the failure event was sent.
    failed: bool,
    /// Decoding whose sound is referenced.
    held: Option<DecodeId>,
}

/// State of the announcement's content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Brought {
    Asked,
    Decoding,
    Document { body: Vec<u8>, url: String },
    Text(String),
    Sound(SoundId),
    Failed,
}

impl Shared {
    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(crate) fn brought(&self, number: u64) -> Option<Brought> {
        Some(self.by_number.get(&number)?.brought.clone())
    }
}

/// Sends one request for all listeners. Returns the number of the announcement.
pub(super) fn ask_for_all(
    board: &mut Switchboard,
    conference: ConferenceSid,
    from: &Url,
    listeners: BTreeSet<CallSid>,
) -> u64 {
    let number = board.names.count();
    let to_all = ToAll {
        conference,
        from: from.clone(),
        brought: Brought::Asked,
        left: listeners,
        heard: false,
        failed: false,
        held: None,
    };
    board.shared.by_number.insert(number, to_all);
    let asked = fields::to_all(board, conference);
    let whose = Fetching::ToAll(number);
    ask(board, whose, FetchKind::DocumentOrAudio, from, asked);
    number
}

pub(crate) fn fetched_for_all(
    board: &mut Switchboard,
    now: Now,
    number: u64,
    result: Result<Fetched, FetchError>,
) {
    match result {
        Ok(Fetched::Document { body, url }) => {
            bring(board, now, number, Brought::Document { body, url });
        }
        Ok(Fetched::Text(text)) => bring(board, now, number, Brought::Text(text)),
        Ok(Fetched::Audio { audio }) => {
            let decode = board.names.decode();
            let Some(to_all) = board.shared.by_number.get_mut(&number) else {
                return board.send(Output::DropAudio { audio });
            };
            to_all.brought = Brought::Decoding;
            to_all.held = Some(decode);
            board.asked.decodes.insert(decode, Decoding::ToAll(number));
            board.send(Output::Decode {
                decode,
                audio,
                call: None,
            });
        }
        Err(error) => failed(board, now, number, Fault::from(error)),
    }
}

pub(crate) fn decoded_for_all(
    board: &mut Switchboard,
    now: Now,
    number: u64,
    result: Result<SoundId, DecodeError>,
) {
    match result {
        Ok(sound) => bring(board, now, number, Brought::Sound(sound)),
        Err(error) => failed(board, now, number, Fault::of(error.code, error.message)),
    }
}

/// Stores the content and continues the announcements that wait for the content.
fn bring(board: &mut Switchboard, now: Now, number: u64, brought: Brought) {
    let Some(to_all) = board.shared.by_number.get_mut(&number) else {
        return;
    };
    to_all.brought = brought;
    let left = to_all.left.clone();
    for call in left {
        let current = board.calls.get(call);
        let current = current.and_then(|c| c.announcing.current.as_ref());
        let is_this = current.is_some_and(|current| current.what.shared == Some(number));
        let waits = running(board, call, Role::Announcement)
            .is_some_and(|program| matches!(program.step, Step::Shared));
        if is_this && waits {
            begin_shared(board, now, call, number);
        }
    }
}

fn failed(board: &mut Switchboard, now: Now, number: u64, fault: Fault) {
    let Some(to_all) = board.shared.by_number.get(&number) else {
        return;
    };
    let (conference, from) = (to_all.conference, to_all.from.clone());
    let reason = format!("{} {}", fault.code, fault.message);
    let notice = Notice {
        code: fault.code,
        severity: fault.severity,
        message: fault.message,
        at: now.wall,
        call: None,
        conference: Some(conference),
        url: Some(from.url.clone()),
        method: Some(from.method),
        exchange: fault.exchange,
    };
    tell::notice(board, notice);
    tell_failed(board, now, number, &reason);
    bring(board, now, number, Brought::Failed);
}

/// Sends the failure event once for all listeners.
pub(super) fn tell_failed(board: &mut Switchboard, now: Now, number: u64, reason: &str) {
    let Some(to_all) = board.shared.by_number.get_mut(&number) else {
        return;
    };
    if core::mem::replace(&mut to_all.failed, true) {
        return;
    }
    let (conference, url) = (to_all.conference, to_all.from.url.clone());
    let effects = board.rooms.get(conference).map(|room| {
        let rules = &room.conference;
        rules.announcement_failed(None, &url, reason)
    });
    flow::carry_out(board, now, conference, effects.unwrap_or_default());
}

/// Removes a listener that heard the announcement, failed or left. The last listener ends the
/// announcement, with an end event if any listener heard the announcement.
pub(super) fn done(
    board: &mut Switchboard,
    now: Now,
    number: Option<u64>,
    call: CallSid,
    heard: bool,
) {
    let Some(number) = number else {
        return;
    };
    let Some(to_all) = board.shared.by_number.get_mut(&number) else {
        return;
    };
    to_all.left.remove(&call);
    to_all.heard |= heard;
    if !to_all.left.is_empty() {
        return;
    }
    let (conference, url, was_heard) = (to_all.conference, to_all.from.url.clone(), to_all.heard);
    remove(board, number);
    if was_heard {
        let effects = board
            .rooms
            .get(conference)
            .map(|room| room.conference.announcement_ended(None, &url));
        flow::carry_out(board, now, conference, effects.unwrap_or_default());
    }
}

/// Removes an announcement with its pending requests.
fn remove(board: &mut Switchboard, number: u64) {
    let removed = board.shared.by_number.remove(&number);
    if let Some(decode) = removed.and_then(|to_all| to_all.held) {
        board.asked.decodes.remove(&decode);
        board.send(Output::ReleaseSound { decode });
    }
    let fetches = board.asked.fetches.iter();
    let mut own = fetches.filter(|(_, whose)| **whose == Fetching::ToAll(number));
    if let Some(fetch) = own.next().map(|(fetch, _)| *fetch) {
        hold::cancel(board, fetch);
    }
}
