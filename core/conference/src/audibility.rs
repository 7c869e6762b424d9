//! Who hears whom: the one formula, said once for the room and once for people.

use confab_terms::{Audibility, CallSid, Voice};
use serde::{Deserialize, Serialize};

use crate::participant::{Coaching, Participant};
use crate::{Conference, Hears, MusicKind, Status};

/// Why a listener hears or does not hear a speaker: the first that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Because {
    /// not-started; also said of someone who is not seated.
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
    /// What the rules say of (listener, speaker), and the first reason that holds.
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

    /// What the rules decide for this call's leg; nothing is audible of one who is not seated.
    #[must_use]
    pub fn audibility(&self, call: CallSid) -> Audibility {
        self.seated_one(call)
            .map(|p| self.audibility_of(p))
            .unwrap_or_default()
    }

    /// What this call hears besides the room, or instead of it.
    #[must_use]
    pub fn hears(&self, call: CallSid) -> Hears {
        self.seated_one(call)
            .map_or(Hears::Room, |p| self.hears_of(p))
    }

    pub(crate) fn seated_one(&self, call: CallSid) -> Option<&Participant> {
        self.participants.get(&call).filter(|p| p.state.seated)
    }

    /// A coach whose target is held still speaks to that leg alone: the leg's own `hears` is
    /// false then, and nobody else's matters.
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

    /// Hold music wins over wait music.
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
