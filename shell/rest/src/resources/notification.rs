//! A notification: what went wrong with a document, audio or callback. Twilio's shape, as
//! SignalWire has none.

use confab_store::KeptNotice;
use confab_terms::AccountSid;
use serde_json::{Value, json};

use super::{API_VERSION, date, uri};
use crate::Dialect;

pub(crate) fn notification(dialect: Dialect, account: AccountSid, kept: &KeptNotice) -> Value {
    let notice = &kept.notice;
    let sid = dialect.spell_notification(&kept.sid);
    json!({
        "account_sid": dialect.spell(account),
        "api_version": API_VERSION,
        "call_sid": notice.call.map(|call| dialect.spell(call)),
        "date_created": date(notice.at),
        "date_updated": date(notice.at),
        "error_code": notice.code.to_string(),
        "log": "0",
        "message_date": date(notice.at),
        "message_text": notice.message,
        "more_info": dialect.more_info(notice.code),
        "request_method": notice.method.map(|method| method.to_string()),
        "request_url": notice.url,
        "sid": sid,
        "uri": uri(dialect, account, format_args!("/Notifications/{sid}")),
    })
}
