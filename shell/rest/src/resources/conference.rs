//! Conference resource. Twilio's shape has the reason of the end.

use confab_switchboard::ConferenceView;
use serde_json::{Value, json};

use super::{API_VERSION, date, uri};
use crate::Dialect;
use crate::dialect::end_reason;

pub(crate) fn conference(dialect: Dialect, view: &ConferenceView) -> Value {
    let (account, sid) = (view.account, dialect.spell(view.sid));
    let mut shown = json!({
        "sid": sid,
        "account_sid": dialect.spell(account),
        "date_created": date(view.date_created),
        "date_updated": date(view.date_updated),
        "friendly_name": view.friendly_name,
        "status": dialect.conference_status(view.status),
        "api_version": API_VERSION,
        "region": "us1",
        "uri": uri(dialect, account, format_args!("/Conferences/{sid}")),
        "subresource_uris": {
            "participants": uri(dialect, account, format_args!("/Conferences/{sid}/Participants")),
            "recordings": uri(dialect, account, format_args!("/Conferences/{sid}/Recordings")),
        },
    });
    if dialect == Dialect::Twilio {
        shown["reason_conference_ended"] = json!(view.end_reason.map(end_reason));
        shown["call_sid_ending_conference"] =
            json!(view.call_ending.map(|call| dialect.spell(call)));
    }
    shown
}
