//! Status callbacks of a call: those that were asked for, numbered from 0 without a gap. The last
//! one waits for the media thread's word of how the voice fared.

use confab_conference::Url;
use confab_media::LegFigures;
use confab_terms::{AccountSid, CallSid, LegId, Now, RecordingSid, WallTime, limits};

use super::callback_to;
use super::fields::{CallFacts, Fields};
use super::recording::recording_url;
use super::words;
use crate::CallEnd;
use crate::live::{Call, CallState, Parting, RecordedWhole, Timer};
use crate::{About, CallAudio, CallDirection, CallEvent, News, Output, RowChange};
use crate::{Switchboard, flow};

/// A call came to us.
pub(crate) fn call_began(board: &mut Switchboard, now: Now, sid: CallSid) {
    if let Some(call) = board.calls.get(sid) {
        let began = News::CallBegan {
            call: sid,
            from: call.invite.from.clone(),
            to: call.invite.to.clone(),
            source: call.invite.source,
        };
        board.send(Output::News(began));
    }
    call_event(board, now, sid, CallEvent::Initiated);
}

/// Something happened to a call that goes on.
pub(crate) fn call_event(board: &mut Switchboard, now: Now, sid: CallSid, event: CallEvent) {
    let Some((to, number)) = board.calls.get_mut(sid).and_then(|call| call.tells(event)) else {
        return;
    };
    let Some(call) = board.calls.get(sid) else {
        return;
    };
    let mut fields = fields_of(board, now, call, number, event);
    fields.extend(of_figures(&LegFigures::default()));
    callback_to(board, About::Call(sid), &to, fields);
}

/// The call is over: its last callback and its last view wait for the figures of its audio.
/// Returns true if the callback waits.
pub(crate) fn call_over(board: &mut Switchboard, now: Now, call: &mut Call, end: CallEnd) -> bool {
    let to = call.tells(CallEvent::Completed);
    let told = to.map(|(to, number)| (to, last_fields(board, now, call, number, end)));
    let parting = Box::new(Parting {
        view: call.view(board.config.account),
        told: told.clone(),
    });
    let has_leg = !matches!(call.state, CallState::Ringing { .. });
    let waits = if has_leg {
        board.partings.insert(call.leg, parting)
    } else {
        Err(parting)
    };
    match waits {
        Ok(()) => {
            let timer = Timer::Parting(call.leg);
            board.timers.set(timer, now.instant + limits::FIGURES_WAIT);
            if let Some((to, fields)) = &told {
                flow::parting_row(board, now, call, to, fields);
            }
            told.is_some()
        }
        Err(parting) => {
            tell_parting(board, *parting, None);
            false
        }
    }
}

/// The fields of the last callback, without figures.
fn last_fields(board: &Switchboard, now: Now, call: &Call, number: u64, end: CallEnd) -> Fields {
    let mut fields = fields_of(board, now, call, number, CallEvent::Completed);
    fields.extend(end_fields(CallFacts::of_call(call), end, call.seconds()));
    fields.extend(recorded(board, now, call));
    fields
}

/// The fields that describe the end of a call.
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

/// The recording that whoever made the call asked for, if there is one. Where it goes on to the
/// call's end its file may not be whole yet: then it is as long as it was taken.
fn recorded(board: &Switchboard, now: Now, call: &Call) -> Fields {
    let recorded = call.outgoing.as_ref().and_then(|ours| ours.recorded);
    let Some(RecordedWhole {
        sid,
        began,
        duration_ms,
    }) = recorded.filter(|recorded| recorded.duration_ms != Some(0))
    else {
        return Fields::new();
    };
    let taken = now.instant.saturating_since(began);
    let seconds = duration_ms.map_or(taken.as_secs(), |ms| ms / 1_000);
    recording_fields(recording_url(board, sid), sid, seconds).into()
}

/// The fields of a recording of a whole call.
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

/// Takes the figures of an ended call's audio; `None`: they did not come in time.
pub(crate) fn parted(board: &mut Switchboard, now: Now, leg: LegId, figures: Option<&LegFigures>) {
    board.timers.cancel(Timer::Parting(leg));
    let Some(parting) = board.partings.take(leg) else {
        return;
    };
    let (call, waited) = (parting.view.sid, parting.told.is_some());
    tell_parting(board, *parting, figures);
    if waited {
        let change = RowChange::CallClosed(call);
        board.send(Output::Row { at: now, change });
    }
}

fn tell_parting(board: &mut Switchboard, parting: Parting, figures: Option<&LegFigures>) {
    let Parting { mut view, told } = parting;
    let call = view.sid;
    if let Some(figures) = figures {
        view.audio = Some(CallAudio::of(figures));
        board.send(Output::CallMeasured(view));
    }
    if let Some((to, mut fields)) = told {
        fields.extend(of_figures(figures.unwrap_or(&LegFigures::default())));
        callback_to(board, About::Call(call), &to, fields);
    }
}

impl Call {
    /// Whom to tell of this, and its number.
    fn tells(&mut self, event: CallEvent) -> Option<(Url, u64)> {
        let callback = self.status_callback.as_ref();
        let callback = callback.filter(|callback| callback.events.contains(&event))?;
        let number = self.events_told;
        self.events_told += 1;
        Some((callback.to.clone(), number))
    }
}

fn fields_of(board: &Switchboard, now: Now, call: &Call, number: u64, event: CallEvent) -> Fields {
    let facts = CallFacts::of_call(call);
    let mut fields = event_fields(
        board.config.account,
        facts,
        (now.wall, number, call.sip_result_code),
    );
    for (name, value) in &mut fields {
        if name == "CallStatus" && event == CallEvent::Initiated {
            words::INITIATED.clone_into(value);
        }
    }
    fields
}

/// The fields that every event of a call has.
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

/// SignalWire's OpenAPI requires all of them of every event.
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
