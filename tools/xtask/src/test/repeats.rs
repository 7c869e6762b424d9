//! Measurements that tests took again because the machine had kept a phone from sending in time.

use crate::command::Ran;

/// Greatest number of repeated measurements of one layer: beyond it the machine was too busy for
/// its verdict.
const REPEATS_MAX: usize = 40;
/// The beginning of the line that `confab_phone::machine` writes for each.
const MARK: &str = "measurement repeated: ";

/// Prints the number of repeated measurements; returns false beyond the bound.
pub(super) fn are_few(ran: &Ran) -> bool {
    let repeats = count(&ran.output);
    println!("{repeats} measurements were repeated (at most {REPEATS_MAX})");
    repeats <= REPEATS_MAX
}

/// libtest may have begun the line.
fn count(output: &str) -> usize {
    output.matches(MARK).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(repeats: usize) -> Ran {
        let line = "test a ... measurement repeated: a phone was late (1 in this process)\nok\n";
        let output = line.repeat(repeats);
        Ran { ok: true, output }
    }

    #[test]
    fn repeats_beyond_the_bound_fail() {
        assert_eq!(count(&ran(3).output), 3);
        assert!(are_few(&ran(0)) && are_few(&ran(REPEATS_MAX)));
        assert!(!are_few(&ran(REPEATS_MAX + 1)));
    }
}
