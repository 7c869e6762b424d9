//! `Conference::seat`: an answered call takes its seat, which may start the conference.

use confab_terms::{CallSid, WallTime};

use crate::{Beep, Conference, Effects, Event, EventKind, Hears, Key, Refusal, Status};

/// Minimum number of participants at the start.
const STARTS_WITH: usize = 2;

impl Conference {
    /// Seats an expected call that was answered, and starts the conference if possible. The events
    /// are participant-join, then conference-start.
    ///
    /// # Errors
    ///
    /// Fails if the conference is completed or full, or the call is not expected.
    pub fn seat(&mut self, call: CallSid, now: WallTime) -> Result<Effects, Refusal> {
        self.not_completed()?;
        let expected = self.find(&Key::Call(call))?;
        let Some(arrival) = expected.arrival.as_deref() else {
            return Err(Refusal::AlreadyIn(call));
        };
        self.room_for_one(arrival.max_participants)?;

        let mut effects = Effects::default();
        if let Some(p) = self.participants.get_mut(&call) {
            p.state.seated = true;
            p.state.date_created = now;
            p.state.date_updated = now;
            let arrival = p.arrival.take().map(|arrival| *arrival).unwrap_or_default();
            effects.announcements = arrival.announcements;
            if arrival.beep || p.tones.on_enter.sounds(p.state.coaching) {
                effects.beep = Some(Beep::Enter(Some(p.state.leg)));
            }
            effects.events.push(p.event(EventKind::Join));
            // No participant is seated and the conference is not completed: this participant is the
            // first.
            if self.joined.is_empty() {
                self.callback = arrival.status_callback;
                self.event_callback_url = arrival.event_callback_url;
                self.record = arrival.record;
            }
        }
        self.joined.push(call);
        if self.may_start() {
            self.start(call, now, &mut effects);
        }
        // Only legs that hear the room hear a tone; before the start there are none.
        if self.status != Status::InProgress || self.joined.len() < STARTS_WITH {
            effects.beep = None;
        }
        if let Some(p) = self.seated_one(call) {
            effects.seat.push((p.state.leg, self.audibility_of(p)));
            let hears = self.hears_of(p);
            if hears != Hears::Room {
                effects.hears.push((call, hears));
            }
        }
        Ok(effects)
    }

    /// Returns whether the conference may start. Held, muted and coaching participants count.
    fn may_start(&self) -> bool {
        self.status == Status::Init
            && self.joined.len() >= STARTS_WITH
            && self.participants().any(|p| p.start_conference_on_enter)
    }

    /// Starts the conference and updates the audibility of all but the participant just seated.
    fn start(&mut self, seated_now: CallSid, now: WallTime, effects: &mut Effects) {
        self.status = Status::InProgress;
        self.date_updated = now;
        // The recording begins at the start: before, all voices are inaudible.
        effects.record = self.record.take();
        for &call in self.joined.iter().filter(|call| **call != seated_now) {
            let Some(p) = self.participants.get(&call) else {
                continue;
            };
            let audibility = self.audibility_of(p);
            if !p.state.hold {
                effects.audibility.push((p.state.leg, audibility));
                effects.hears.push((call, Hears::Room));
            }
        }
        effects.events.push(Event {
            kind: EventKind::Start,
            participant: None,
        });
    }
}
