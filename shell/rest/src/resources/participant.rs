//! Participant resource: the 13 keys of SignalWire's schema; Twilio's shape has two more.

use confab_switchboard::ParticipantView;
use confab_terms::AccountSid;
use serde_json::{Value, json};

use super::{date, uri};
use crate::Dialect;

pub(crate) fn participant(dialect: Dialect, account: AccountSid, view: &ParticipantView) -> Value {
    let state = &view.state;
    let (conference, call) = (dialect.spell(view.conference), dialect.spell(state.call));
    let mut shown = json!({
        "account_sid": dialect.spell(account),
        "call_sid": call,
        "call_sid_to_coach": state.call_sid_to_coach.map(|call| dialect.spell(call)),
        "coaching": state.coaching,
        "conference_sid": conference,
        "date_created": date(state.date_created),
        "date_updated": date(state.date_updated),
        "end_conference_on_exit": state.end_conference_on_exit,
        "hold": state.hold,
        "muted": state.muted,
        "start_conference_on_enter": state.start_conference_on_enter,
        "status": dialect.participant_status(state.seated),
        "uri": uri(
            dialect,
            account,
            format_args!("/Conferences/{conference}/Participants/{call}"),
        ),
    });
    if dialect == Dialect::Twilio {
        shown["label"] = json!(state.label);
        // The time in a queue applies to calls of the API only.
        shown["queue_time"] = Value::Null;
    }
    shown
}
