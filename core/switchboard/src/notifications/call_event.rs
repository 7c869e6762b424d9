//! Status callbacks of a call: requested events only, numbered from 0 without gaps. The last
//! callback waits for the figures of the leg.

use confab_conference::Url;
use confab_media::LegFigures;
use confab_terms::{AccountSid, CallSid, LegId, Now, RecordingSid, WallTime, limits};

use super::callback_to;
use super::fields::{CallFacts, Fields};
use super::recording::recording_url;
use super::vendor_words;
use crate::CallEnd;
use crate::Switchboard;
use crate::state::{Call, CallRecording, CallState, EndedCall, Timer};
use crate::{About, CallAudio, CallDirection, CallEvent, News, Output, RowChange};

/// Logs a new call and sends the `initiated` event.
pub(crate) fn call_created(switchboard: &mut Switchboard, now: Now, sid: CallSid) {
    if let Some(call) = switchboard.calls.get(sid) {
        let began = News::CallBegan {
            call: sid,
            from: call.invite.from.clone(),
            to: call.invite.to.clone(),
            source: call.invite.source,
        };
        switchboard.send(Output::News(began));
    }
    call_event(switchboard, now, sid, CallEvent::Initiated);
}

/// Sends an event of a live call, if requested.
pub(crate) fn call_event(switchboard: &mut Switchboard, now: Now, sid: CallSid, event: CallEvent) {
    let Some((to, number)) = switchboard
        .calls
        .get_mut(sid)
        .and_then(|call| call.tells(event))
    else {
        return;
    };
    let Some(call) = switchboard.calls.get(sid) else {
        return;
    };
    let mut fields = fields_of(switchboard, now, call, number, event);
    fields.extend(of_figures(&LegFigures::default()));
    callback_to(switchboard, About::Call(sid), &to, fields);
}

/// Sends the last callback and the measured state of an ended call, or defers both until the
/// figures of the leg arrive. Returns true if a callback is deferred.
pub(crate) fn call_ended(
    switchboard: &mut Switchboard,
    now: Now,
    call: &mut Call,
    end: CallEnd,
) -> bool {
    let to = call.tells(CallEvent::Completed);
    let callback = to.map(|(to, number)| (to, last_fields(switchboard, now, call, number, end)));
    let ended = Box::new(EndedCall {
        view: call.view(switchboard.config.account),
        callback: callback.clone(),
    });
    let has_leg = !matches!(call.state, CallState::Ringing { .. });
    let waits = if has_leg {
        switchboard.ended_calls.insert(call.leg, ended)
    } else {
        Err(ended)
    };
    match waits {
        Ok(()) => {
            let timer = Timer::LegFigures(call.leg);
            switchboard
                .timers
                .set(timer, now.instant + limits::FIGURES_WAIT);
            if let Some((to, fields)) = &callback {
                super::ended_call_row(switchboard, now, call, to, fields);
            }
            callback.is_some()
        }
        Err(ended) => {
            send_last_callback(switchboard, *ended, None);
            false
        }
    }
}

/// Returns the fields of the last callback, without figures.
fn last_fields(
    switchboard: &Switchboard,
    now: Now,
    call: &Call,
    number: u64,
    end: CallEnd,
) -> Fields {
    let mut fields = fields_of(switchboard, now, call, number, CallEvent::Completed);
    fields.extend(end_fields(CallFacts::of_call(call), end, call.seconds()));
    fields.extend(recorded(switchboard, now, call));
    fields
}

/// Returns the fields that describe the end of a call.
pub(crate) fn end_fields(call: CallFacts<'_>, end: CallEnd, seconds: i64) -> Fields {
    let is_ours = call.direction != CallDirection::Inbound;
    let (they, we) = match is_ours {
        true => (call.to, call.from),
        false => (call.from, call.to),
    };
    let (by, direction) = match end {
        CallEnd::TheyHungUp | CallEnd::Cancelled => (they, "inbound"),
        CallEnd::Refused(_) if is_ours => (they, "inbound"),
        _ => (we, "outbound"),
    };
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        field("CallDuration", &seconds.to_string()),
        field("HangupBy", by),
        field("HangupDirection", direction),
    ]
}

/// Returns the fields of the recording requested by the call's creator. If the file is not
/// complete, the duration is the time since the beginning.
fn recorded(switchboard: &Switchboard, now: Now, call: &Call) -> Fields {
    let recorded = call.outgoing.as_ref().and_then(|ours| ours.recorded);
    let Some(CallRecording {
        sid,
        began,
        duration_ms,
    }) = recorded.filter(|recorded| recorded.duration_ms != Some(0))
    else {
        return Fields::new();
    };
    let taken = now.instant.saturating_since(began);
    let seconds = duration_ms.map_or(taken.as_secs(), |ms| ms / 1_000);
    recording_fields(recording_url(switchboard, sid), sid, seconds).into()
}

