//! Fields of requests to applications, with a vendor's names and values. The core writes them with
//! SignalWire's names and values; the dialect translates them by name.

use confab_terms::{AccountSid, CallSid, ConferenceSid, RecordingSid, Sid};

use super::Dialect;

/// Part of SignalWire's URLs before the version.
const SIGNALWIRE_PREFIX: &str = "/api/laml";

/// Twilio's error code of a recording that is empty after its silence is trimmed.
pub(crate) const SILENT: u32 = 16102;

type Fields = Vec<(String, String)>;

impl Dialect {
    /// Returns the fields with the names and values of the vendor.
    #[must_use]
    pub fn fields(self, fields: Fields) -> Fields {
        match self {
            Self::SignalWire => signalwire(fields),
            Self::Twilio => twilio(fields),
        }
    }
}

/// Replaces the status `failed` of recordings by `absent`: SignalWire has no failed recordings.
fn signalwire(mut fields: Fields) -> Fields {
    for (name, value) in &mut fields {
        if name == "RecordingStatus" && value == "failed" {
            "absent".clone_into(value);
        }
    }
    fields
}

/// Returns `https://host/2010-04-01/Accounts/AC…/Recordings/RE…`.
fn recording_url(url: &str) -> Option<String> {
    let (host, path) = url.split_once(SIGNALWIRE_PREFIX)?;
    let (path, recording) = path.rsplit_once('/')?;
    let (path, below) = path.rsplit_once('/')?;
    let (path, account) = path.rsplit_once('/')?;
    let account = prefixed::<AccountSid>(account.to_owned());
    let recording = prefixed::<RecordingSid>(recording.to_owned());
    Some(format!("{host}{path}/{account}/{below}/{recording}"))
}

fn twilio(fields: Fields) -> Fields {
    let is_recording = |status: &str| {
        let said = |(name, value): &(String, String)| name == "RecordingStatus" && value == status;
        fields.iter().any(said)
    };
    let (begins, is_silent) = (is_recording("in-progress"), is_recording("absent"));
    let of_conference = ["ConferenceSid", "RecordingSid"]
        .iter()
        .all(|name| fields.iter().any(|(known, _)| known == name));
    let mut spelt = Vec::with_capacity(fields.len() + 2);
    for (name, value) in fields {
        match name.as_str() {
            "AccountSid" => spelt.push((name, prefixed::<AccountSid>(value))),
            "ConferenceSid" => spelt.push((name, prefixed::<ConferenceSid>(value))),
            // A conference's recording belongs to no call.
            "CallSid" if of_conference => {}
            "CallSid" | "ParentCallSid" | "CallSidEndingConference" => {
                spelt.push((name, prefixed::<CallSid>(value)));
            }
            "RecordingSid" => spelt.push((name, prefixed::<RecordingSid>(value))),
            "RecordingSource" => {
                let source = Dialect::Twilio.recording_source(&value).to_owned();
                spelt.push((name, source));
            }
            // Sent once the duration is known.
            "RecordingDuration" if begins => {}
            "RecordingUrl" => {
                let url = recording_url(&value);
                spelt.push((name, url.unwrap_or(value)));
            }
            // Not sent after a conference.
            "DialCallSid" | "DialCallDuration" => {}
            // Fields of SignalWire only.
            "SipInviteResultPhrase" | "HangupBy" | "HangupDirection" | "Duration" | "EventName" => {
            }
            measured if measured.starts_with("AudioIn") || measured.starts_with("AudioOut") => {}
            "DialCallStatus" => {
                let bridged = value == "answered";
                spelt.push((name, value));
                spelt.push(("DialBridged".to_owned(), bridged.to_string()));
            }
            "SipResultCode" => spelt.push(("SipResponseCode".to_owned(), value)),
            "From" => {
                spelt.push(("Caller".to_owned(), value.clone()));
                spelt.push((name, value));
            }
            "To" => {
                spelt.push(("Called".to_owned(), value.clone()));
                spelt.push((name, value));
            }
            _ => spelt.push((name, value)),
        }
    }
    if is_silent {
        spelt.push(("ErrorCode".to_owned(), SILENT.to_string()));
    }
    spelt
}

fn prefixed<S: Sid>(value: String) -> String {
    value.parse().map_or(value, S::prefixed)
}
