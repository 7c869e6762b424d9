//! Rules of a conference that differ between the vendors. The crate is independent of vendors; all
//! other rules are common.

use confab_terms::limits;
use serde::{Deserialize, Serialize};

use crate::Refusal;

/// Rules that differ between the vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customs {
    /// Maximum number of characters of a friendly name.
    pub friendly_name_chars_max: usize,
    /// Maximum number of participants without `maxParticipants`.
    pub participants_max: u32,
    /// True if a participant may begin to coach a held participant.
    pub coaches_the_held: bool,
    /// True if a hold or wait document with a `<Play>` starts over after its last verb.
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
    /// Checks a friendly name.
    ///
    /// # Errors
    ///
    /// Fails if the name is empty, too long, or contains a control character.
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
