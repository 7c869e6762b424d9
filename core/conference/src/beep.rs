//! Tones at a participant's join and leave.

use serde::{Deserialize, Serialize};

use crate::BeepWish;

/// Condition for a tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Tone {
    /// Enabled explicitly.
    Yes,
    /// Disabled explicitly.
    No,
    /// Default: enabled, except for a coach.
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

/// Enter and exit tone of a participant.
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
