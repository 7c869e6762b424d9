//! Which events the application asked for, and their numbers.

use crate::{Conference, EventKind, EventWord};

impl EventKind {
    /// The word of `statusCallbackEvent` that asks for it.
    #[must_use]
    pub fn word(&self) -> EventWord {
        match self {
            Self::Start => EventWord::Start,
            Self::End { .. } => EventWord::End,
            Self::Join => EventWord::Join,
            Self::Leave(_) => EventWord::Leave,
            Self::Mute | Self::Unmute => EventWord::Mute,
            Self::Hold | Self::Unhold => EventWord::Hold,
            Self::Modify => EventWord::Modify,
            Self::SpeechStart | Self::SpeechStop => EventWord::Speaker,
            Self::AnnouncementEnd { .. } | Self::AnnouncementFail { .. } => EventWord::Announcement,
        }
    }

    /// `StatusCallbackEvent`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Start => "conference-start",
            Self::End { .. } => "conference-end",
            Self::Join => "participant-join",
            Self::Leave(_) => "participant-leave",
            Self::Mute => "participant-mute",
            Self::Unmute => "participant-unmute",
            Self::Hold => "participant-hold",
            Self::Unhold => "participant-unhold",
            Self::Modify => "participant-modify",
            Self::SpeechStart => "participant-speech-start",
            Self::SpeechStop => "participant-speech-stop",
            Self::AnnouncementEnd { .. } => "announcement-end",
            Self::AnnouncementFail { .. } => "announcement-fail",
        }
    }
}

impl Conference {
    /// Whether the application is to be told of this.
    #[must_use]
    pub fn wants(&self, kind: &EventKind) -> bool {
        self.callback
            .as_ref()
            .is_some_and(|callback| callback.events.contains(&kind.word()))
    }

    /// The `SequenceNumber` of the next event that is sent, from 1 without a gap:
    /// asked for once for each that `wants` let through, in their order.
    pub fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}
