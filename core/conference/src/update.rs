//! `Conference::update`: update of a participant by typed, optional fields, applied completely or
//! not at all.

use confab_terms::{CallSid, Method, WallTime, limits};
use serde::{Deserialize, Serialize};

use crate::beep::{Tone, Tones};
use crate::participant::Participant;
use crate::{
    Announcement, Beep, BeepWish, Conference, Effects, EventKind, Key, Refusal, Status, Url,
};

/// Value of `CallSidToCoach`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Empty value: ends coaching.
    Nobody,
    /// Well-formed sid.
    Call(CallSid),
    /// Value that is not a sid: no such participant (16002).
    Unknown(String),
}

/// Fields of one update; `None`: absent, hence unchanged. All values are well-formed (booleans are
/// booleans, URLs are absolute). The conference rejects values that conflict with its state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// `Muted`.
    pub muted: Option<bool>,
    /// `Hold`.
    pub hold: Option<bool>,
    /// `HoldUrl`; silence if empty.
    pub hold_url: Option<String>,
    /// `HoldMethod`; GET when absent.
    pub hold_method: Option<Method>,
    /// `Coaching`.
    pub coaching: Option<bool>,
    /// `CallSidToCoach`.
    pub call_sid_to_coach: Option<Target>,
    /// `AnnounceUrl`.
    pub announce_url: Option<String>,
    /// `AnnounceMethod`; POST when absent.
    pub announce_method: Option<Method>,
    /// `WaitUrl`; silence if empty.
    pub wait_url: Option<String>,
    /// `WaitMethod`; POST when absent.
    pub wait_method: Option<Method>,
    /// `Beep`: `Both` plays one tone now; `Never` has no effect; the other values are stored.
    pub beep: Option<BeepWish>,
    /// `BeepOnExit`.
    pub beep_on_exit: Option<bool>,
    /// `EndConferenceOnExit`.
    pub end_conference_on_exit: Option<bool>,
}

impl Conference {
    /// Updates a participant completely or not at all. The effects are empty if nothing audible or
    /// reportable changed. Order of the events: mute, hold, modify (at most one).
    ///
    /// # Errors
    ///
    /// Fails if the conference is completed, the participant does not exist, the coaching target is
    /// not permitted, or too many announcements are queued.
    pub fn update(
        &mut self,
        key: &Key,
        update: &Update,
        now: WallTime,
    ) -> Result<Effects, Refusal> {
        self.not_completed()?;
        let before = self.find(key)?;
        let mut after = before.clone();
        after.set_coaching(self.coaching_after(before, update)?);
        after.state.muted = update.muted.unwrap_or(before.state.muted);
        after.update_hold(update);
        after.update_wait(update);
        let ends = update.end_conference_on_exit;
        after.state.end_conference_on_exit = ends.unwrap_or(before.state.end_conference_on_exit);
        after.update_tones(update);

        after.state.date_updated = now;
        let effects = if before.state.seated {
            self.effects_of(before, &after, update)
        } else {
            after.await_with(update)?;
            Effects::default()
        };
        if effects == Effects::default() && after.is_like(before) {
            after.state.date_updated = before.state.date_updated;
        }
        self.participants.insert(after.state.call, after);
        Ok(effects)
    }

    fn effects_of(&self, before: &Participant, after: &Participant, update: &Update) -> Effects {
        let mut effects = Effects::default();
        let call = after.state.call;
        let audibility = self.audibility_of(after);
        if audibility != self.audibility_of(before) {
            effects.audibility.push((after.state.leg, audibility));
        }
        let hears = self.hears_of(after);
        if hears != self.hears_of(before) {
            effects.hears.push((call, hears));
        }
        // Before the start no leg hears the room, hence no tone.
        if update.beep == Some(BeepWish::Both) && self.status == Status::InProgress {
            effects.beep = Some(Beep::Enter(None));
        }
        effects.announcements.extend(announcement(call, update));
        effects.events = [
            told(
                before.state.muted,
                after.state.muted,
                EventKind::Mute,
                EventKind::Unmute,
            ),
            told(
                before.state.hold,
                after.state.hold,
                EventKind::Hold,
                EventKind::Unhold,
            ),
            modified(before, after).then_some(EventKind::Modify),
        ]
        .into_iter()
        .flatten()
        .map(|kind| after.event(kind))
        .collect();
        effects
    }
}

impl Participant {
    fn update_tones(&mut self, update: &Update) {
        match update.beep {
            Some(wish @ (BeepWish::OnEnter | BeepWish::OnExit)) => {
                self.tones = Tones::of(wish, true);
            }
            Some(BeepWish::Both | BeepWish::Never) | None => {}
        }
        if let Some(yes) = update.beep_on_exit {
            self.tones.on_exit = Tone::explicitly(yes);
        }
    }

    /// Returns whether no visible change was made, now or later. A changed tone setting with an
    /// equal effect is no change.
    fn is_like(&self, before: &Self) -> bool {
        let mut then = before.clone();
        then.state.date_updated = self.state.date_updated;
        if self.beeps_on_exit() == before.beeps_on_exit() {
            then.tones = self.tones;
        }
        then == *self
    }

    /// Stores announcements and tones of an expected participant until the participant is seated.
    fn await_with(&mut self, update: &Update) -> Result<(), Refusal> {
        let Some(arrival) = self.arrival.as_deref_mut() else {
            return Ok(());
        };
        if let Some(announcement) = announcement(self.state.call, update) {
            if arrival.announcements.len() >= limits::ANNOUNCEMENTS_MAX {
                return Err(Refusal::TooManyAnnouncements(arrival.announcements.len()));
            }
            arrival.announcements.push(announcement);
        }
        arrival.beep |= update.beep == Some(BeepWish::Both);
        Ok(())
    }
}

fn announcement(to: CallSid, update: &Update) -> Option<Announcement> {
    let url = update.announce_url.clone().filter(|url| !url.is_empty())?;
    let method = update.announce_method.unwrap_or(Method::Post);
    Some(Announcement {
        to,
        from: Url { url, method },
        to_all: false,
    })
}

fn told(before: bool, after: bool, on: EventKind, off: EventKind) -> Option<EventKind> {
    (before != after).then_some(if after { on } else { off })
}

/// Returns whether participant-modify is to be sent.
fn modified(before: &Participant, after: &Participant) -> bool {
    before.coaching() != after.coaching()
        || before.state.end_conference_on_exit != after.state.end_conference_on_exit
        || before.beeps_on_exit() != after.beeps_on_exit()
        || before.wait != after.wait
}
