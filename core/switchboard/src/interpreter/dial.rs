//! `<Dial><Conference>`: conversion of the verb into settings, join, and the action request after
//! the leave.

use confab_conference::{BeepWish, Callback, EventWord, Music, Refusal, Settings, Url};
use confab_conference::{RecordWish, RecordingCallback, RecordingEvent};
use confab_cxml::{Beep, ConferenceNoun, Dial, EventWord as Word};
use confab_cxml::{Recording, RecordingEvent as Told};
use confab_terms::{CallSid, Method, Now};

use super::document::{self, request_document, set_step};
use super::execution::{PendingOperation, cancel_pending, running};
use super::fetched::{DocumentError, notice};
use super::http_request::{resolve, send_final_request};
use crate::calls::{self, NotJoined};
use crate::notifications::{self, fields};
use crate::state::{DialSettings, DocumentRole, Seat};
use crate::{NewRecording, Switchboard};

/// Outcome of a `<Dial>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DialOutcome {
    /// The call was in the conference for this time, waiting included.
    Answered { seconds: u64 },
    /// The call could not join.
    Failed,
}

/// Begins a `<Dial>`. Returns true if the join failed without an action URL; the caller then
/// executes the next verb.
pub(super) fn begin(switchboard: &mut Switchboard, now: Now, sid: CallSid, dial: &Dial) -> bool {
    let Some(execution) = running(switchboard, sid, DocumentRole::Document) else {
        return false;
    };
    let base = execution.base.clone();
    let action = dial.action.as_deref();
    let action = action.and_then(|url| absolute(switchboard, now, sid, &base, url, dial.method));
    let wish = DialSettings {
        action,
        time_limit: Some(dial.time_limit),
        hangup_on_star: dial.hangup_on_star,
        record: dial
            .record
            .as_ref()
            .map(|written| recording(switchboard, now, sid, &base, written)),
        recording: None,
    };
    let joined = match &dial.conference {
        Some(noun) => join(switchboard, now, sid, &base, noun, wish.clone()),
        None => Err(DocumentError::of(
            13227,
            "<Dial> names nothing that can be dialled: <Conference> would do".to_owned(),
        )),
    };
    match joined {
        Ok(()) => false,
        Err(fault) => {
            notice(switchboard, now, sid, DocumentRole::Document, fault);
            !request_action(switchboard, now, sid, &wish, DialOutcome::Failed)
        }
    }
}

fn join(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    base: &str,
    noun: &ConferenceNoun,
    wish: DialSettings,
) -> Result<(), DocumentError> {
    let named = switchboard.config.customs.check_name(&noun.name);
    named.map_err(|e| DocumentError::of(10000, e.to_string()))?;
    let settings = settings(switchboard, now, sid, base, noun)?;
    calls::join(switchboard, now, sid, &noun.name, settings, wish)
        .map_err(|why| fault_of(&as_written(why, noun)))?;
    set_step(switchboard, sid, PendingOperation::Dialled);
    if switchboard
        .calls
        .get(sid)
        .is_some_and(crate::state::Call::is_up)
    {
        calls::take_seat(switchboard, now, sid).map_err(|why| {
            if let Some(call) = switchboard.calls.get_mut(sid) {
                call.seat = None;
            }
            fault_of(&why)
        })
    } else {
        calls::open_leg(switchboard, now, sid);
        Ok(())
    }
}

/// Handles an expected call for which no seat was free at the answer.
pub(super) fn not_seated(switchboard: &mut Switchboard, now: Now, sid: CallSid, why: &NotJoined) {
    notice(switchboard, now, sid, DocumentRole::Document, fault_of(why));
    let wish = switchboard.calls.get_mut(sid).and_then(|c| c.seat.take());
    let wish = wish.map(|seat| seat.dial).unwrap_or_default();
    if !request_action(switchboard, now, sid, &wish, DialOutcome::Failed) {
        document::advance(switchboard, now, sid);
    }
}

/// Continues after the leave: requests the action URL, or executes the next verb without an action
/// URL.
pub(crate) fn dial_ended(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    seat: &Seat,
    outcome: DialOutcome,
) {
    cancel_pending(switchboard, sid, DocumentRole::Document);
    if !request_action(switchboard, now, sid, &seat.dial, outcome) {
        document::advance(switchboard, now, sid);
    }
}

fn request_action(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    wish: &DialSettings,
    outcome: DialOutcome,
) -> bool {
    let Some(action) = &wish.action else {
        return false;
    };
    let asked = action_fields(switchboard, sid, wish, outcome);
    request_document(switchboard, now, sid, action, asked);
    true
}

fn action_fields(
    switchboard: &Switchboard,
    sid: CallSid,
    wish: &DialSettings,
    outcome: DialOutcome,
) -> Vec<(String, String)> {
    let mut fields = fields::action(switchboard, sid, outcome);
    if let Some(recording) = wish.recording {
        let url = notifications::recording_url(switchboard, recording);
        fields.push(("RecordingUrl".to_owned(), url));
    }
    fields
}

