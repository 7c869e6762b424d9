//! Status callbacks of a call: those that were asked for, numbered from 0 without a gap. The last
//! one waits for the media thread's word of how the voice fared.

use confab_conference::Url;
use confab_media::LegFigures;
use confab_terms::{CallSid, LegId, Now, limits};

use super::callback_to;
use super::fields::{self, Fields};
use super::recording::recording_url;
use super::words;
use crate::CallEnd;
use crate::live::{Call, CallState, Parting, RecordedWhole, Timer};
use crate::{About, CallAudio, CallEvent, News, Output, Switchboard};

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
pub(crate) fn call_over(board: &mut Switchboard, now: Now, call: &mut Call, end: CallEnd) {
    let to = call.tells(CallEvent::Completed);
    let parting = Box::new(Parting {
        view: call.view(board.config.account),
        told: to.map(|(to, number)| (to, last_fields(board, now, call, number, end))),
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
        }
        Err(parting) => tell_parting(board, *parting, None),
    }
}

/// The fields of the last callback, without figures.
fn last_fields(board: &Switchboard, now: Now, call: &Call, number: u64, end: CallEnd) -> Fields {
    let mut fields = fields_of(board, now, call, number, CallEvent::Completed);
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    add("CallDuration", call.seconds().to_string());
    let invite = &call.invite;
    let (they, we) = match call.outgoing {
        Some(_) => (&invite.to, &invite.from),
        None => (&invite.from, &invite.to),
    };
    let (by, direction) = match end {
        CallEnd::TheyHungUp | CallEnd::Cancelled => (they, "inbound"),
        CallEnd::Refused(_) if call.outgoing.is_some() => (they, "inbound"),
        _ => (we, "outbound"),
    };
    add("HangupBy", by.clone());
    add("HangupDirection", direction.to_owned());
    fields.extend(recorded(board, now, call));
    fields
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
    let field = |name: &str, value: String| (name.to_owned(), value);
    vec![
        field("RecordingUrl", recording_url(board, sid)),
        field("RecordingSid", sid.to_string()),
        field("RecordingDuration", seconds.to_string()),
    ]
}

/// Takes the figures of an ended call's audio; `None`: they did not come in time.
pub(crate) fn parted(board: &mut Switchboard, leg: LegId, figures: Option<&LegFigures>) {
    board.timers.cancel(Timer::Parting(leg));
    if let Some(parting) = board.partings.take(leg) {
        tell_parting(board, *parting, figures);
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
    let mut fields = fields::standard(board, call);
    for (name, value) in &mut fields {
        if name == "CallStatus" && event == CallEvent::Initiated {
            words::INITIATED.clone_into(value);
        }
    }
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    add("Timestamp", now.wall.to_string());
    add("SequenceNumber", number.to_string());
    add("CallbackSource", "call-progress-events".to_owned());
    if let Some(code) = call.sip_result_code {
        add("SipResultCode", code.to_string());
        let phrase = confab_sip::message::reason_phrase(code);
        add("SipInviteResultPhrase", phrase.to_owned());
    }
    fields
}

/// SignalWire's OpenAPI requires all of them of every event.
fn of_figures(figures: &LegFigures) -> Fields {
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