/// Returns the fields of a recording from the answer on.
pub(crate) fn recording_fields(
    url: String,
    sid: RecordingSid,
    seconds: u64,
) -> [(String, String); 3] {
    let field = |name: &str, value: String| (name.to_owned(), value);
    [
        field("RecordingUrl", url),
        field("RecordingSid", sid.to_string()),
        field("RecordingDuration", seconds.to_string()),
    ]
}

/// Handles the figures of an ended call's leg; `None` after the timeout.
pub(crate) fn figures_received(
    switchboard: &mut Switchboard,
    now: Now,
    leg: LegId,
    figures: Option<&LegFigures>,
) {
    switchboard.timers.cancel(Timer::LegFigures(leg));
    let Some(ended) = switchboard.ended_calls.take(leg) else {
        return;
    };
    let (call, waited) = (ended.view.sid, ended.callback.is_some());
    send_last_callback(switchboard, *ended, figures);
    if waited {
        let change = RowChange::CallClosed(call);
        switchboard.send(Output::Row { at: now, change });
    }
}

fn send_last_callback(
    switchboard: &mut Switchboard,
    ended: EndedCall,
    figures: Option<&LegFigures>,
) {
    let EndedCall { mut view, callback } = ended;
    let call = view.sid;
    if let Some(figures) = figures {
        view.audio = Some(CallAudio::of(figures));
        switchboard.send(Output::CallMeasured(view));
    }
    if let Some((to, mut fields)) = callback {
        fields.extend(of_figures(figures.unwrap_or(&LegFigures::default())));
        callback_to(switchboard, About::Call(call), &to, fields);
    }
}

impl Call {
    /// Returns the receiver and the number of an event, if requested.
    fn tells(&mut self, event: CallEvent) -> Option<(Url, u64)> {
        let callback = self.status_callback.as_ref();
        let callback = callback.filter(|callback| callback.events.contains(&event))?;
        let number = self.events_told;
        self.events_told += 1;
        Some((callback.to.clone(), number))
    }
}

fn fields_of(
    switchboard: &Switchboard,
    now: Now,
    call: &Call,
    number: u64,
    event: CallEvent,
) -> Fields {
    let facts = CallFacts::of_call(call);
    let mut fields = event_fields(
        switchboard.config.account,
        facts,
        (now.wall, number, call.sip_result_code),
    );
    for (name, value) in &mut fields {
        if name == "CallStatus" && event == CallEvent::Initiated {
            vendor_words::INITIATED.clone_into(value);
        }
    }
    fields
}

/// Returns the fields common to all events of a call.
pub(crate) fn event_fields(
    account: AccountSid,
    call: CallFacts<'_>,
    (at, number, sip_result_code): (WallTime, u64, Option<u16>),
) -> Fields {
    let mut fields = call.standard(account);
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    add("Timestamp", at.to_string());
    add("SequenceNumber", number.to_string());
    add("CallbackSource", "call-progress-events".to_owned());
    if let Some(code) = sip_result_code {
        add("SipResultCode", code.to_string());
        let phrase = confab_sip::message::reason_phrase(code);
        add("SipInviteResultPhrase", phrase.to_owned());
    }
    fields
}

/// Returns the audio figures, which SignalWire's OpenAPI requires in every event.
pub(crate) fn of_figures(figures: &LegFigures) -> Fields {
    let mos = figures.mos_tenths;
    [
        ("AudioInMos", format!("{}.{}", mos / 10, mos % 10)),
        ("AudioInAveragePtime", figures.ptime_ms.to_string()),
        (
            "AudioInDtmfPacketCount",
            figures.digit_packets_in.to_string(),
        ),
        ("AudioInFlushPacketCount", figures.dropped.to_string()),
        (
            "AudioInJitterMinVariance",
            figures.jitter_ms_min.to_string(),
        ),
        (
            "AudioInJitterMaxVariance",
            figures.jitter_ms_max.to_string(),
        ),
        ("AudioInLargestJbSize", figures.depth_frames_max.to_string()),
        ("AudioInMediaPacketCount", figures.packets_in.to_string()),
        ("AudioInSkipPacketCount", figures.lost.to_string()),
        ("AudioOutDtmfPacketCount", "0".to_owned()),
        ("AudioOutMediaPacketCount", figures.packets_out.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
