//! Subscription of events, and their sequence numbers.

use crate::{Conference, EventKind, EventWord};

impl EventKind {
    /// Returns the word of `statusCallbackEvent` that subscribes to the event.
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

    /// Returns the value of `StatusCallbackEvent`.
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
    /// Returns whether the application subscribed to the event.
    #[must_use]
    pub fn wants(&self, kind: &EventKind) -> bool {
        self.callback
            .as_ref()
            .is_some_and(|callback| callback.events.contains(&kind.word()))
    }

    /// Returns the `SequenceNumber` of the next sent event, from 1 without gaps. Call once, in
    /// order, for each event that `wants` accepts.
    pub fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}
