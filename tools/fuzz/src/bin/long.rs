//! A target under libFuzzer: `CONFAB_FUZZ_TARGET` names it, the arguments are libFuzzer's own.
//! Built by `cargo xtask fuzz`, which asks it first how the target is to be run.
#![no_main]

use std::sync::LazyLock;

use confab_fuzz::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("CONFAB_FUZZ_TARGET").unwrap_or_default();
    let known = TARGETS.iter().find(|target| target.name == name);
    *known.unwrap_or_else(|| panic!("CONFAB_FUZZ_TARGET={name} is no target"))
});

/// Arguments for this target, one a line; nothing is run then.
fn answer_if_asked() {
    if std::env::var_os("CONFAB_FUZZ_ASKED").is_some() {
        println!("-max_len={}", TARGET.bytes_max);
        for folder in TARGET.folders() {
            println!("{}", folder.display());
        }
        std::process::exit(0);
    }
}

fuzz_target!(
    init: answer_if_asked(),
    |bytes: &[u8]| (TARGET.run)(bytes)
);
