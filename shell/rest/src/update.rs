//! Typed fields of an update of a participant. Each value is checked by its type only; the rules
//! check combinations.

use confab_switchboard::conference::{Target, Update};

use crate::Dialect;
use crate::errors::ApiError;
use crate::form::Fields;

/// Maximum number of characters kept of an invalid sid, for the error: the rest of a megabyte is
/// dropped.
const SAID_CHARS_MAX: usize = 100;

/// Returns all fields, or the first invalid field as an error.
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
