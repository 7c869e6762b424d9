//! Audibility between participants: the same rule for the room and for the reasons shown to users.

use confab_terms::{Audibility, CallSid, Voice};
use serde::{Deserialize, Serialize};

use crate::participant::{Coaching, Participant};
use crate::{Conference, Hears, MusicKind, Status};

/// Reason why a listener hears or does not hear a speaker: the first applicable one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Because {
    /// not-started; also if a participant is not seated.
    NotStarted,
    /// listener-held
    ListenerHeld,
    /// speaker-held
    SpeakerHeld,
    /// speaker-muted
    SpeakerMuted,
    /// coaching-another
    CoachingAnother,
    /// heard
    Heard,
}

impl Conference {
    /// Returns the first applicable reason for an ordered pair of participants.
    #[must_use]
    pub fn because(&self, listener: CallSid, speaker: CallSid) -> Because {
        let (Some(l), Some(s)) = (self.seated_one(listener), self.seated_one(speaker)) else {
            return Because::NotStarted;
        };
        if self.status != Status::InProgress {
            Because::NotStarted
        } else if l.state.hold {
            Because::ListenerHeld
        } else if s.state.hold {
            Because::SpeakerHeld
        } else if s.state.muted {
            Because::SpeakerMuted
        } else {
            match s.coaching() {
                Coaching::No => Because::Heard,
                Coaching::Call(target) if target == listener => Because::Heard,
                Coaching::Call(_) | Coaching::Nobody => Because::CoachingAnother,
            }
        }
    }

    /// Returns the audibility of the call's leg. A call that is not seated is inaudible and hears
    /// nothing.
    #[must_use]
    pub fn audibility(&self, call: CallSid) -> Audibility {
        self.seated_one(call)
            .map(|p| self.audibility_of(p))
            .unwrap_or_default()
    }

    /// Returns the sound that the call hears besides the room, or instead of the room.
    #[must_use]
    pub fn hears(&self, call: CallSid) -> Hears {
        self.seated_one(call)
            .map_or(Hears::Room, |p| self.hears_of(p))
    }

    pub(crate) fn seated_one(&self, call: CallSid) -> Option<&Participant> {
        self.participants.get(&call).filter(|p| p.state.seated)
    }

    /// Returns the audibility of a participant's leg. The voice of a coach stays directed to the
    /// target while the target is held; the target's own `hears` is false then.
    pub(crate) fn audibility_of(&self, p: &Participant) -> Audibility {
        if self.status != Status::InProgress || p.state.hold || !p.state.seated {
            return Audibility {
                voice: Voice::ToNobody,
                hears: false,
            };
        }
        let voice = match p.coaching() {
            _ if p.state.muted => Voice::ToNobody,
            Coaching::No => Voice::ToEveryone,
            Coaching::Nobody => Voice::ToNobody,
            Coaching::Call(target) => self
                .seated_one(target)
                .map_or(Voice::ToNobody, |target| Voice::Only(target.state.leg)),
        };
        Audibility { voice, hears: true }
    }

    /// Returns the sound of a participant; hold music has priority over wait music.
    pub(crate) fn hears_of(&self, p: &Participant) -> Hears {
        if p.state.hold {
            Hears::Music(MusicKind::Hold, p.hold_music.clone())
        } else if self.status == Status::Init {
            Hears::Music(MusicKind::Wait, p.wait.clone())
        } else {
            Hears::Room
        }
    }
}
