//! Webhooks of a conference: only what was asked for, in order, numbered without a gap. The last
//! one, conference-end, waits for the file of the recording, so that its size is known.

use confab_conference::{Event, EventKind, Url};
use confab_terms::{ConferenceSid, Method, Now, RecordingSid, limits};

use super::callback_to;
use super::fields::{self, Fields};
use super::recording::recording_url;
use super::words;
use crate::live::{Ending, RecordingFile, Room, Timer};
use crate::{About, Switchboard};

pub(crate) fn event(board: &mut Switchboard, now: Now, sid: ConferenceSid, event: &Event) {
    let Some(room) = board.rooms.get_mut(sid) else {
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
    // One event is one number, however many are told of it.
    let sequence = rules.next_sequence();
    let recording = room.recording.filter(|_| is_end);
    let file = room.file.filter(|file| Some(file.sid) == recording);
    let fields = fields_of(board, now, sid, sequence, event);
    let also = also.map(|url| Url {
        url,
        method: Method::Post,
    });
    let ending = Ending {
        conference: sid,
        to: callback.into_iter().chain(also).collect(),
        fields,
    };
    let unwritten = recording.filter(|recording| board.recordings.get(*recording).is_some());
    let Some(recording) = unwritten else {
        return send(board, ending, file);
    };
    // conference-end is the last event of a conference: no other one waits behind it.
    match board.endings.insert(recording, ending) {
        Some(ending) => send(board, ending, file),
        None => {
            let timer = Timer::Ended(recording);
            board
                .timers
                .set(timer, now.instant + limits::RECORD_WRITTEN_WAIT);
        }
    }
}

/// Sends the conference-end that waited for this recording; `None`: it has no file, or none yet.
pub(crate) fn end_recorded(
    board: &mut Switchboard,
    recording: RecordingSid,
    file: Option<RecordingFile>,
) {
    board.timers.cancel(Timer::Ended(recording));
    if let Some(ending) = board.endings.take(recording) {
        send(board, ending, file);
    }
}

fn send(board: &mut Switchboard, ending: Ending, file: Option<RecordingFile>) {
    let Ending {
        conference,
        to,
        mut fields,
    } = ending;
    if let Some(file) = file {
        let url = recording_url(board, file.sid);
        fields.push(("RecordingUrl".to_owned(), url));
        fields.push(("RecordingFileSize".to_owned(), file.bytes.to_string()));
    }
    for to in to {
        callback_to(board, About::Conference(conference), &to, fields.clone());
    }
}

fn fields_of(
    board: &Switchboard,
    now: Now,
    sid: ConferenceSid,
    sequence: u64,
    event: &Event,
) -> Fields {
    let mut fields = vec![];
    let Some(room) = board.rooms.get(sid) else {
        return fields;
    };
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    add("AccountSid", board.config.account.to_string());
    add("ConferenceSid", sid.to_string());
    add("FriendlyName", room.conference.friendly_name().to_owned());
    add("SequenceNumber", sequence.to_string());
    add("Timestamp", now.wall.to_string());
    add("StatusCallbackEvent", event.kind.name().to_owned());
    add("EventName", event.kind.name().to_owned());
    if let Some(participant) = &event.participant {
        if let Some(call) = board.calls.get(participant.call) {
            for (name, value) in fields::of_call(call) {
                add(&name, value);
            }
        }
        add("Muted", participant.muted.to_string());
        add("Hold", participant.hold.to_string());
        add("Coaching", participant.coaching.to_string());
        add(
            "EndConferenceOnExit",
            participant.end_conference_on_exit.to_string(),
        );
        add(
            "StartConferenceOnEnter",
            participant.start_conference_on_enter.to_string(),
        );
        if let Some(label) = &participant.label {
            add("ParticipantLabel", label.clone());
        }
    }
    match &event.kind {
        EventKind::End { .. } => end(room, now, &event.kind, &mut add),
        EventKind::Leave(reason) => {
            let call = event.participant.as_ref();
            let call = call.and_then(|p| board.calls.get(p.call));
            if let Some(call) = call {
                let status = words::call_status(call.status);
                add("ParticipantCallStatus", status.to_owned());
            }
            add(
                "ReasonParticipantLeft",
                words::leave_reason(*reason).to_owned(),
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

fn end(room: &Room, now: Now, kind: &EventKind, add: &mut impl FnMut(&str, String)) {
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
    let (word, text) = words::end_reason(*reason);
    add("ReasonConferenceEnded", word.to_owned());
    add("Reason", text.to_owned());
    add("Duration", room.seconds(now).to_string());
}
