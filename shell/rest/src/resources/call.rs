//! A call.

use confab_switchboard::CallView;
use serde_json::{Value, json};

use super::{API_VERSION, date, uri};
use crate::Dialect;

pub(crate) fn call(dialect: Dialect, view: &CallView) -> Value {
    let (account, sid) = (view.account, view.sid);
    json!({
        "sid": sid.to_string(),
        "account_sid": account.to_string(),
        "date_created": date(view.date_created),
        "date_updated": date(view.date_updated),
        "parent_call_sid": null,
        "to": view.to,
        "formatted_to": view.to,
        "to_formatted": view.to,
        "from": view.from,
        "formatted_from": view.from,
        "from_formatted": view.from,
        "phone_number_sid": null,
        "status": dialect.call_status(view.status),
        "start_time": view.start_time.map(date),
        "end_time": view.end_time.map(date),
        "duration": seconds(view),
        "price": null,
        "price_unit": "USD",
        "direction": dialect.direction(view.direction),
        "answered_by": null,
        "api_version": API_VERSION,
        "forwarded_from": null,
        "caller_name": view.caller_name,
        "uri": uri(dialect, account, format_args!("/Calls/{sid}")),
        "subresource_uris": {
            "notifications": null,
            "recordings": uri(dialect, account, format_args!("/Calls/{sid}/Recordings")),
        },
        "annotation": null,
        "group_sid": null,
        "audio_in_mos": null,
        "sip_result_code": view.sip_result_code.map(|code| code.to_string()),
        "audio_rtt_avg": null,
        "audio_rtt_min": null,
        "audio_rtt_max": null,
        "audio_out_jitter_min": null,
        "audio_out_jitter_max": null,
        "audio_out_jitter_avg": null,
        "audio_out_lost": null,
    })
}

/// Whole seconds from answer to end; 0 while there is no end.
fn seconds(view: &CallView) -> i64 {
    match (view.start_time, view.end_time) {
        (Some(start), Some(end)) => (end.0 - start.0).max(0) / 1_000,
        _ => 0,
    }
}
