//! Call resource, in the shape of each vendor.

use confab_switchboard::CallView;
use serde_json::{Value, json};

use super::{API_VERSION, date, uri};
use crate::Dialect;

pub(crate) fn call(dialect: Dialect, view: &CallView) -> Value {
    let (account, sid) = (view.account, dialect.spell(view.sid));
    let mut shown = json!({
        "sid": sid,
        "account_sid": dialect.spell(account),
        "date_created": date(view.date_created),
        "date_updated": date(view.date_updated),
        "parent_call_sid": null,
        "to": view.to,
        "to_formatted": view.to,
        "from": view.from,
        "from_formatted": view.from,
        "phone_number_sid": null,
        "status": dialect.call_status(view.status),
        "start_time": view.start_time.map(date),
        "end_time": view.end_time.map(date),
        "price": null,
        "price_unit": "USD",
        "direction": dialect.direction(view.direction),
        "answered_by": null,
        "api_version": API_VERSION,
        "forwarded_from": view.forwarded_from,
        "caller_name": view.caller_name,
        "uri": uri(dialect, account, format_args!("/Calls/{sid}")),
        "subresource_uris": {
            "notifications": null,
            "recordings": uri(dialect, account, format_args!("/Calls/{sid}/Recordings")),
        },
        "group_sid": null,
    });
    match dialect {
        Dialect::SignalWire => signalwire(&mut shown, view),
        Dialect::Twilio => {
            shown["duration"] = json!(seconds(view).map(|seconds| seconds.to_string()));
            // The time in a queue applies to calls of the API only.
            shown["queue_time"] = Value::Null;
            shown["trunk_sid"] = Value::Null;
            let notifications = format_args!("/Calls/{sid}/Notifications");
            shown["subresource_uris"]["notifications"] = uri(dialect, account, notifications);
        }
    }
    shown
}

/// Adds the keys of SignalWire's schema only.
fn signalwire(shown: &mut Value, view: &CallView) {
    shown["formatted_to"] = json!(view.to);
    shown["formatted_from"] = json!(view.from);
    shown["duration"] = json!(seconds(view).unwrap_or(0));
    shown["sip_result_code"] = json!(view.sip_result_code.map(|code| code.to_string()));
    shown["annotation"] = Value::Null;
    let audio = view.audio.as_ref();
    let score = audio.and_then(|audio| audio.mos_tenths);
    shown["audio_in_mos"] = json!(score.map(|tenths| f64::from(tenths) / 10.0));
    let round_trip = audio.and_then(|audio| audio.round_trip_ms);
    shown["audio_rtt_avg"] = json!(round_trip.map(|ms| ms.avg));
    shown["audio_rtt_min"] = json!(round_trip.map(|ms| ms.min));
    shown["audio_rtt_max"] = json!(round_trip.map(|ms| ms.max));
    let jitter = audio.and_then(|audio| audio.jitter_out_ms);
    shown["audio_out_jitter_min"] = json!(jitter.map(|ms| ms.min));
    shown["audio_out_jitter_max"] = json!(jitter.map(|ms| ms.max));
    shown["audio_out_jitter_avg"] = json!(jitter.map(|ms| ms.avg));
    shown["audio_out_lost"] = json!(audio.and_then(|audio| audio.lost_out));
}

/// Returns whole seconds from answer to end; `None` before the end.
fn seconds(view: &CallView) -> Option<i64> {
    let (start, end) = (view.start_time?, view.end_time?);
    // A call stored by an earlier version has no duration of its own.
    let by_clock = || (end.0 - start.0).max(0) / 1_000;
    Some(view.seconds.unwrap_or_else(by_clock))
}
