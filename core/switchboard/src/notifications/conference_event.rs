//! Webhooks of a conference: requested events only, in order, numbered without gaps. conference-end
//! waits for the file of the recording, whose size is a field.

use confab_conference::{Event, EventKind, ParticipantState, Url};
use confab_terms::{AccountSid, ConferenceSid, Method, Now, RecordingSid, WallTime, limits};

use super::callback_to;
use super::fields::{self, Fields};
use super::recording::recording_url;
use super::vendor_words;
use crate::state::{PendingConferenceEnd, RecordingFile, Timer};
use crate::{About, Output, RowChange, Switchboard};

pub(crate) fn event(switchboard: &mut Switchboard, now: Now, sid: ConferenceSid, event: &Event) {
    let Some(room) = switchboard.rooms.get_mut(sid) else {
        return;
    };
    let rules = &mut room.conference;
    let wanted = rules.wants(&event.kind);
    let callback = rules.callback().filter(|_| wanted).map(|c| c.to.clone());
    let is_end = matches!(event.kind, EventKind::End { .. });
    let also = rules.event_callback_url().filter(|_| is_end);
    let also = also.map(str::to_owned);
    if callback.is_none() && also.is_none() {
        return;
    }
    // An event has one number for all its receivers.
    let sequence = rules.next_sequence();
    let recording = room.recording.filter(|_| is_end);
    let file = room.file.filter(|file| Some(file.sid) == recording);
    let fields = fields_of(switchboard, now, sid, sequence, event);
    let also = also.map(|url| Url {
        url,
        method: Method::Post,
    });
    let pending = PendingConferenceEnd {
        conference: sid,
        to: callback.into_iter().chain(also).collect(),
        fields,
    };
    let unwritten = recording.filter(|recording| switchboard.recordings.get(*recording).is_some());
    let Some(recording) = unwritten else {
        return send(switchboard, pending, file);
    };
    // conference-end is the last event of a conference, so no other event is delayed.
    match switchboard
        .conference_ends
        .insert(recording, pending.clone())
    {
        Some(pending) => send(switchboard, pending, file),
        None => {
            let timer = Timer::ConferenceEndFile(recording);
            switchboard
                .timers
                .set(timer, now.instant + limits::RECORD_WRITTEN_WAIT);
            super::conference_end_row(switchboard, now, &pending);
        }
    }
}

/// Sends the conference-end that waited for this recording. `None`: no file exists, or the wait
/// timed out.
pub(crate) fn send_conference_end(
    switchboard: &mut Switchboard,
    now: Now,
    recording: RecordingSid,
    file: Option<RecordingFile>,
) {
    switchboard
        .timers
        .cancel(Timer::ConferenceEndFile(recording));
    if let Some(pending) = switchboard.conference_ends.take(recording) {
        let change = RowChange::ConferenceClosed(pending.conference);
        send(switchboard, pending, file);
        switchboard.send(Output::Row { at: now, change });
    }
}

fn send(switchboard: &mut Switchboard, pending: PendingConferenceEnd, file: Option<RecordingFile>) {
    let PendingConferenceEnd {
        conference,
        to,
        mut fields,
    } = pending;
    if let Some(file) = file {
        let url = recording_url(switchboard, file.sid);
        fields.extend(file_fields(url, file.bytes));
    }
    for to in to {
        callback_to(
            switchboard,
            About::Conference(conference),
            &to,
            fields.clone(),
        );
    }
}

/// Returns the fields of conference-end about the file of the recording.
pub(crate) fn file_fields(url: String, bytes: u64) -> [(String, String); 2] {
    [
        ("RecordingUrl".to_owned(), url),
        ("RecordingFileSize".to_owned(), bytes.to_string()),
    ]
}

fn fields_of(
    switchboard: &Switchboard,
    now: Now,
    sid: ConferenceSid,
    sequence: u64,
    event: &Event,
) -> Fields {
    let Some(room) = switchboard.rooms.get(sid) else {
        return Fields::new();
    };
    let participant = event.participant.as_deref();
    let call = participant.and_then(|p| switchboard.calls.get(p.call));
    let about = EventFields {
        account: switchboard.config.account,
        conference: sid,
        friendly_name: room.conference.friendly_name(),
        sequence,
        at: now.wall,
        seconds: room.seconds(now),
        call: call.map(fields::CallFacts::of_call),
    };
    about.of(event)
}

/// Context of a conference event, as the source of its fields.
pub(crate) struct EventFields<'a> {
    pub(crate) account: AccountSid,
    pub(crate) conference: ConferenceSid,
    pub(crate) friendly_name: &'a str,
    pub(crate) sequence: u64,
    pub(crate) at: WallTime,
    /// Duration of the conference.
    pub(crate) seconds: i64,
    /// Call of the participant.
    pub(crate) call: Option<fields::CallFacts<'a>>,
}

impl EventFields<'_> {
    /// Returns the fields of an event.
    pub(crate) fn of(&self, event: &Event) -> Fields {
        let mut fields = vec![];
        let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
        add("AccountSid", self.account.to_string());
        add("ConferenceSid", self.conference.to_string());
        add("FriendlyName", self.friendly_name.to_owned());
        add("SequenceNumber", self.sequence.to_string());
        add("Timestamp", self.at.to_string());
        add("StatusCallbackEvent", event.kind.name().to_owned());
        add("EventName", event.kind.name().to_owned());
        if let Some(participant) = &event.participant {
            for (name, value) in self.call.iter().flat_map(fields::CallFacts::fields) {
                add(&name, value);
            }
            of_participant(participant, &mut add);
        }
        match &event.kind {
            EventKind::End { .. } => self.end(&event.kind, &mut add),
            EventKind::Leave(reason) => {
                if let Some(call) = &self.call {
                    let status = vendor_words::call_status(call.status);
                    add("ParticipantCallStatus", status.to_owned());
                }
                add(
                    "ReasonParticipantLeft",
                    vendor_words::leave_reason(*reason).to_owned(),
                );
            }
            EventKind::AnnouncementEnd { url } => add("AnnounceUrl", url.clone()),
            EventKind::AnnouncementFail { url, reason } => {
                add("AnnounceUrl", url.clone());
                add("ReasonAnnouncementFailed", reason.clone());
            }
            _ => {}
        }
        fields
    }

    fn end(&self, kind: &EventKind, add: &mut impl FnMut(&str, String)) {
        let EventKind::End {
            reason,
            call,
            label,
        } = kind
        else {
            return;
        };
        if let Some(call) = call {
            add("CallSidEndingConference", call.to_string());
        }
        if let Some(label) = label {
            add("ParticipantLabelEndingConference", label.clone());
        }
        let (word, text) = vendor_words::end_reason(*reason);
        add("ReasonConferenceEnded", word.to_owned());
        add("Reason", text.to_owned());
        add("Duration", self.seconds.to_string());
    }
}

fn of_participant(participant: &ParticipantState, add: &mut impl FnMut(&str, String)) {
    add("Muted", participant.muted.to_string());
    add("Hold", participant.hold.to_string());
    add("Coaching", participant.coaching.to_string());
    let ends = participant.end_conference_on_exit.to_string();
    add("EndConferenceOnExit", ends);
    let starts = participant.start_conference_on_enter.to_string();
    add("StartConferenceOnEnter", starts);
    if let Some(label) = &participant.label {
        add("ParticipantLabel", label.clone());
    }
}
