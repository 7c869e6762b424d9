//! Checker of responses of the REST API: in time, once, and equal to the oracle's expectation.

use std::collections::BTreeMap;

use confab_switchboard::{Refusal, Reply};
use confab_terms::{CallSid, LegId, RequestId, limits};

use crate::oracle::Picture;
use crate::outcome::Checked;
use crate::questions::{Expects, Question, is_busy};
use crate::world::World;

impl World {
    pub(crate) fn replied(&mut self, request: RequestId, reply: &Reply) -> Checked {
        let Some(Question { asked_at, expects }) = self.books.questions.remove(&request) else {
            return Err(format!("a second reply to {request}: {reply:?}"));
        };
        let waited = self.now.saturating_since(asked_at);
        if waited > limits::APPLIED_WAIT {
            return Err(format!("{request} waited {waited:?} for {reply:?}"));
        }
        match (&expects, reply) {
            (_, Reply::Refused(Refusal::Disagreement { .. })) => Err(format!("{reply:?}")),
            (_, Reply::Refused(Refusal::NotConfirmed)) if waited == limits::APPLIED_WAIT => Ok(()),
            (_, Reply::Refused(Refusal::NotConfirmed)) if self.oracle_lost_room(&expects) => Ok(()),
            (_, Reply::Refused(refusal)) if is_busy(refusal) => Ok(()),
            (_, Reply::Conferences(views)) => {
                self.seen = views
                    .iter()
                    .map(|view| (view.sid, view.friendly_name.clone()))
                    .collect();
                Ok(())
            }
            (expects, Reply::Participants(views)) => {
                let legs = views.iter().map(|view| (view.state.call, view.state.leg));
                self.seated_seen = legs.collect();
                match expects {
                    Expects::Seated(picture) => {
                        self.lists(picture, views.iter().map(|view| &view.state).collect())
                    }
                    _ => Ok(()),
                }
            }
            (Expects::Anything, _) => Ok(()),
            (Expects::Participant(person), Reply::Participant { participant, .. }) => {
                self.oracle.shows(person, &participant.state)
            }
            (
                Expects::Updated(person, change),
                Reply::Participant {
                    participant,
                    applied_tick,
                },
            ) => {
                if let Some(person) = person {
                    self.oracle.shows(person, &participant.state)?;
                }
                let tick = change.and_then(|change| self.applied.get(&change).copied());
                match (change, applied_tick) {
                    (None, None) if waited.is_zero() => Ok(()),
                    (Some(_), Some(_)) if *applied_tick == tick => Ok(()),
                    _ => Err(format!(
                        "{change:?} was applied on {tick:?}, told {applied_tick:?}"
                    )),
                }
            }
            (Expects::Removed, Reply::Removed) => Ok(()),
            (Expects::Audibility(picture), Reply::Audibility(view)) => {
                let pairs: BTreeMap<_, _> = view
                    .pairs
                    .iter()
                    .map(|(listener, speaker, audible, _)| ((*listener, *speaker), *audible))
                    .collect();
                self.matrix(picture, &pairs)
            }
            (Expects::Audibility(_), Reply::Refused(Refusal::NoSuchConference(_))) => Ok(()),
            (expects, reply) => Err(format!("{expects:?} and got {reply:?}")),
        }
    }

    /// Returns whether the room was closed before it confirmed the tick of the change.
    fn oracle_lost_room(&self, expects: &Expects) -> bool {
        match expects {
            Expects::Updated(_, Some((room, _))) => {
                self.oracle.rooms.get(room).is_some_and(|room| room.over)
            }
            _ => true,
        }
    }

    fn lists(
        &self,
        picture: &Picture,
        states: Vec<&confab_conference::ParticipantState>,
    ) -> Checked {
        let legs: Vec<LegId> = states.iter().map(|state| state.leg).collect();
        let known: Vec<LegId> = picture.seated.iter().map(|person| person.leg).collect();
        if legs != known {
            return Err(format!("listed {legs:?}, known {known:?}"));
        }
        for (person, state) in picture.seated.iter().zip(states) {
            self.oracle.shows(person, state)?;
        }
        Ok(())
    }

    fn matrix(&self, picture: &Picture, pairs: &BTreeMap<(CallSid, CallSid), bool>) -> Checked {
        let legs = picture.seated.len();
        if pairs.len() != legs * legs.saturating_sub(1) {
            return Err(format!("{} pairs of {legs} participants", pairs.len()));
        }
        for ((listener, speaker), audible) in pairs {
            let leg = |call| self.oracle.leg_of.get(call).copied().unwrap_or(LegId(0));
            if picture.hears(leg(listener), leg(speaker)) != *audible {
                return Err(format!("told that {listener} hears {speaker}: {audible}"));
            }
        }
        Ok(())
    }
}
