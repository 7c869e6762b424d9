//! Measurements that tests took again because the machine had kept a phone from sending in time.

/// Greatest number of repeated measurements of one run of tests: beyond it the machine was too busy
/// for a verdict.
const REPEATS_MAX: usize = 40;
/// The beginning of the line that `confab_phone::machine` writes for each.
const MARK: &str = "measurement repeated: ";

/// Prints the number of repeated measurements; returns false beyond the bound.
pub(super) fn are_few(report: &str) -> bool {
    let repeats = count(report);
    println!("{repeats} measurements were repeated (at most {REPEATS_MAX})");
    repeats <= REPEATS_MAX
}

fn count(output: &str) -> usize {
    output.matches(MARK).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(repeats: usize) -> String {
        "measurement repeated: a phone was late (1 in this process)\n".repeat(repeats)
    }

    #[test]
    fn repeats_beyond_the_bound_fail() {
        assert_eq!(count(&report(3)), 3);
        assert!(are_few(&report(0)) && are_few(&report(REPEATS_MAX)));
        assert!(!are_few(&report(REPEATS_MAX + 1)));
    }
}