/// Requests the action URL of a call that left its conference by its end. The response is not
/// executed.
pub(crate) fn request_final_action(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    seat: &Seat,
) {
    if seat.since.is_none() {
        return;
    }
    if let Some(action) = &seat.dial.action {
        let outcome = DialOutcome::left(now, seat);
        let asked = action_fields(switchboard, sid, &seat.dial, outcome);
        let cookies = switchboard.calls.get(sid).map(|call| call.cookies.clone());
        send_final_request(switchboard, action, asked, cookies.unwrap_or_default());
    }
}

/// Restores the spelling of the document in a refusal.
fn as_written(why: NotJoined, noun: &ConferenceNoun) -> NotJoined {
    match (why, &noun.coach) {
        (NotJoined::Refused(Refusal::NoSuchTarget(_)), Some(coach)) => {
            NotJoined::Refused(Refusal::NoSuchTarget(coach.clone()))
        }
        (why, _) => why,
    }
}

fn fault_of(why: &NotJoined) -> DocumentError {
    match why {
        NotJoined::Refused(refusal) => {
            let code = match refusal {
                Refusal::NoSuchTarget(_) | Refusal::TargetIsSelf(_) | Refusal::TargetOnHold(_) => {
                    13240
                }
                _ => 10000,
            };
            DocumentError::of(code, refusal.to_string())
        }
        NotJoined::TooMany => DocumentError::of(20429, "too many conferences at once".to_owned()),
    }
}

/// Converts the noun into settings. An invalid URL is omitted and reported.
fn settings(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    base: &str,
    noun: &ConferenceNoun,
) -> Result<Settings, DocumentError> {
    let coach =
        match &noun.coach {
            None => None,
            Some(coach) => Some(coach.parse::<CallSid>().map_err(|_| {
                fault_of(&NotJoined::Refused(Refusal::NoSuchTarget(coach.clone())))
            })?),
        };
    let wait = match noun.wait_url.as_deref() {
        None => Music::BuiltIn,
        Some("") => Music::Silence,
        Some(url) => match absolute(switchboard, now, sid, base, url, noun.wait_method) {
            Some(url) => Music::From(url),
            None => Music::BuiltIn,
        },
    };
    let callback = noun.status_callback.as_deref();
    let callback = callback.and_then(|url| {
        absolute(
            switchboard,
            now,
            sid,
            base,
            url,
            noun.status_callback_method,
        )
    });
    let at_end = noun.event_callback_url.as_deref();
    let at_end = at_end.and_then(|url| absolute(switchboard, now, sid, base, url, Method::Post));
    Ok(Settings {
        muted: noun.muted,
        beep: noun.beep.map_or(BeepWish::Both, beep),
        beep_is_explicit: noun.beep.is_some(),
        coach,
        start_conference_on_enter: noun.start_conference_on_enter,
        end_conference_on_exit: noun.end_conference_on_exit,
        max_participants: noun.max_participants,
        wait,
        label: noun.participant_label.clone(),
        status_callback: callback.map(|to| Callback {
            to,
            events: noun.status_callback_events.iter().map(word).collect(),
        }),
        event_callback_url: at_end.map(|url| url.url),
        record: noun
            .record
            .as_ref()
            .map(|written| recording(switchboard, now, sid, base, written).wish),
    })
}

pub(super) fn recording(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    base: &str,
    written: &Recording,
) -> NewRecording {
    let to = written.status_callback.as_deref();
    let to = to.and_then(|url| {
        absolute(
            switchboard,
            now,
            sid,
            base,
            url,
            written.status_callback_method,
        )
    });
    let events = written.status_callback_events.iter();
    let events = events.map(|event| match event {
        Told::InProgress => RecordingEvent::InProgress,
        Told::Completed => RecordingEvent::Completed,
        Told::Absent => RecordingEvent::Absent,
    });
    NewRecording {
        dual: written.dual,
        track: written.track,
        wish: RecordWish {
            trim: written.trim,
            callback: to.map(|to| RecordingCallback::new(to, events.collect())),
        },
    }
}

pub(super) fn absolute(
    switchboard: &mut Switchboard,
    now: Now,
    sid: CallSid,
    base: &str,
    written: &str,
    method: Method,
) -> Option<Url> {
    let url = resolve(base, written, method);
    if url.is_none() {
        let message = format!("{written:?} is no http or https URL: it is left out");
        notice(
            switchboard,
            now,
            sid,
            DocumentRole::Document,
            DocumentError::of(11100, message),
        );
    }
    url
}

fn beep(beep: Beep) -> BeepWish {
    match beep {
        Beep::Both => BeepWish::Both,
        Beep::Never => BeepWish::Never,
        Beep::OnEnter => BeepWish::OnEnter,
        Beep::OnExit => BeepWish::OnExit,
    }
}

fn word(word: &Word) -> EventWord {
    match word {
        Word::Start => EventWord::Start,
        Word::End => EventWord::End,
        Word::Join => EventWord::Join,
        Word::Leave => EventWord::Leave,
        Word::Mute => EventWord::Mute,
        Word::Hold => EventWord::Hold,
        Word::Modify => EventWord::Modify,
        Word::Speaker => EventWord::Speaker,
        Word::Announcement => EventWord::Announcement,
    }
}
