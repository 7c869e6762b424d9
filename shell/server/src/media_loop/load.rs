//! Whether a media thread can take more: told from how much of its ticks it works. Says nothing of
//! one tick that was long, as another program may have had the processor.

use std::time::Duration;

use confab_terms::limits::TICK;

/// Beyond this share of a tick it takes no more: what one call adds on top, and a bad moment, must
/// not make a tick late. Below the other it takes calls again.
const OVER: f32 = 0.75;
const UNDER: f32 = 0.60;
/// How much one tick counts: two thirds of a second's worth of them make up the figure.
const WEIGHT: f32 = 1.0 / 32.0;

/// What is told anew, once it has changed by so much.
const STEP_PERCENT: f32 = 5.0;

#[derive(Debug, Default)]
pub(crate) struct Load {
    share: f32,
    told: LoadTold,
}

/// How busy a thread is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LoadTold {
    /// So much of its ticks it works.
    pub(crate) busy_percent: u8,
    /// It can take no more.
    pub(crate) overloaded: bool,
    /// Whether that is new.
    pub(crate) changes: Option<bool>,
}

impl Load {
    /// Notes the length of a tick, and whether the thread has given up its priority: then it takes
    /// no more. Returns the load if it has changed much.
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
