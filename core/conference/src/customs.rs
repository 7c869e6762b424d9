//! What the vendors settle differently about a conference. Whose customs these are is not known
//! here; everything else is one rule for all.

use confab_terms::limits;
use serde::{Deserialize, Serialize};

use crate::Refusal;

/// What the vendors settle differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customs {
    /// Characters of a friendly name.
    pub friendly_name_chars_max: usize,
    /// Participants where `maxParticipants` says nothing.
    pub participants_max: u32,
    /// Whether somebody may begin to coach one who is held.
    pub coaches_the_held: bool,
    /// Whether a hold or wait document with a `<Play>` starts over after its last verb.
    pub music_starts_over: bool,
}

impl Default for Customs {
    fn default() -> Self {
        Self {
            friendly_name_chars_max: limits::FRIENDLY_NAME_CHARS_MAX,
            participants_max: u32::try_from(limits::PARTICIPANTS_MAX).unwrap_or(u32::MAX),
            coaches_the_held: true,
            music_starts_over: true,
        }
    }
}

impl Customs {
    /// Whether a conference may be called this.
    pub fn check_name(&self, name: &str) -> Result<(), Refusal> {
        let fits = (1..=self.friendly_name_chars_max).contains(&name.chars().count());
        if fits && !name.chars().any(char::is_control) {
            Ok(())
        } else {
            Err(Refusal::NameInvalid {
                name: name.to_owned(),
                chars_max: self.friendly_name_chars_max,
            })
        }
    }
}
