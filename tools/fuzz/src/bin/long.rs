//! Target under libFuzzer: `CONFAB_FUZZ_TARGET` selects it, the arguments are those of libFuzzer.
//! Built by `cargo xtask fuzz`, which first queries the arguments of the target.
#![no_main]

use std::sync::LazyLock;

use confab_fuzz::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("CONFAB_FUZZ_TARGET").unwrap_or_default();
    let known = TARGETS.iter().find(|target| target.name == name);
    *known.unwrap_or_else(|| panic!("CONFAB_FUZZ_TARGET={name} is no target"))
});

/// Prints arguments for this target, one per line, and exits, if `CONFAB_FUZZ_ASKED` is set.
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
