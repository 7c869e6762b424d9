//! Change of a room, applied completely between two ticks.

use confab_terms::limits::MEDIA_COMMANDS_MAX;
use confab_terms::{LegId, RoomId, Voice};

use crate::engine::Engine;
use crate::leg::Place;
use crate::{Beep, BeepTone, Event, RoomChange};

impl Engine {
    /// Applies a change in the order: unseat, seat, audibility, backgrounds, beep. Returns false
    /// for an unknown room; the backgrounds are applied even then, since they belong to the legs.
    pub(crate) fn change(&mut self, id: RoomId, change: &RoomChange) -> bool {
        let slot = self.rooms.slot_of(id.0);
        if let Some(slot) = slot {
            for &leg in &change.unseat {
                let place = self.legs.get(leg.0).and_then(|leg| leg.place);
                if place.is_some_and(|place| place.room == slot) {
                    self.unseat(leg);
                }
            }
            for &(leg, audibility) in &change.seat {
                let Some(known) = self.legs.get(leg.0) else {
                    self.counters.stale_commands += 1;
                    continue;
                };
                if known.place.is_some_and(|place| place.room != slot) {
                    self.unseat(leg);
                }
                let audio = self.rooms.at_mut(slot);
                let seat = audio.map(|audio| audio.room.seat(leg, audibility));
                if let Some(known) = self.legs.get_mut(leg.0) {
                    let wants = known.place.and_then(|place| place.wants);
                    known.place = seat.map(|seat| Place {
                        room: slot,
                        seat,
                        wants,
                    });
                }
                self.fit_leg(leg);
            }
            if let Some(audio) = self.rooms.at_mut(slot) {
                for &(leg, audibility) in &change.audibility {
                    let known = audio.room.set_audibility(leg, audibility);
                    self.counters.stale_commands += u64::from(!known);
                }
                if let Some(beep) = change.beep {
                    audio.room.beep(pitch(beep), beep.except);
                }
            }
        }
        self.equip_changed(change);
        for &(leg, background) in &change.backgrounds {
            let known = self.play(leg, |leg| leg.ear.set_background(background));
            self.counters.stale_commands += u64::from(!known);
        }
        slot.is_some()
    }

    /// Prepares streams for the legs that may hear audio of their own after the change, targets of
    /// whispers included.
    fn equip_changed(&mut self, change: &RoomChange) {
        let unseated = change.unseat.iter().copied();
        let changed = change.seat.iter().chain(&change.audibility);
        let changed = changed.flat_map(|&(leg, audibility)| {
            let target = match audibility.voice {
                Voice::Only(target) => Some(target),
                Voice::ToEveryone | Voice::ToNobody => None,
            };
            [Some(leg), target].into_iter().flatten()
        });
        let except = change.beep.and_then(|beep| beep.except);
        for leg in unseated.chain(changed).chain(except) {
            if let Some(leg) = self.legs.get_mut(leg.0) {
                leg.equip(&mut self.scratch.spares);
            }
        }
    }

    /// Confirms a change with the packets of the next tick.
    pub(crate) fn confirm(&mut self, room: RoomId, number: u64) {
        if self.unconfirmed.len() < MEDIA_COMMANDS_MAX {
            self.unconfirmed.push((room, number));
            return;
        }
        // The change takes effect on the next tick, as reported; only the report is early.
        self.outbox.event(Event::Applied {
            room,
            number,
            tick: self.ticks + 1,
        });
    }

    pub(crate) fn unseat(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(id.0) else {
            return;
        };
        let place = leg.place;
        leg.part();
        if let Some(place) = place
            && let Some(audio) = self.rooms.at_mut(place.room)
        {
            audio.room.unseat(id);
            self.unfit(place.room, place.wants);
        }
    }
}

/// Returns the pitch in Hz; the tone of entering is a fifth above the tone of leaving.
fn pitch(beep: Beep) -> u16 {
    match beep.tone {
        BeepTone::Enter => 660,
        BeepTone::Exit => 440,
    }
}
