//! The fields of an update of a participant, typed. Which values hold together is the rules'
//! to say; here each is only what its kind allows.

use confab_switchboard::conference::{Target, Update};

use crate::Dialect;
use crate::errors::ApiError;
use crate::form::Fields;

/// Of what is no sid so much is kept, to be said in the refusal: the rest of a megabyte is not.
const SAID_CHARS_MAX: usize = 100;

/// All the fields, or the first that is invalid.
pub(crate) fn update(dialect: Dialect, fields: &Fields) -> Result<Update, ApiError> {
    let boolean = |name| fields.boolean(dialect, name);
    Ok(Update {
        muted: boolean("Muted")?,
        hold: boolean("Hold")?,
        hold_url: fields.url_or_silence("HoldUrl")?,
        hold_method: fields.method("HoldMethod")?,
        coaching: boolean("Coaching")?,
        call_sid_to_coach: fields
            .text("CallSidToCoach")
            .map(|text| target(dialect, text)),
        announce_url: fields.url("AnnounceUrl")?,
        announce_method: fields.method("AnnounceMethod")?,
        wait_url: fields.url_or_silence("WaitUrl")?,
        wait_method: fields.method("WaitMethod")?,
        beep: fields.beep("Beep")?,
        beep_on_exit: boolean("BeepOnExit")?,
        end_conference_on_exit: boolean("EndConferenceOnExit")?,
    })
}

fn target(dialect: Dialect, text: &str) -> Target {
    match (text, dialect.read(text)) {
        ("", _) => Target::Nobody,
        (_, Some(call)) => Target::Call(call),
        (text, None) => Target::Unknown(text.chars().take(SAID_CHARS_MAX).collect()),
    }
}
