//! Whether a media thread can take more: told from how much of its ticks it works. Says nothing of
//! one tick that was long, as another program may have had the processor.

use std::time::Duration;

use confab_terms::limits::TICK;

/// Beyond this share of a tick it takes no more: what one call adds on top, and a bad moment, must
/// not make a tick late. Below the other it takes calls again.
const OVER: f32 = 0.60;
const UNDER: f32 = 0.45;
/// How much one tick counts: two thirds of a second's worth of them make up the figure.
const WEIGHT: f32 = 1.0 / 32.0;

#[derive(Debug, Default)]
pub(crate) struct Load {
    share: f32,
    overloaded: bool,
}

impl Load {
    /// A tick took so long. Says so if that changes whether the thread can take more.
    pub(crate) fn tick(&mut self, length: Duration) -> Option<bool> {
        let share = (length.as_secs_f32() / TICK.as_secs_f32()).min(1.0);
        self.share += (share - self.share) * WEIGHT;
        let overloaded = self.share > if self.overloaded { UNDER } else { OVER };
        let changes = overloaded != self.overloaded;
        self.overloaded = overloaded;
        changes.then_some(overloaded)
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Load};

    const NOTHING: [bool; 0] = [];

    fn after(load: &mut Load, ticks: usize, ms: u64) -> Vec<bool> {
        let length = Duration::from_millis(ms);
        (0..ticks).filter_map(|_| load.tick(length)).collect()
    }

    #[test]
    fn work_counts_and_a_stall_does_not() {
        let mut load = Load::default();
        assert_eq!(after(&mut load, 500, 10), NOTHING);
        assert_eq!(after(&mut load, 3, 900), NOTHING, "a stall of three ticks");
        assert_eq!(after(&mut load, 500, 10), NOTHING);
        assert_eq!(after(&mut load, 500, 14), [true], "seven tenths of each");
        assert_eq!(after(&mut load, 500, 10), NOTHING, "not yet");
        assert_eq!(after(&mut load, 500, 8), [false]);
    }
}
