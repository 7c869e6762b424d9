//! A participant: the 13 keys of the page.

use confab_switchboard::ParticipantView;
use confab_terms::AccountSid;
use serde_json::{Value, json};

use super::{date, uri};
use crate::Dialect;

pub(crate) fn participant(dialect: Dialect, account: AccountSid, view: &ParticipantView) -> Value {
    let (conference, state) = (view.conference, &view.state);
    let call = state.call;
    json!({
        "account_sid": account.to_string(),
        "call_sid": call.to_string(),
        "call_sid_to_coach": state.call_sid_to_coach.map(|call| call.to_string()),
        "coaching": state.coaching,
        "conference_sid": conference.to_string(),
        "date_created": date(state.date_created),
        "date_updated": date(state.date_updated),
        "end_conference_on_exit": state.end_conference_on_exit,
        "hold": state.hold,
        "muted": state.muted,
        "start_conference_on_enter": state.start_conference_on_enter,
        "status": dialect.participant_status(),
        "uri": uri(
            dialect,
            account,
            format_args!("/Conferences/{conference}/Participants/{call}"),
        ),
    })
}
