//! Load of a media thread: the share of its ticks spent working decides whether the thread accepts
//! calls. A single long tick has little effect, as another program may have used the processor.

use std::time::Duration;

use confab_terms::limits::TICK;

/// Share of a tick above which the thread accepts no calls; a further call or a delay must not make
/// a tick late. Below `UNDER` the thread accepts calls again.
const OVER: f32 = 0.75;
const UNDER: f32 = 0.60;
/// Weight of a tick in the moving average: about two thirds of a second of ticks determine it.
const WEIGHT: f32 = 1.0 / 32.0;

/// Minimum change of the load that is reported, in percentage points.
const STEP_PERCENT: f32 = 5.0;

#[derive(Debug, Default)]
pub(crate) struct Load {
    share: f32,
    told: LoadTold,
}

/// Load of a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LoadTold {
    /// Share of ticks spent working, in percent.
    pub(crate) busy_percent: u8,
    /// True if the thread accepts no further calls.
    pub(crate) overloaded: bool,
    /// New value of `overloaded`, if changed.
    pub(crate) changes: Option<bool>,
}

impl Load {
    /// Records the length of a tick, and whether the thread has given up its priority: then it
    /// accepts no calls. Returns the load if it has changed enough.
    pub(crate) fn tick(&mut self, length: Duration, is_given_up: bool) -> Option<LoadTold> {
        let share = (length.as_secs_f32() / TICK.as_secs_f32()).min(1.0);
        self.share += (share - self.share) * WEIGHT;
        let was = self.told;
        let limit = if was.overloaded { UNDER } else { OVER };
        let overloaded = is_given_up || self.share > limit;
        let changes = (overloaded != was.overloaded).then_some(overloaded);
        let percent = self.share * 100.0;
        let differs = (percent - f32::from(was.busy_percent)).abs() >= STEP_PERCENT;
        if changes.is_none() && !differs {
            return None;
        }
        self.told = LoadTold {
            busy_percent: percent as u8,
            overloaded,
            changes,
        };
        Some(self.told)
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Load, LoadTold};

    fn after(load: &mut Load, ticks: usize, ms: u64) -> Vec<LoadTold> {
        let length = Duration::from_millis(ms);
        (0..ticks)
            .filter_map(|_| load.tick(length, false))
            .collect()
    }

    fn changes(load: &mut Load, ticks: usize, ms: u64) -> Vec<bool> {
        let told = after(load, ticks, ms);
        told.into_iter().filter_map(|told| told.changes).collect()
    }

    const NOTHING: [bool; 0] = [];

    #[test]
    fn work_counts_and_a_stall_does_not() {
        let mut load = Load::default();
        assert_eq!(changes(&mut load, 500, 10), NOTHING);
        assert_eq!(
            changes(&mut load, 3, 900),
            NOTHING,
            "a stall of three ticks"
        );
        assert_eq!(changes(&mut load, 500, 10), NOTHING);
        assert_eq!(changes(&mut load, 500, 16), [true], "eight tenths of each");
        assert_eq!(changes(&mut load, 500, 13), NOTHING, "not yet");
        assert_eq!(changes(&mut load, 500, 10), [false]);
    }

    #[test]
    fn it_is_told_as_often_as_it_changes_by_much() {
        let mut load = Load::default();
        let told = after(&mut load, 500, 4);
        let percents: Vec<u8> = told.iter().map(|told| told.busy_percent).collect();
        assert_eq!(percents, [5, 10, 15], "on its way to twenty");
        assert_eq!(after(&mut load, 500, 4), []);
        assert!(told.iter().all(|told| !told.overloaded));
    }

    #[test]
    fn thread_without_its_priority_takes_no_more() {
        let mut load = Load::default();
        let length = Duration::from_millis(1);
        let told = load.tick(length, true).expect("a change");
        assert_eq!((told.overloaded, told.changes), (true, Some(true)));
        assert_eq!(load.tick(length, true), None);
        let told = load.tick(length, false).expect("a change");
        assert_eq!((told.overloaded, told.changes), (false, Some(false)));
    }
}
