//! The fields of requests to applications, as a vendor names and writes them. The core says them
//! in SignalWire's; their names are the vendors' vocabulary, so it is by name that they are spelt.

use confab_terms::{AccountSid, CallSid, ConferenceSid, RecordingSid, Sid};

use super::Dialect;

/// Before the version, in that vendor's URLs.
const SIGNALWIRE_PREFIX: &str = "/api/laml";

/// Twilio's code of a recording of which nothing is left once its silence is trimmed.
pub(crate) const SILENT: u32 = 16102;

type Fields = Vec<(String, String)>;

impl Dialect {
    /// The fields as this vendor sends them.
    #[must_use]
    pub fn fields(self, fields: Fields) -> Fields {
        match self {
            Self::SignalWire => signalwire(fields),
            Self::Twilio => twilio(fields),
        }
    }
}

/// Its recordings never fail: they are absent.
fn signalwire(mut fields: Fields) -> Fields {
    for (name, value) in &mut fields {
        if name == "RecordingStatus" && value == "failed" {
            "absent".clone_into(value);
        }
    }
    fields
}

/// `https://host/2010-04-01/Accounts/AC…/Recordings/RE…`
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
            // A conference's recording is nobody's call.
            "CallSid" if of_conference => {}
            "CallSid" | "ParentCallSid" | "CallSidEndingConference" => {
                spelt.push((name, prefixed::<CallSid>(value)));
            }
            "RecordingSid" => spelt.push((name, prefixed::<RecordingSid>(value))),
            "RecordingSource" => {
                let source = Dialect::Twilio.recording_source(&value).to_owned();
                spelt.push((name, source));
            }
            // Said once it is known.
            "RecordingDuration" if begins => {}
            "RecordingUrl" => {
                let url = recording_url(&value);
                spelt.push((name, url.unwrap_or(value)));
            }
            // Not sent after a conference.
            "DialCallSid" | "DialCallDuration" => {}
            // SignalWire's alone.
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
