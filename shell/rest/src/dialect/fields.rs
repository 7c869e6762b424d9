//! The fields of requests to applications, as a vendor names and writes them. The core says them
//! in SignalWire's; their names are the vendors' vocabulary, so it is by name that they are spelt.

use confab_terms::{AccountSid, CallSid, ConferenceSid, Sid};

use super::Dialect;

type Fields = Vec<(String, String)>;

impl Dialect {
    /// The fields as this vendor sends them.
    #[must_use]
    pub fn fields(self, fields: Fields) -> Fields {
        match self {
            Self::SignalWire => fields,
            Self::Twilio => twilio(fields),
        }
    }
}

fn twilio(fields: Fields) -> Fields {
    let mut spelt = Vec::with_capacity(fields.len() + 2);
    for (name, value) in fields {
        match name.as_str() {
            "AccountSid" => spelt.push((name, prefixed::<AccountSid>(value))),
            "ConferenceSid" => spelt.push((name, prefixed::<ConferenceSid>(value))),
            "CallSid" | "ParentCallSid" | "CallSidEndingConference" => {
                spelt.push((name, prefixed::<CallSid>(value)));
            }
            // Not sent after a conference.
            "DialCallSid" | "DialCallDuration" => {}
            // SignalWire's alone.
            "SipInviteResultPhrase" | "HangupBy" | "HangupDirection" | "Duration" => {}
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
    spelt
}

fn prefixed<S: Sid>(value: String) -> String {
    value.parse().map_or(value, S::prefixed)
}
