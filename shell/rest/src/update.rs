//! The fields of an update of a participant, typed. Which values hold together is the rules'
//! to say; here each is only what its kind allows.

use confab_switchboard::conference::{Target, Update};

use crate::errors::ApiError;
use crate::form::Fields;
use crate::sids::sid;

/// Of what is no sid so much is kept, to be said in the refusal: the rest of a megabyte is not.
const SAID_CHARS_MAX: usize = 100;

/// All the fields, or the first that is invalid.
pub(crate) fn update(fields: &Fields) -> Result<Update, ApiError> {
    Ok(Update {
        muted: fields.boolean("Muted")?,
        hold: fields.boolean("Hold")?,
        hold_url: fields.url_or_silence("HoldUrl")?,
        hold_method: fields.method("HoldMethod")?,
        coaching: fields.boolean("Coaching")?,
        call_sid_to_coach: fields.text("CallSidToCoach").map(target),
        announce_url: fields.url("AnnounceUrl")?,
        announce_method: fields.method("AnnounceMethod")?,
        wait_url: fields.url_or_silence("WaitUrl")?,
        wait_method: fields.method("WaitMethod")?,
        beep: fields.beep("Beep")?,
        beep_on_exit: fields.boolean("BeepOnExit")?,
        end_conference_on_exit: fields.boolean("EndConferenceOnExit")?,
    })
}

fn target(text: &str) -> Target {
    match (text, sid(text)) {
        ("", _) => Target::Nobody,
        (_, Some(call)) => Target::Call(call),
        (text, None) => Target::Unknown(text.chars().take(SAID_CHARS_MAX).collect()),
    }
}
