//! A participant's state, as rules and API know it, and what only the rules know of it.

use confab_terms::{CallSid, LegId, WallTime};
use serde::{Deserialize, Serialize};

use crate::beep::Tones;
use crate::{Announcement, Callback, Event, EventKind, Music, RecordWish, Settings};

/// Everything the API shows of a participant, and its label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantState {
    /// Its call.
    pub call: CallSid,
    /// Its call's media end.
    pub leg: LegId,
    /// Another key for its path.
    pub label: Option<String>,
    /// As in the API.
    pub muted: bool,
    /// As in the API.
    pub hold: bool,
    /// As in the API.
    pub coaching: bool,
    /// As in the API; `None` while `coaching` after the target left: heard by nobody.
    pub call_sid_to_coach: Option<CallSid>,
    /// As in the API.
    pub start_conference_on_enter: bool,
    /// As in the API.
    pub end_conference_on_exit: bool,
    /// When it joined (before that: when it was expected).
    pub date_created: WallTime,
    /// When something last changed.
    pub date_updated: WallTime,
    /// False while the call only has been told to join.
    pub seated: bool,
}

/// Whom a participant coaches. The two fields of the API are its spelling: this is their only
/// reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coaching {
    /// An ordinary voice.
    No,
    /// The target left: heard by nobody.
    Nobody,
    /// This call alone hears it.
    Call(CallSid),
}

/// A participant, seated or expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Participant {
    pub(crate) state: ParticipantState,
    /// What it hears before the start.
    pub(crate) wait: Music,
    /// While held: what plays. While not held: what the next hold plays.
    pub(crate) hold_music: Music,
    pub(crate) tones: Tones,
    /// The application was told, or would have been, that it speaks.
    pub(crate) speaks: bool,
    /// What is done with when it takes its seat.
    pub(crate) arrival: Option<Box<Arrival>>,
}

/// What an expected participant brings along or is waited for with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Arrival {
    pub(crate) max_participants: Option<u32>,
    pub(crate) status_callback: Option<Callback>,
    pub(crate) event_callback_url: Option<String>,
    pub(crate) record: Option<RecordWish>,
    pub(crate) announcements: Vec<Announcement>,
    /// An update said `Beep=true`: its coming is heard whatever its setting says.
    pub(crate) beep: bool,
}

impl Participant {
    pub(crate) fn expected(
        call: CallSid,
        leg: LegId,
        settings: Settings,
        now: WallTime,
    ) -> Participant {
        Participant {
            state: ParticipantState {
                call,
                leg,
                label: settings.label,
                muted: settings.muted,
                hold: false,
                coaching: settings.coach.is_some(),
                call_sid_to_coach: settings.coach,
                start_conference_on_enter: settings.start_conference_on_enter,
                end_conference_on_exit: settings.end_conference_on_exit,
                date_created: now,
                date_updated: now,
                seated: false,
            },
            wait: settings.wait,
            hold_music: Music::BuiltIn,
            tones: Tones::of(settings.beep, settings.beep_is_explicit),
            speaks: false,
            arrival: Some(Box::new(Arrival {
                max_participants: settings.max_participants,
                status_callback: settings.status_callback,
                event_callback_url: settings.event_callback_url,
                record: settings.record,
                ..Arrival::default()
            })),
        }
    }

    pub(crate) fn coaching(&self) -> Coaching {
        match (self.state.coaching, self.state.call_sid_to_coach) {
            (false, _) => Coaching::No,
            (true, None) => Coaching::Nobody,
            (true, Some(target)) => Coaching::Call(target),
        }
    }

    pub(crate) fn set_coaching(&mut self, coaching: Coaching) {
        (self.state.coaching, self.state.call_sid_to_coach) = match coaching {
            Coaching::No => (false, None),
            Coaching::Nobody => (true, None),
            Coaching::Call(target) => (true, Some(target)),
        };
    }

    /// Whether its leaving sounds.
    pub(crate) fn beeps_on_exit(&self) -> bool {
        self.tones.on_exit.sounds(self.state.coaching)
    }

    /// What happened to it, with its state as it is now.
    pub(crate) fn event(&self, kind: EventKind) -> Event {
        Event {
            kind,
            participant: Some(Box::new(self.state.clone())),
        }
    }
}
