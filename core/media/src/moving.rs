//! Move of a leg between engines, between two ticks, with its complete state and without its room.
//! If both engines tick at the same moments, no frame is lost.

use confab_terms::limits::TICK;
use confab_terms::{Instant, LegId, RecordingSid};
use serde::{Deserialize, Serialize};

use crate::apply::ARENA_BYTES_A_LEG;
use crate::engine::Engine;
use crate::leg::Leg;
use crate::tape::SAMPLES_MAX;

/// Leg that belongs to no engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MovedLeg {
    leg: Box<Leg>,
    /// Moment of its next tick.
    due: Instant,
    /// Number of ticks from `due` to its next report.
    report_in: u64,
}

impl MovedLeg {
    /// Returns the recording that records it.
    #[must_use]
    pub fn recording(&self) -> Option<RecordingSid> {
        let tape = self.leg.tape.as_ref()?;
        Some(tape.tape.recording)
    }

    /// Returns the id of the leg.
    #[must_use]
    pub fn id(&self) -> LegId {
        self.leg.id
    }
}

impl Engine {
    /// Removes a leg between two ticks, so that another engine takes it over. Returns `None` if
    /// there is no such leg.
    #[must_use = "the leg is nowhere else"]
    pub fn let_go(&mut self, id: LegId) -> Option<MovedLeg> {
        self.unseat(id);
        let leg = self.legs.remove(id.0)?;
        self.tapes = self.tapes.saturating_sub(usize::from(leg.tape.is_some()));
        Some(MovedLeg {
            due: self.deadline,
            report_in: leg.report_at.saturating_sub(self.ticks),
            leg,
        })
    }

    /// Returns false if this engine's next tick is too early: the leg would get two ticks of the
    /// same moment.
    #[must_use]
    pub fn is_due(&self, moved: &MovedLeg) -> bool {
        moved.due <= self.deadline + TICK / 2
    }

    /// Takes over a leg that is due, from the next tick on. Ticks that the leg missed are skipped
    /// in both directions. Returns false if a leg with this id exists. The number of legs is
    /// bounded where they are opened.
    pub fn take_over(&mut self, moved: MovedLeg) -> bool {
        let MovedLeg {
            mut leg,
            due,
            report_in,
        } = moved;
        let id = leg.id;
        let missed = ticks_between(due, self.deadline);
        // After the packets that wait in its sockets.
        leg.to_skip = missed;
        leg.stream.skip(missed, leg.coding.codec());
        leg.report_at = self.ticks + report_in;
        if let Some(tape) = &mut leg.tape {
            tape.tape.leave_out(missed, &mut self.outbox);
            self.tapes += 1;
            self.outbox.reserve_samples(self.tapes * SAMPLES_MAX);
        }
        leg.equip(&mut self.scratch.spares);
        // The replies to its earlier requests of sound may have gone to the former engine.
        leg.ear.playing().for_each(crate::player::Playing::ask_anew);
        let taken = self.legs.insert_boxed(id.0, leg).is_ok();
        self.outbox.reserve(self.legs.len(), ARENA_BYTES_A_LEG);
        self.play(id, |_| {});
        taken
    }
}

/// Returns the number of whole ticks between two moments, rounded to the nearest.
fn ticks_between(from: Instant, to: Instant) -> u32 {
    let between = to.saturating_since(from) + TICK / 2;
    u32::try_from(between.as_nanos() / TICK.as_nanos()).unwrap_or(u32::MAX)
}
