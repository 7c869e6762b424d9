//! Processor time of each kind of thread, as reported by Linux for this process.

use std::collections::BTreeMap;
use std::fs;

/// Duration of a clock tick in ms: Linux reports hundredths of a second to programs, whatever its
/// internal clock.
const MS_A_TICK: u64 = 10;
/// Indices of the fields of `/proc/self/task/…/stat` (proc(5)) after the name: time in user code,
/// and in the kernel.
const USER: usize = 11;
const SYSTEM: usize = 12;

/// Returns milliseconds by the name of the threads; empty if the system does not report them.
pub(super) fn ms_by_thread() -> Vec<(String, u64)> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten();
    let stats = tasks.flatten().map(|task| task.path().join("stat"));
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for stat in stats.filter_map(|path| fs::read_to_string(path).ok()) {
        if let Some((name, ms)) = name_and_ms(&stat) {
            *sums.entry(name.to_owned()).or_default() += ms;
        }
    }
    sums.into_iter().collect()
}

fn name_and_ms(stat: &str) -> Option<(&str, u64)> {
    // A name may contain any character, parentheses too.
    let (head, rest) = stat.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some((name, (ticks(USER)? + ticks(SYSTEM)?) * MS_A_TICK))
}

#[cfg(test)]
mod tests {
    use super::{ms_by_thread, name_and_ms};

    #[test]
    fn a_line_is_taken_apart_whatever_the_name() {
        let line = "4711 (media) 0) S 1 4711 4711 0 -1 4194368 10 0 0 0 123 45 0 0 -2 0 5 0 9 9";
        assert_eq!(name_and_ms(line), Some(("media) 0", 1_680)));
        assert_eq!(name_and_ms("4711 (media-0) S 1"), None);
    }

    #[test]
    fn a_thread_that_works_is_among_them() {
        let named = std::thread::Builder::new().name("works".to_owned());
        let found = named.spawn(|| {
            let has_worked =
                |all: &[(String, u64)]| all.iter().any(|(name, ms)| name == "works" && *ms > 0);
            // The search itself uses processor time.
            (0..1_000_000).any(|_| has_worked(&ms_by_thread()))
        });
        assert!(found.unwrap().join().unwrap());
    }
}
