//! Recordings begun, paused and ended, between two ticks.

use confab_terms::limits::{CALLS_MAX, CONFERENCES_MAX};
use confab_terms::{PauseBehavior, RecordingSid};

use crate::Recorded;
use crate::engine::Engine;
use crate::tape::{LegTape, RoomTape, SAMPLES_MAX, Tape};

impl Engine {
    /// False, and it is over already: what is to be recorded is not here, or is recorded already.
    pub(crate) fn record(&mut self, recording: RecordingSid, of: Recorded) -> bool {
        let begun = self.tapes < CALLS_MAX + CONFERENCES_MAX && self.begin(recording, of);
        if begun {
            self.tapes += 1;
            self.outbox.reserve_samples(self.tapes * SAMPLES_MAX);
        } else {
            self.outbox.recording_over(recording);
        }
        begun
    }

    fn begin(&mut self, recording: RecordingSid, of: Recorded) -> bool {
        match of {
            Recorded::Room(room) => match self.rooms.get_mut(room.0) {
                Some(audio) if audio.tape.is_none() => {
                    audio.tape = Some(Box::new(RoomTape::new(recording, &audio.room)));
                    true
                }
                _ => false,
            },
            Recorded::Leg {
                leg,
                dual,
                track,
                tells_voice,
            } => match self.legs.get_mut(leg.0) {
                Some(leg) if leg.tape.is_none() => {
                    let rate = leg.coding.codec().rate();
                    let tape = LegTape::new(recording, rate, (dual, track), tells_voice);
                    leg.tape = Some(Box::new(tape));
                    leg.equip(&mut self.scratch.spares);
                    true
                }
                _ => false,
            },
        }
    }

    pub(crate) fn pause_recording(
        &mut self,
        recording: RecordingSid,
        of: Recorded,
        pause: Option<PauseBehavior>,
    ) -> bool {
        match self.tape(recording, of) {
            Some(tape) => {
                tape.pause = pause;
                true
            }
            None => false,
        }
    }

    /// False: it is over already, and that was told.
    pub(crate) fn stop_recording(&mut self, recording: RecordingSid, of: Recorded) -> bool {
        if self.tape(recording, of).is_none() {
            return false;
        }
        let tape = match of {
            Recorded::Room(room) => {
                let audio = self.rooms.get_mut(room.0);
                audio.and_then(|audio| audio.tape.take()).map(|t| t.tape)
            }
            Recorded::Leg { leg, .. } => {
                let leg = self.legs.get_mut(leg.0);
                leg.and_then(|leg| leg.tape.take()).map(|t| t.tape)
            }
        };
        match tape {
            Some(tape) => {
                self.end_tape(tape);
                true
            }
            None => false,
        }
    }

    /// What it still holds, and that nothing follows.
    pub(crate) fn end_tape(&mut self, mut tape: Tape) {
        self.tapes = self.tapes.saturating_sub(1);
        tape.hand_on(&mut self.outbox);
        self.outbox.recording_over(tape.recording);
    }

    fn tape(&mut self, recording: RecordingSid, of: Recorded) -> Option<&mut Tape> {
        let tape = match of {
            Recorded::Room(room) => &mut self.rooms.get_mut(room.0)?.tape.as_mut()?.tape,
            Recorded::Leg { leg, .. } => &mut self.legs.get_mut(leg.0)?.tape.as_mut()?.tape,
        };
        (tape.recording == recording).then_some(tape)
    }
}
