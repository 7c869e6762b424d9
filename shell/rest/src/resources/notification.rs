//! Notification resource: error or warning about a document, audio or callback. The shape is
//! Twilio's, as SignalWire has no such resource.

use confab_store::KeptNotice;
use confab_switchboard::{Exchange, Severity};
use confab_terms::AccountSid;
use serde_json::{Map, Value, json};
use url::form_urlencoded::Serializer;

use super::{API_VERSION, date, uri};
use crate::Dialect;

/// Returns a notification as lists show it.
pub(crate) fn notification(dialect: Dialect, account: AccountSid, kept: &KeptNotice) -> Value {
    Value::Object(keys(dialect, account, kept))
}

/// Returns a single notification: with request and response, which may be long.
pub(crate) fn notification_whole(
    dialect: Dialect,
    account: AccountSid,
    kept: &KeptNotice,
) -> Value {
    let mut keys = keys(dialect, account, kept);
    let nothing = Exchange::default();
    let exchange = kept.notice.exchange.as_deref().unwrap_or(&nothing);
    let mut variables = Serializer::new(String::new());
    let variables = variables.extend_pairs(&exchange.fields).finish();
    let headers = exchange.headers.iter();
    let headers = headers.map(|(name, value)| format!("{name}: {value}\n"));
    keys.insert("request_variables".to_owned(), json!(variables));
    keys.insert(
        "response_headers".to_owned(),
        json!(headers.collect::<String>()),
    );
    keys.insert("response_body".to_owned(), json!(exchange.body));
    Value::Object(keys)
}

fn keys(dialect: Dialect, account: AccountSid, kept: &KeptNotice) -> Map<String, Value> {
    let notice = &kept.notice;
    let sid = dialect.spell_notification(&kept.sid);
    let log = match notice.severity {
        Severity::Error => "0",
        Severity::Warning => "1",
    };
    let keys = json!({
        "account_sid": dialect.spell(account),
        "api_version": API_VERSION,
        "call_sid": notice.call.map(|call| dialect.spell(call)),
        "date_created": date(notice.at),
        "date_updated": date(notice.at),
        "error_code": notice.code.to_string(),
        "log": log,
        "message_date": date(notice.at),
        "message_text": dialect.notice_text(notice),
        "more_info": dialect.more_info(notice.code),
        "request_method": notice.method.map(|method| method.to_string()),
        "request_url": notice.url,
        "sid": sid,
        "uri": uri(dialect, account, format_args!("/Notifications/{sid}")),
    });
    match keys {
        Value::Object(keys) => keys,
        _ => Map::new(),
    }
}
