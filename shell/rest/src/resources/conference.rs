//! A conference.

use confab_switchboard::ConferenceView;
use serde_json::{Value, json};

use super::{API_VERSION, date, uri};
use crate::Dialect;

pub(crate) fn conference(dialect: Dialect, view: &ConferenceView) -> Value {
    let (account, sid) = (view.account, view.sid);
    json!({
        "sid": sid.to_string(),
        "account_sid": account.to_string(),
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
    })
}
