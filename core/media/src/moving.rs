//! A leg on its way from one engine to another, between two ticks: in no room, with all that it
//! knows. Engines that tick at the same moments hand it over without a frame between.

use confab_terms::limits::TICK;
use confab_terms::{Instant, LegId, RecordingSid};
use serde::{Deserialize, Serialize};

use crate::apply::ARENA_BYTES_A_LEG;
use crate::engine::Engine;
use crate::leg::Leg;
use crate::tape::SAMPLES_MAX;

/// A leg that no engine has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MovedLeg {
    leg: Box<Leg>,
    /// Its next tick was due then.
    due: Instant,
    /// Ticks from there to its next report.
    report_in: u64,
}

impl MovedLeg {
    /// What is recorded of it.
    #[must_use]
    pub fn recording(&self) -> Option<RecordingSid> {
        let tape = self.leg.tape.as_ref()?;
        Some(tape.tape.recording)
    }

    /// Whose it is.
    #[must_use]
    pub fn id(&self) -> LegId {
        self.leg.id
    }
}

impl Engine {
    /// Lets go of a leg between two ticks, for another engine to take it over. `None`: it is not
    /// here.
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

    /// Whether its next tick is not before ours: else it would have two of one moment.
    #[must_use]
    pub fn is_due(&self, moved: &MovedLeg) -> bool {
        moved.due <= self.deadline + TICK / 2
    }

    /// Goes on with a leg that is due, from the next tick on. Ticks that it had nowhere are left
    /// out of what it says and hears. False if one of this name is here already. How many there
    /// can be is bounded where they are opened.
    pub fn take_over(&mut self, moved: MovedLeg) -> bool {
        let MovedLeg {
            mut leg,
            due,
            report_in,
        } = moved;
        let id = leg.id;
        let missed = ticks_between(due, self.deadline);
        // Once what waits in its sockets is read.
        leg.to_skip = missed;
        leg.stream.skip(missed, leg.coding.codec());
        leg.report_at = self.ticks + report_in;
        if let Some(tape) = &mut leg.tape {
            tape.tape.leave_out(missed, &mut self.outbox);
            self.tapes += 1;
            self.outbox.reserve_samples(self.tapes * SAMPLES_MAX);
        }
        leg.equip(&mut self.scratch.spares);
        // Whoever was asked for its sounds may have answered where it was.
        leg.ear.playing().for_each(crate::player::Playing::ask_anew);
        let taken = self.legs.insert_boxed(id.0, leg).is_ok();
        self.outbox.reserve(self.legs.len(), ARENA_BYTES_A_LEG);
        self.play(id, |_| {});
        taken
    }
}

/// Whole ticks, as clocks that are not quite in step count them.
fn ticks_between(from: Instant, to: Instant) -> u32 {
    let between = to.saturating_since(from) + TICK / 2;
    u32::try_from(between.as_nanos() / TICK.as_nanos()).unwrap_or(u32::MAX)
}
