//! State of a participant: the part that the API shows, and the part that only the rules use.

use confab_terms::{CallSid, LegId, WallTime};
use serde::{Deserialize, Serialize};

use crate::beep::Tones;
use crate::{Announcement, Callback, Event, EventKind, Music, RecordWish, Settings};

/// State of a participant as shown by the API, and the label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantState {
    /// CallSid.
    pub call: CallSid,
    /// Media end of the call.
    pub leg: LegId,
    /// Label, a second key for the URL path.
    pub label: Option<String>,
    /// True if muted.
    pub muted: bool,
    /// True if held.
    pub hold: bool,
    /// True if coaching.
    pub coaching: bool,
    /// Coaching target. `None` while `coaching` after the target left: the participant is
    /// inaudible.
    pub call_sid_to_coach: Option<CallSid>,
    /// True if the participant may start the conference.
    pub start_conference_on_enter: bool,
    /// True if the conference ends when the participant leaves.
    pub end_conference_on_exit: bool,
    /// Time of the join; before the join, time of the registration.
    pub date_created: WallTime,
    /// Time of the last change.
    pub date_updated: WallTime,
    /// False while the participant is expected.
    pub seated: bool,
}

/// Coaching of a participant, derived from the two fields of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coaching {
    /// Not coaching: an ordinary voice.
    No,
    /// The target left: the participant is inaudible.
    Nobody,
    /// Target, which alone hears the participant.
    Call(CallSid),
}

/// Participant, seated or expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Participant {
    pub(crate) state: ParticipantState,
    /// Music before the start of the conference.
    pub(crate) wait: Music,
    /// Music of the current hold, or of the next one.
    pub(crate) hold_music: Music,
    pub(crate) tones: Tones,
    /// True between speech start and speech stop, whether or not the events are subscribed.
    pub(crate) speaks: bool,
    /// Data to apply when the participant is seated.
    pub(crate) arrival: Option<Box<Arrival>>,
}

/// Settings and requests that apply when an expected participant is seated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Arrival {
    pub(crate) max_participants: Option<u32>,
    pub(crate) status_callback: Option<Callback>,
    pub(crate) event_callback_url: Option<String>,
    pub(crate) record: Option<RecordWish>,
    pub(crate) announcements: Vec<Announcement>,
    /// True after an update with `Beep=true`: the join plays a tone regardless of the setting.
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

    /// Returns whether the leave plays a tone.
    pub(crate) fn beeps_on_exit(&self) -> bool {
        self.tones.on_exit.sounds(self.state.coaching)
    }

    /// Returns an event with the current state of the participant.
    pub(crate) fn event(&self, kind: EventKind) -> Event {
        Event {
            kind,
            participant: Some(Box::new(self.state.clone())),
        }
    }
}
