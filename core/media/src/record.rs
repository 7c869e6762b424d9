//! Start, pause and end of recordings, between two ticks.

use confab_terms::limits::{CALLS_MAX, CONFERENCES_MAX};
use confab_terms::{PauseBehavior, RecordingSid};

use crate::Recorded;
use crate::engine::Engine;
use crate::tape::{LegTape, RoomTape, SAMPLES_MAX, Tape};

impl Engine {
    /// Starts a recording. Returns false, with the end reported, if its source does not exist or is
    /// already recorded.
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

    /// Stops a recording. Returns false if the recording had already ended, with the end reported.
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

    /// Delivers the buffered audio and reports the end.
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
