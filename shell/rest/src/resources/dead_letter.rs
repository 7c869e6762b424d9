//! Dead letter resource: an event that no application has accepted. The shape follows
//! notifications.

use confab_store::DeadLetter;
use confab_switchboard::About;
use confab_terms::AccountSid;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::{API_VERSION, date, uri};
use crate::Dialect;

/// Returns a dead letter as lists show it.
pub(crate) fn dead_letter(dialect: Dialect, account: AccountSid, dead: &DeadLetter) -> Value {
    let status = match dead.reason.has_expired {
        true => "expired",
        false => "failed",
    };
    with_status(dialect, account, dead, status)
}

/// Returns a dead letter with the fields of its request.
pub(crate) fn dead_letter_whole(dialect: Dialect, account: AccountSid, dead: &DeadLetter) -> Value {
    let mut shown = dead_letter(dialect, account, dead);
    let mut variables = Serializer::new(String::new());
    let variables = variables.extend_pairs(&dead.event.fields).finish();
    shown["request_variables"] = json!(variables);
    shown
}

/// Returns a dead letter that is in the outbox again.
pub(crate) fn dead_letter_queued(
    dialect: Dialect,
    account: AccountSid,
    dead: &DeadLetter,
) -> Value {
    with_status(dialect, account, dead, "queued")
}

fn with_status(dialect: Dialect, account: AccountSid, dead: &DeadLetter, status: &str) -> Value {
    let (event, reason) = (&dead.event, &dead.reason);
    let (call, conference) = match event.about {
        About::Call(call) => (Some(dialect.spell(call)), None),
        About::Conference(conference) => (None, Some(dialect.spell(conference))),
    };
    let sid = dialect.spell_dead_letter(dead.sid());
    json!({
        "account_sid": dialect.spell(account),
        "api_version": API_VERSION,
        "call_sid": call,
        "conference_sid": conference,
        "date_created": date(event.created),
        "date_updated": date(dead.date_updated),
        "error_code": reason.code.to_string(),
        "idempotency_token": event.token,
        "message_text": reason.message,
        "more_info": dialect.more_info(reason.code),
        "request_method": event.method.to_string(),
        "request_url": event.url,
        "response_status": reason.status,
        "sid": sid,
        "status": status,
        "uri": uri(dialect, account, format_args!("/DeadLetters/{sid}")),
    })
}
