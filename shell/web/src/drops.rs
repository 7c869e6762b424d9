//! Which of the callbacks that found no room are told of one by one: so many in a window. The next
//! one that is told says how many were not.

use tokio::time::Instant;

use crate::limits::{CALLBACKS_DROPPED_TOLD_MAX, CALLBACKS_DROPPED_WINDOW};

#[derive(Debug, Default)]
pub(crate) struct Drops {
    begun: Option<Instant>,
    told: u32,
    untold: u64,
}

impl Drops {
    /// One more: `Some` if it is to be told, and how many before it were not.
    pub(crate) fn note(&mut self, now: Instant) -> Option<u64> {
        let lasts = |begun| now.saturating_duration_since(begun) < CALLBACKS_DROPPED_WINDOW;
        if !self.begun.is_some_and(lasts) {
            self.begun = Some(now);
            self.told = 0;
        }
        if self.told == CALLBACKS_DROPPED_TOLD_MAX {
            self.untold += 1;
            return None;
        }
        self.told += 1;
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::Drops;

    #[test]
    fn ten_in_a_window_are_told_and_then_how_many_were_not() {
        let mut drops = Drops::default();
        let begun = Instant::now();
        let told = |drops: &mut Drops, at| (0..1_000).filter_map(|_| drops.note(at)).collect();
        let first: Vec<u64> = told(&mut drops, begun);
        assert_eq!(first, [0; 10]);
        assert_eq!(drops.note(begun + Duration::from_millis(9_999)), None);
        let second: Vec<u64> = told(&mut drops, begun + Duration::from_secs(10));
        assert_eq!(second, [991, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
}
