//! A notification: what went wrong with a document, audio or callback. Twilio's shape, as
//! SignalWire has none.

use confab_store::KeptNotice;
use confab_terms::AccountSid;
use serde_json::{Value, json};

use super::{API_VERSION, date, uri};
use crate::Dialect;

const MORE_INFO: &str = "https://signalwire.com/docs/compatibility-api/reference/errors";

pub(crate) fn notification(dialect: Dialect, account: AccountSid, kept: &KeptNotice) -> Value {
    let (sid, notice) = (&kept.sid, &kept.notice);
    json!({
        "account_sid": account.to_string(),
        "api_version": API_VERSION,
        "call_sid": notice.call.map(|call| call.to_string()),
        "date_created": date(notice.at),
        "date_updated": date(notice.at),
        "error_code": notice.code.to_string(),
        "log": "0",
        "message_date": date(notice.at),
        "message_text": notice.message,
        "more_info": MORE_INFO,
        "request_method": notice.method.map(|method| method.to_string()),
        "request_url": notice.url,
        "sid": sid,
        "uri": uri(dialect, account, format_args!("/Notifications/{sid}")),
    })
}
