//! `Conference::seat`: an answered call takes its seat, and may thereby start the conference.

use confab_terms::{CallSid, WallTime};

use crate::{Beep, Conference, Effects, Event, EventKind, Hears, Key, Refusal, Status};

/// It takes two to start.
const STARTS_WITH: usize = 2;

impl Conference {
    /// An expected call was answered: it takes its seat (and may thereby start the conference).
    /// Events in the order of cause and consequence: participant-join, then conference-start.
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
            // Nobody is seated and it is not completed: this is the first.
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
        // A tone is for those who hear the room, and before the start nobody does.
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

    /// Held, muted and coaching ones count.
    fn may_start(&self) -> bool {
        self.status == Status::Init
            && self.joined.len() >= STARTS_WITH
            && self.participants().any(|p| p.start_conference_on_enter)
    }

    /// Everyone but the one who takes its seat just now gets its new audibility.
    fn start(&mut self, seated_now: CallSid, now: WallTime, effects: &mut Effects) {
        self.status = Status::InProgress;
        self.date_updated = now;
        // Before the start nobody says anything to anybody.
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
