//! Account resource. SignalWire's schema also links to resources that confab does not have: their
//! lists are empty. Twilio's shape links to existing resources only.

use confab_store::Account;
use serde_json::{Value, json};

use super::{date, path, uri};
use crate::Dialect;

pub(crate) fn account(dialect: Dialect, account: &Account) -> Value {
    match dialect {
        Dialect::SignalWire => signalwire(dialect, account),
        Dialect::Twilio => twilio(dialect, account),
    }
}

fn twilio(dialect: Dialect, account: &Account) -> Value {
    let sid = account.sid;
    let below = |name: &str| uri(dialect, sid, format_args!("/{name}"));
    json!({
        "sid": dialect.spell(sid),
        "friendly_name": account.friendly_name,
        "status": "active",
        "auth_token": "redacted",
        "date_created": date(account.date_created),
        "date_updated": date(account.date_updated),
        "type": "Full",
        "owner_account_sid": dialect.spell(sid),
        "uri": uri(dialect, sid, ""),
        "subresource_uris": {
            "calls": below("Calls"),
            "conferences": below("Conferences"),
            "keys": below("Keys"),
            "notifications": below("Notifications"),
            "recordings": below("Recordings"),
        },
    })
}

fn signalwire(dialect: Dialect, account: &Account) -> Value {
    let sid = account.sid;
    let below = |name: &str| json!(path(dialect, sid, format_args!("/{name}")));
    json!({
        "sid": dialect.spell(sid),
        "friendly_name": account.friendly_name,
        "status": "active",
        "auth_token": "redacted",
        "date_created": date(account.date_created),
        "date_updated": date(account.date_updated),
        "type": "Full",
        "owner_account_sid": dialect.spell(sid),
        "region_preference": "us-east",
        "uri": path(dialect, sid, ""),
        "subproject": false,
        "signing_key": null,
        "subresource_uris": {
            "addresses": null,
            "available_phone_numbers": below("AvailablePhoneNumbers"),
            "applications": below("Applications"),
            "authorized_connect_apps": null,
            "calls": below("Calls"),
            "conferences": below("Conferences"),
            "connect_apps": null,
            "incoming_phone_numbers": below("IncomingPhoneNumbers"),
            "keys": null,
            "notifications": null,
            "outgoing_caller_ids": null,
            "queues": below("Queues"),
            "recordings": below("Recordings"),
            "sandbox": null,
            "sip": null,
            "short_codes": null,
            "messages": below("Messages"),
            "transcriptions": below("Transcriptions"),
            "usage": null,
        },
    })
}
