//! Fields of requests to applications: standard fields of a call, and fields per kind of request.
//! Fields without a value are omitted.

use confab_conference::{Key, ParticipantState};
use confab_terms::{AccountSid, CallSid, ConferenceSid, Now};

use super::vendor_words;
use crate::interpreter::DialOutcome;
use crate::state::{Call, Seat};
use crate::{CallDirection, CallStatus, CallView, Switchboard};

/// Form fields of a request.
pub(crate) type Fields = Vec<(String, String)>;

const API_VERSION: &str = "2010-04-01";

/// Properties of a call in its standard fields.
#[derive(Clone, Copy)]
pub(crate) struct CallFacts<'a> {
    pub(crate) sid: CallSid,
    pub(crate) status: CallStatus,
    pub(crate) direction: CallDirection,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) caller_name: Option<&'a str>,
    pub(crate) forwarded_from: Option<&'a str>,
}

impl<'a> CallFacts<'a> {
    /// Returns the properties of a live call.
    pub(crate) fn of_call(call: &'a Call) -> Self {
        Self {
            sid: call.sid,
            status: call.status,
            direction: call.direction(),
            from: &call.invite.from,
            to: &call.invite.to,
            caller_name: call.invite.from_name.as_deref(),
            forwarded_from: call.invite.forwarded_from.as_deref(),
        }
    }

    /// Returns the properties of a stored call.
    pub(crate) fn of_view(view: &'a CallView) -> Self {
        Self {
            sid: view.sid,
            status: view.status,
            direction: view.direction,
            from: &view.from,
            to: &view.to,
            caller_name: view.caller_name.as_deref(),
            forwarded_from: view.forwarded_from.as_deref(),
        }
    }

    /// Returns the standard fields without the account.
    pub(crate) fn fields(&self) -> Fields {
        let mut fields = vec![
            field("ApiVersion", API_VERSION),
            field("CallSid", &self.sid.to_string()),
            field("CallStatus", vendor_words::call_status(self.status)),
            field("Direction", vendor_words::direction(self.direction)),
            field("From", self.from),
            field("To", self.to),
        ];
        if let Some(name) = self.caller_name.filter(|name| !name.is_empty()) {
            fields.push(field("CallerName", name));
        }
        if let Some(party) = self.forwarded_from {
            fields.push(field("ForwardedFrom", party));
        }
        fields
    }

    /// Returns the standard fields.
    pub(crate) fn standard(&self, account: AccountSid) -> Fields {
        let mut fields = vec![field("AccountSid", &account.to_string())];
        fields.extend(self.fields());
        fields
    }
}

pub(crate) fn standard(switchboard: &Switchboard, call: &Call) -> Fields {
    CallFacts::of_call(call).standard(switchboard.config.account)
}

/// Returns the fields of a request for a call's document: voice URL, fallback URL, `<Redirect>` or
/// action of `<Record>`.
pub(crate) fn voice(switchboard: &Switchboard, call: &Call) -> Fields {
    let mut fields = standard(switchboard, call);
    // Outbound calls have no SIP fields of an inbound INVITE.
    if call.outgoing.is_some() {
        return fields;
    }
    let invite = &call.invite;
    if !invite.to_user.is_empty() {
        fields.push(field("SipUser", &invite.to_user));
    }
    fields.push(field("SipDomain", &invite.to_host));
    fields.push(field("SipFrom", &invite.sip_from));
    fields.push(field("SipCallId", &invite.call_id));
    fields.push(field("SipSourceIp", &invite.source.ip().to_string()));
    for (name, value) in &invite.x_headers {
        let name = format!("SipHeader_{name}");
        // A repeated header becomes one field, with the first value.
        if fields.iter().all(|(known, _)| *known != name) {
            fields.push((name, value.clone()));
        }
    }
    fields
}

/// Returns the fields of HoldUrl, WaitUrl and AnnounceUrl requests of one participant.
pub(crate) fn music(switchboard: &Switchboard, call: CallSid) -> Fields {
    let Some(call) = switchboard.calls.get(call) else {
        return Vec::new();
    };
    let mut fields = standard(switchboard, call);
    let room = call
        .seat
        .as_ref()
        .and_then(|s| switchboard.rooms.get(s.conference));
    let Some(room) = room else {
        return fields;
    };
    fields.push(field("ConferenceSid", &room.sid().to_string()));
    fields.push(field("FriendlyName", room.conference.friendly_name()));
    if let Ok(state) = room.conference.participant(&Key::Call(call.sid)) {
        fields.extend(of_participant(state));
    }
    fields
}

fn of_participant(state: &ParticipantState) -> Fields {
    let mut fields = vec![
        field("Hold", &state.hold.to_string()),
        field("Muted", &state.muted.to_string()),
        field("Coaching", &state.coaching.to_string()),
    ];
    if let Some(label) = &state.label {
        fields.push(field("ParticipantLabel", label));
    }
    fields
}

/// Returns the fields of an AnnounceUrl request of a whole conference.
pub(crate) fn announcement(switchboard: &Switchboard, conference: ConferenceSid) -> Fields {
    let mut fields = vec![
        field("AccountSid", &switchboard.config.account.to_string()),
        field("ApiVersion", API_VERSION),
        field("ConferenceSid", &conference.to_string()),
    ];
    if let Some(room) = switchboard.rooms.get(conference) {
        fields.push(field("FriendlyName", room.conference.friendly_name()));
    }
    fields
}

/// Returns the fields of the action of `<Dial>`.
pub(crate) fn action(switchboard: &Switchboard, call: CallSid, outcome: DialOutcome) -> Fields {
    let Some(call) = switchboard.calls.get(call) else {
        return Vec::new();
    };
    let mut fields = standard(switchboard, call);
    match outcome {
        DialOutcome::Answered { seconds } => {
            fields.push(field("DialCallStatus", "answered"));
            fields.push(field("DialCallDuration", &seconds.to_string()));
        }
        DialOutcome::Failed => fields.push(field("DialCallStatus", "failed")),
    }
    fields
}

impl DialOutcome {
    /// Returns the outcome of a `<Dial>` whose seat was left.
    pub(crate) fn left(now: Now, seat: &Seat) -> Self {
        match seat.since {
            Some(since) => Self::Answered {
                seconds: now.instant.saturating_since(since).as_secs(),
            },
            None => Self::Failed,
        }
    }
}

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
