//! JSON of the resources of switchboard and store: exactly the keys of SignalWire's OpenAPI, whose
//! schemas are closed, or Twilio's. Each resource has a file; this file has their paths.

mod account;
mod api_key;
mod call;
mod conference;
mod dead_letter;
mod notification;
mod participant;
mod recording;

pub(crate) use account::account;
pub(crate) use api_key::api_key;
pub(crate) use call::call;
pub(crate) use conference::conference;
pub(crate) use dead_letter::{dead_letter, dead_letter_queued, dead_letter_whole};
pub(crate) use notification::{notification, notification_whole};
pub(crate) use participant::participant;
pub(crate) use recording::{recording, updated as recording_updated};

use core::fmt::Display;

use confab_terms::{AccountSid, WallTime};
use serde_json::{Value, json};

use crate::Dialect;

pub(crate) const API_VERSION: &str = "2010-04-01";

/// Returns the path of a resource below its account, without a prefix and the `.json`.
pub(crate) fn plain_path(dialect: Dialect, account: AccountSid, rest: impl Display) -> String {
    let account = dialect.spell(account);
    format!("/{API_VERSION}/Accounts/{account}{rest}")
}

/// Returns the path of a resource as in `uri`, without the `.json`.
fn path(dialect: Dialect, account: AccountSid, rest: impl Display) -> String {
    let prefix = dialect.prefix();
    format!("{prefix}{}", plain_path(dialect, account, rest))
}

fn uri(dialect: Dialect, account: AccountSid, rest: impl Display) -> Value {
    json!(format!("{}.json", path(dialect, account, rest)))
}

fn date(at: WallTime) -> Value {
    json!(at.to_string())
}
