//! Announcements to a whole conference: fetched and decoded once, played to each participant from
//! that participant's queue, reported to the application once.

use std::collections::{BTreeMap, BTreeSet};

use confab_conference::Url;
use confab_terms::{CallSid, ConferenceSid, DecodeId, Now, SoundId};
use serde::{Deserialize, Serialize};

use super::announcement::begin_shared;
use super::execution::{PendingOperation, running};
use super::fetched::DocumentError;
use super::http_request::send_request;
use super::sound_refs;
use crate::calls;
use crate::notifications::{self, fields};
use crate::state::{DecodeOwner, DocumentRole, FetchOwner};
use crate::{DecodeError, FetchError, FetchKind, Fetched, Notice, Output, Switchboard};

/// Announcements to whole conferences, indexed by number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct ConferenceAnnouncements {
    by_number: BTreeMap<u64, ConferenceAnnouncement>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ConferenceAnnouncement {
    conference: ConferenceSid,
    from: Url,
    content: SharedContent,
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
pub(crate) enum SharedContent {
    Requested,
    Loading,
    Document { body: Vec<u8>, url: String },
    Text(String),
    Sound(SoundId),
    Failed,
}

impl ConferenceAnnouncements {
    pub(crate) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(crate) fn content(&self, number: u64) -> Option<SharedContent> {
        Some(self.by_number.get(&number)?.content.clone())
    }
}

/// Sends one request for all listeners. Returns the number of the announcement.
pub(super) fn request_for_all(
    switchboard: &mut Switchboard,
    conference: ConferenceSid,
    from: &Url,
    listeners: BTreeSet<CallSid>,
) -> u64 {
    let number = switchboard.ids.count();
    let announcement = ConferenceAnnouncement {
        conference,
        from: from.clone(),
        content: SharedContent::Requested,
        left: listeners,
        heard: false,
        failed: false,
        held: None,
    };
    switchboard
        .announcements
        .by_number
        .insert(number, announcement);
    let asked = fields::announcement(switchboard, conference);
    let whose = FetchOwner::Announcement(number);
    send_request(switchboard, whose, FetchKind::DocumentOrAudio, from, asked);
    number
}

pub(crate) fn fetched_for_all(
    switchboard: &mut Switchboard,
    now: Now,
    number: u64,
    result: Result<Fetched, FetchError>,
) {
    match result {
        Ok(Fetched::Document { body, url }) => {
            store_content(
                switchboard,
                now,
                number,
                SharedContent::Document { body, url },
            );
        }
        Ok(Fetched::Text(text)) => {
            store_content(switchboard, now, number, SharedContent::Text(text));
        }
        Ok(Fetched::Audio { audio }) => {
            let decode = switchboard.ids.decode();
            let Some(announcement) = switchboard.announcements.by_number.get_mut(&number) else {
                return switchboard.send(Output::DropAudio { audio });
            };
            announcement.content = SharedContent::Loading;
            announcement.held = Some(decode);
            switchboard
                .requests
                .decodes
                .insert(decode, DecodeOwner::Announcement(number));
            switchboard.send(Output::Decode {
                decode,
                audio,
                call: None,
            });
        }
        Err(error) => failed(switchboard, now, number, DocumentError::from(error)),
    }
}

pub(crate) fn decoded_for_all(
    switchboard: &mut Switchboard,
    now: Now,
    number: u64,
    result: Result<SoundId, DecodeError>,
) {
    match result {
        Ok(sound) => store_content(switchboard, now, number, SharedContent::Sound(sound)),
        Err(error) => failed(
            switchboard,
            now,
            number,
            DocumentError::of(error.code, error.message),
        ),
    }
}

/// Stores the content and continues the announcements that wait for the content.
fn store_content(switchboard: &mut Switchboard, now: Now, number: u64, content: SharedContent) {
    let Some(announcement) = switchboard.announcements.by_number.get_mut(&number) else {
        return;
    };
    announcement.content = content;
    let left = announcement.left.clone();
    for call in left {
        let current = switchboard.calls.get(call);
        let current = current.and_then(|c| c.announcing.current.as_ref());
        let is_this = current.is_some_and(|current| current.what.shared == Some(number));
        let waits = running(switchboard, call, DocumentRole::Announcement)
            .is_some_and(|execution| matches!(execution.pending, PendingOperation::Shared));
        if is_this && waits {
            begin_shared(switchboard, now, call, number);
        }
    }
}

fn failed(switchboard: &mut Switchboard, now: Now, number: u64, fault: DocumentError) {
    let Some(announcement) = switchboard.announcements.by_number.get(&number) else {
        return;
    };
    let (conference, from) = (announcement.conference, announcement.from.clone());
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
    notifications::notice(switchboard, notice);
    send_failure_event(switchboard, now, number, &reason);
    store_content(switchboard, now, number, SharedContent::Failed);
}

/// Sends the failure event once for all listeners.
pub(super) fn send_failure_event(
    switchboard: &mut Switchboard,
    now: Now,
    number: u64,
    reason: &str,
) {
    let Some(announcement) = switchboard.announcements.by_number.get_mut(&number) else {
        return;
    };
    if core::mem::replace(&mut announcement.failed, true) {
        return;
    }
    let (conference, url) = (announcement.conference, announcement.from.url.clone());
    let effects = switchboard.rooms.get(conference).map(|room| {
        let rules = &room.conference;
        rules.announcement_failed(None, &url, reason)
    });
    calls::execute_effects(switchboard, now, conference, effects.unwrap_or_default());
}

/// Removes a listener that heard the announcement, failed or left. The last listener ends the
/// announcement, with an end event if any listener heard the announcement.
pub(super) fn done(
    switchboard: &mut Switchboard,
    now: Now,
    number: Option<u64>,
    call: CallSid,
    heard: bool,
) {
    let Some(number) = number else {
        return;
    };
    let Some(announcement) = switchboard.announcements.by_number.get_mut(&number) else {
        return;
    };
    announcement.left.remove(&call);
    announcement.heard |= heard;
    if !announcement.left.is_empty() {
        return;
    }
    let (conference, url, was_heard) = (
        announcement.conference,
        announcement.from.url.clone(),
        announcement.heard,
    );
    remove(switchboard, number);
    if was_heard {
        let effects = switchboard
            .rooms
            .get(conference)
            .map(|room| room.conference.announcement_ended(None, &url));
        calls::execute_effects(switchboard, now, conference, effects.unwrap_or_default());
    }
}

/// Removes an announcement with its pending requests.
fn remove(switchboard: &mut Switchboard, number: u64) {
    let removed = switchboard.announcements.by_number.remove(&number);
    if let Some(decode) = removed.and_then(|announcement| announcement.held) {
        switchboard.requests.decodes.remove(&decode);
        switchboard.send(Output::ReleaseSound { decode });
    }
    let fetches = switchboard.requests.fetches.iter();
    let mut own = fetches.filter(|(_, whose)| **whose == FetchOwner::Announcement(number));
    if let Some(fetch) = own.next().map(|(fetch, _)| *fetch) {
        sound_refs::cancel(switchboard, fetch);
    }
}
