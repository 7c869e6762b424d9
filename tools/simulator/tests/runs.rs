//! Short set of simulator runs; the binary executes 10,000.

use confab_simulator::{Kind, Options, run};

#[test]
fn fifty_runs_find_nothing_wrong() {
    for seed in 0..50 {
        let outcome = run(seed, Options::default());
        assert_eq!(outcome.fault, None, "seed {seed}");
        assert!(
            outcome.inputs >= 60,
            "seed {seed}: {} inputs",
            outcome.inputs
        );
        assert!(outcome.legs >= 4, "seed {seed}: {} legs", outcome.legs);
        assert!(outcome.ticks >= 500, "seed {seed}: {} ticks", outcome.ticks);
    }
}

#[test]
fn a_seed_is_always_the_same_run() {
    let once = run(4_711, Options::default());
    let again = run(4_711, Options::default());
    assert_eq!(once.hash, again.hash);
    assert_ne!(once.hash, run(4_712, Options::default()).hash);
}

#[test]
fn written_out_and_read_back_it_is_the_same_run() {
    for seed in 100..105 {
        let restored = run(seed, Options::default());
        let uninterrupted = run(
            seed,
            Options {
                restores: false,
                ..Options::default()
            },
        );
        assert!(restored.tally.of(Kind::Restored) > 0);
        assert_eq!(uninterrupted.tally.of(Kind::Restored), 0);
        assert_eq!(restored.hash, uninterrupted.hash, "seed {seed}");
    }
}
