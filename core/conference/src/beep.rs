//! For whom the tones sound, at a participant's coming and going.

use serde::{Deserialize, Serialize};

use crate::BeepWish;

/// Whether a tone sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tone {
    /// Asked for explicitly.
    Yes,
    /// Asked against.
    No,
    /// The default: for a coach nothing sounds.
    UnlessCoaching,
}

impl Tone {
    pub(crate) fn sounds(self, coaching: bool) -> bool {
        match self {
            Self::Yes => true,
            Self::No => false,
            Self::UnlessCoaching => !coaching,
        }
    }

    pub(crate) fn explicitly(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// A participant's two tones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tones {
    pub(crate) on_enter: Tone,
    pub(crate) on_exit: Tone,
}

impl Tones {
    pub(crate) fn of(wish: BeepWish, explicit: bool) -> Self {
        let tone = |wished: bool| match (wished, explicit) {
            (true, false) => Tone::UnlessCoaching,
            (wished, _) => Tone::explicitly(wished),
        };
        Self {
            on_enter: tone(matches!(wish, BeepWish::Both | BeepWish::OnEnter)),
            on_exit: tone(matches!(wish, BeepWish::Both | BeepWish::OnExit)),
        }
    }
}
