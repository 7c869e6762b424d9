//! Recording resource. Its parent is in `call_sid` or `conference_sid`; the vendors' other keys
//! differ.

use confab_switchboard::{RecordingOf, RecordingStatus, RecordingView};
use confab_terms::Track;
use serde_json::{Value, json};

use super::{API_VERSION, date, path, uri};
use crate::Dialect;
use crate::dialect::SILENT;

/// Returns the resource. `api_url`: beginning of the URL of the audio.
pub(crate) fn recording(dialect: Dialect, api_url: &str, view: &RecordingView) -> Value {
    let (account, sid) = (view.account, dialect.spell(view.sid));
    let (call, conference) = match view.of {
        RecordingOf::Call(call) => (Some(dialect.spell(call)), None),
        RecordingOf::Conference(sid) => (None, Some(dialect.spell(sid))),
    };
    let below = |rest: &str| uri(dialect, account, format_args!("/Recordings/{sid}{rest}"));
    let mut shown = json!({
        "sid": sid,
        "account_sid": dialect.spell(account),
        "api_version": API_VERSION,
        "call_sid": call,
        "conference_sid": conference,
        "date_created": date(view.date_created),
        "date_updated": date(view.date_updated),
        "start_time": date(view.date_created),
        "price": null,
        "price_unit": "USD",
        "source": dialect.recording_source(view.source.word()),
        "status": status(dialect, view.status),
        "uri": below(""),
        "subresource_uris": { "transcriptions": below("/Transcriptions") },
        "encryption_details": null,
    });
    let seconds = view.duration_ms / 1_000;
    match dialect {
        Dialect::SignalWire => {
            let channels = view.channels.to_string();
            shown["channel"] = json!(channels);
            shown["channels"] = json!(channels);
            shown["end_time"] = view.end_time.map_or(Value::Null, date);
            shown["duration"] = json!(seconds);
            shown["error_code"] = json!(view.error.map(|code| code.to_string()));
            shown["trim"] = json!(if view.trim {
                "trim-silence"
            } else {
                "do-not-trim"
            });
        }
        Dialect::Twilio => {
            let whole = !view.status.is_live();
            shown["channels"] = json!(view.channels);
            shown["duration"] = json!(whole.then(|| seconds.to_string()));
            let silent = view.status == RecordingStatus::Absent;
            shown["error_code"] = json!(view.error.or(silent.then_some(SILENT)));
            let audio = path(dialect, account, format_args!("/Recordings/{sid}"));
            shown["media_url"] = json!(format!("{api_url}{audio}"));
            if matches!(view.of, RecordingOf::Call(_)) {
                shown["track"] = json!(track(view.track));
            }
        }
    }
    shown
}

/// Returns the response to an update. Twilio's response has the requested status; a later fetch has
/// the resulting status.
pub(crate) fn updated(dialect: Dialect, api_url: &str, view: &RecordingView) -> Value {
    let mut shown = recording(dialect, api_url, view);
    if view.status == RecordingStatus::Stopped {
        shown["status"] = json!("stopped");
    }
    shown
}

/// Returns `status`. Neither vendor has a status for a failed recording: its `error_code` has the
/// reason.
fn status(dialect: Dialect, status: RecordingStatus) -> &'static str {
    match (status, dialect) {
        (RecordingStatus::InProgress, _) => "in-progress",
        (RecordingStatus::Paused, _) => "paused",
        (RecordingStatus::Stopped, Dialect::SignalWire) => "stopped",
        (RecordingStatus::Stopped, Dialect::Twilio) => "processing",
        (RecordingStatus::Completed, _) => "completed",
        (RecordingStatus::Absent | RecordingStatus::Failed, _) => "absent",
    }
}

fn track(track: Track) -> &'static str {
    match track {
        Track::Inbound => "inbound",
        Track::Outbound => "outbound",
        Track::Both => "both",
    }
}
