//! One update of a participant: typed, every field optional, and `Conference::update`, which
//! applies all of it or nothing.

use confab_terms::{CallSid, Method, WallTime, limits};
use serde::{Deserialize, Serialize};

use crate::beep::{Tone, Tones};
use crate::participant::Participant;
use crate::{
    Announcement, Beep, BeepWish, Conference, Effects, EventKind, Key, Refusal, Status, Url,
};

/// `CallSidToCoach` as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// Sent empty: clears.
    Nobody,
    /// A well-formed sid.
    Call(CallSid),
    /// Not a sid at all: no such participant (16002).
    Unknown(String),
}

/// The fields of one update. `None`: absent, so unchanged. Values are already well-formed
/// (a boolean is one, a URL is absolute); what only the conference can refuse, it refuses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// `Muted`.
    pub muted: Option<bool>,
    /// `Hold`.
    pub hold: Option<bool>,
    /// `HoldUrl`; empty is silence.
    pub hold_url: Option<String>,
    /// `HoldMethod`, GET when absent.
    pub hold_method: Option<Method>,
    /// `Coaching`.
    pub coaching: Option<bool>,
    /// `CallSidToCoach`.
    pub call_sid_to_coach: Option<Target>,
    /// `AnnounceUrl`.
    pub announce_url: Option<String>,
    /// `AnnounceMethod`, POST when absent.
    pub announce_method: Option<Method>,
    /// `WaitUrl`; empty is silence.
    pub wait_url: Option<String>,
    /// `WaitMethod`, POST when absent.
    pub wait_method: Option<Method>,
    /// `Beep`: `Both` sounds once now; `Never` does nothing; the others are kept.
    pub beep: Option<BeepWish>,
    /// `BeepOnExit`.
    pub beep_on_exit: Option<bool>,
    /// `EndConferenceOnExit`.
    pub end_conference_on_exit: Option<bool>,
}

impl Conference {
    /// An update: all of it or nothing. `Effects` is empty (`Effects::default()`) if it changed
    /// nothing that can be heard or told. Events in this order: mute, hold, modify (one at most).
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
        // Before the start nobody hears the room, so there is nobody to hear a tone.
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

    /// Nothing changed that anybody could see, now or later. A tone that is asked for and would
    /// have sounded anyway is no change.
    fn is_like(&self, before: &Self) -> bool {
        let mut then = before.clone();
        then.state.date_updated = self.state.date_updated;
        if self.beeps_on_exit() == before.beeps_on_exit() {
            then.tones = self.tones;
        }
        then == *self
    }

    /// What can only be heard once it has joined waits for that.
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

/// What participant-modify tells of.
fn modified(before: &Participant, after: &Participant) -> bool {
    before.coaching() != after.coaching()
        || before.state.end_conference_on_exit != after.state.end_conference_on_exit
        || before.beeps_on_exit() != after.beeps_on_exit()
        || before.wait != after.wait
}
